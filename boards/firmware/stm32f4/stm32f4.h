// SPDX-License-Identifier: Apache-2.0
// The registers of an STM32F401, F411 or F446 that the firmware touches (RM0368, RM0383, RM0390: the same in all three).
#ifndef STM32F4_H
#define STM32F4_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_AHB1ENR_GPIOAEN (1u << 0)
#define RCC_APB1ENR_USART2EN (1u << 17)

#define GPIOA_MODER REGISTER(0x40020000u)
#define GPIOA_PUPDR REGISTER(0x4002000Cu)
#define GPIOA_AFRL REGISTER(0x40020020u)
#define GPIO_MODE_ALTERNATE 2u
#define GPIO_PULL_UP 1u
#define GPIO_AF7_USART 7u

#define USART2_SR REGISTER(0x40004400u)
#define USART2_DR REGISTER(0x40004404u)
#define USART2_BRR REGISTER(0x40004408u)
#define USART2_CR1 REGISTER(0x4000440Cu)
#define USART_SR_RXNE (1u << 5)
#define USART_SR_TXE (1u << 7)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_CR1_UE (1u << 13)
#define USART2_INTERRUPT 38u

#define NVIC_ISER1 REGISTER(0xE000E104u)

#endif
