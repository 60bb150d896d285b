// SPDX-License-Identifier: Apache-2.0
// The guards of the power board's battery: under-voltage lock-out and over-charge trip.
#ifndef BATTERY_H
#define BATTERY_H

#include <stdbool.h>
#include <stdint.h>

void battery_power_on(void);

bool battery_locked_out(void);
bool battery_overcharged(void);
void battery_clear_overcharge(void);

int32_t battery_quiet_ms(void);
void battery_pass(int32_t ms);
uint32_t battery_millisecond(void);

#endif
