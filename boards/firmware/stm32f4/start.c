// SPDX-License-Identifier: Apache-2.0
// From reset to main: the vector table, and memory as C expects it.

#include "start.h"

#include <stdint.h>

#include "memory.h"
#include "stm32f4.h"

// Numbers of exceptions (ARMv7-M, B1.5.2); interrupts come after the system's.
enum { RESET = 1, NMI = 2, HARD_FAULT = 3, SYSTEM_VECTORS = 16 };

// Places and sizes that the linker script names; a size is the address of its symbol.
extern uint8_t stack_top[], data_start[], data_load[], data_octets[], bss_start[], bss_octets[];

int main(void);
void on_reset(void);

void on_reset(void)
{
    memcpy(data_start, data_load, (size_t)data_octets);
    memset(bss_start, 0, (size_t)bss_octets);
    main();
}

// A fault of the processor: the board is silent until its reset, and a debugger finds it here.
static void halt(void)
{
    for (;;)
        ;
}

struct vectors {
    uint8_t *stack_top;
    void (*of[SYSTEM_VECTORS + USART2_INTERRUPT])(void);   // exception n at place n - 1
};

__attribute__((section(".vectors"), used)) static const struct vectors vectors = {
    stack_top,
    {
        [RESET - 1] = on_reset,
        [NMI - 1] = halt,
        [HARD_FAULT - 1] = halt,   // to which all other faults escalate
        [SYSTEM_VECTORS + USART2_INTERRUPT - 1] = on_usart2,
    },
};
