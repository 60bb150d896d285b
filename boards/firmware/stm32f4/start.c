// SPDX-License-Identifier: Apache-2.0
// From reset to main: the vector table, and memory as C expects it.

#include "start.h"

#include <stdint.h>

#include "memory.h"
#include "stm32f4.h"

#define SYSTEM_VECTORS 16u

// Places that the linker script names.
extern uint32_t stack_top[], data_start[], data_end[], data_load[], bss_start[], bss_end[];

int main(void);
void on_reset(void);

void on_reset(void)
{
    memcpy(data_start, data_load, (size_t)(data_end - data_start) * sizeof *data_start);
    memset(bss_start, 0, (size_t)(bss_end - bss_start) * sizeof *bss_start);
    main();
}

// A fault of the processor: the board is silent until its reset, and a debugger finds it here.
static void halt(void)
{
    for (;;)
        ;
}

union vector {
    const uint32_t *stack;
    void (*run)(void);
};

__attribute__((section(".vectors"), used)) static const union vector vectors[SYSTEM_VECTORS + USART2_INTERRUPT + 1] = {
    [0] = {.stack = stack_top},
    [1] = {.run = on_reset},
    [2] = {.run = halt},   // NMI
    [3] = {.run = halt},   // hard fault, to which all others escalate
    [SYSTEM_VECTORS + USART2_INTERRUPT] = {.run = on_usart2},
};
