// SPDX-License-Identifier: Apache-2.0
// USART2 on PA2 and PA3, 8N1: the virtual serial port of a Nucleo-64's ST-LINK. The clock is the HSI, as after a reset.

#include "hal.h"

#include "start.h"
#include "stm32f4.h"

#define HSI_HZ 16000000u
#define BAUD 115200u
#define TX_PIN 2u
#define RX_PIN 3u

#define RING_OCTETS 8192u   // two packets of the longest kind: what may come while a grant is lived

static volatile uint8_t ring[RING_OCTETS];
static volatile uint32_t ring_in, ring_out;   // octets ever; their difference is what the ring holds

void on_usart2(void)
{
    if (USART2_SR & USART_SR_RXNE) {
        uint8_t octet = (uint8_t)USART2_DR;   // which also clears an overrun
        if (ring_in - ring_out < RING_OCTETS) {
            ring[ring_in % RING_OCTETS] = octet;
            ring_in = ring_in + 1;
        }
    } else {
        (void)USART2_DR;
    }
}

static void take_pin(unsigned pin)
{
    GPIOA_AFRL = (GPIOA_AFRL & ~(0xFu << 4 * pin)) | GPIO_AF7_USART << 4 * pin;
    GPIOA_MODER = (GPIOA_MODER & ~(3u << 2 * pin)) | GPIO_MODE_ALTERNATE << 2 * pin;
}

void hal_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOAEN;
    RCC_APB1ENR |= RCC_APB1ENR_USART2EN;
    (void)RCC_APB1ENR;   // two clocks until a peripheral is there (errata of all three: delay after enabling)
    GPIOA_PUPDR |= GPIO_PULL_UP << 2 * RX_PIN;   // an open line is idle, not a stream of breaks
    take_pin(TX_PIN);
    take_pin(RX_PIN);
    USART2_BRR = (HSI_HZ + BAUD / 2) / BAUD;   // oversampling by 16: the divisor has four fractional bits
    USART2_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    NVIC_ISER1 = 1u << (USART2_INTERRUPT - 32);
}

int hal_take(void)
{
    int octet;

    if (ring_in == ring_out)
        return HAL_NO_OCTET;
    octet = ring[ring_out % RING_OCTETS];
    ring_out = ring_out + 1;
    return octet;
}

void hal_send(uint8_t octet)
{
    while (!(USART2_SR & USART_SR_TXE))
        ;
    USART2_DR = octet;
}

void hal_idle(void)
{
    // With interrupts masked one that comes after the look still ends the wait.
    __asm__ volatile("cpsid i" ::: "memory");
    if (ring_in == ring_out)
        __asm__ volatile("wfi" ::: "memory");
    __asm__ volatile("cpsie i" ::: "memory");
}
