// SPDX-License-Identifier: Apache-2.0
// The eight latching current limiters of the power board.
#ifndef LIMITERS_H
#define LIMITERS_H

#include <stdbool.h>
#include <stdint.h>

#define LIMITERS 8u
#define ALWAYS_FED 7u        // attitude control and beacon: only a dead bus takes it away
#define SHED_LIMITERS 0x7Fu  // all others
#define ALL_LIMITERS 0xFFu

void limiters_power_on(void);

uint8_t limiters_on(void);
uint8_t limiters_enabled(void);
uint8_t limiters_tripped(void);

void limiters_write_enable(uint8_t enabled);
void limiters_disable(uint8_t limiters);
void limiters_lock_out(bool locked_out);   // holds all but the last one off
void limiters_feed_always_fed(void);

int32_t limiters_quiet_ms(void);
void limiters_pass(int32_t ms);
uint32_t limiters_millisecond(void);

#endif
