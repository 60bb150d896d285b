// SPDX-License-Identifier: Apache-2.0
// What the core asks of the machine it runs on: one serial line, one way to wait. It asks for no clock: time comes over the line.
#ifndef HAL_H
#define HAL_H

#include <stdint.h>

#define HAL_NO_OCTET (-1)

void hal_start(void);           // called once, before all others
int hal_take(void);             // the oldest octet that has come over the line, or HAL_NO_OCTET
void hal_send(uint8_t octet);   // returns when there is room for it
void hal_idle(void);            // sends what is left to send, then waits for an octet

#endif
