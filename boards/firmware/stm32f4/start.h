// SPDX-License-Identifier: Apache-2.0
// Interrupts that the vector table names.
#ifndef START_H
#define START_H

void on_usart2(void);

#endif
