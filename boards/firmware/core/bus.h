// SPDX-License-Identifier: Apache-2.0
// The guards of the power bus: over-voltage trip and dead bus. A dead bus takes the flight computer along.
#ifndef BUS_H
#define BUS_H

#include <stdbool.h>
#include <stdint.h>

void bus_power_on(void);

bool bus_overvoltage(void);
bool bus_is_dead(void);
void bus_clear_overvoltage(void);

// With the computer's.
int32_t bus_quiet_ms(void);
void bus_pass(int32_t ms);
uint32_t bus_millisecond(void);

#endif
