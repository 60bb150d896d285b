// SPDX-License-Identifier: Apache-2.0
// The flight computer as the power board sees it: its feed and its watchdog.
#ifndef COMPUTER_H
#define COMPUTER_H

#include <stdbool.h>
#include <stdint.h>

enum boot_cause { BOOT_POWER_ON = 0, BOOT_WATCHDOG = 1, BOOT_DEAD_BUS = 2 };

void computer_power_on(void);

bool computer_is_on(void);
enum boot_cause computer_boot_cause(void);
uint8_t computer_watchdog_resets(void);
uint32_t computer_watchdog_left_ms(void);

void computer_write_kick(uint32_t word);
void computer_write_watchdog_ms(uint32_t ms);

uint32_t computer_start(void);
// Takes its power away, and that of these limiters; what it had switched goes back to its reset value.
void computer_stop(enum boot_cause cause, uint8_t limiters);

int32_t computer_quiet_ms(void);
void computer_pass(int32_t ms);
uint32_t computer_millisecond(void);

#endif
