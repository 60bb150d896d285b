// SPDX-License-Identifier: Apache-2.0
// A computer that does not kick its watchdog is switched off for 1 s, and much of what it feeds with it.

#include "computer.h"

#include "core.h"
#include "limiters.h"
#include "memory.h"
#include "quiet.h"

#define KICK 0x4B49434Bu
#define OFF_MS 1000

static struct {
    bool on;
    int32_t off_ms, watchdog_ms;   // left
    enum boot_cause boot_cause;
    uint8_t watchdog_resets;
} computer;

void computer_power_on(void)
{
    memset(&computer, 0, sizeof computer);
    computer.on = true;
    computer.watchdog_ms = FLIGHT_WATCHDOG_MS_RESET;
}

bool computer_is_on(void)
{
    return computer.on;
}

enum boot_cause computer_boot_cause(void)
{
    return computer.boot_cause;
}

uint8_t computer_watchdog_resets(void)
{
    return computer.watchdog_resets;
}

uint32_t computer_watchdog_left_ms(void)
{
    return (uint32_t)computer.watchdog_ms;
}

static void reload_watchdog(void)
{
    computer.watchdog_ms = (int32_t)flight[FLIGHT_WATCHDOG_MS];
}

void computer_write_kick(uint32_t word)
{
    if (word == KICK && computer.on)
        reload_watchdog();
}

void computer_write_watchdog_ms(uint32_t ms)
{
    flight[FLIGHT_WATCHDOG_MS] = ms;
    reload_watchdog();
}

uint32_t computer_start(void)
{
    computer.on = true;
    reload_watchdog();
    return STIMULUS_STOP_CAUSE_COMPUTER_ON_MASK;
}

void computer_stop(enum boot_cause cause, uint8_t limiters)
{
    computer.on = false;
    computer.watchdog_ms = 0;
    computer.boot_cause = cause;
    limiters_disable(limiters);
    flight[FLIGHT_STRING_ENABLE] = FLIGHT_STRING_ENABLE_RESET;
    flight[FLIGHT_SWITCHES] = FLIGHT_SWITCHES_RESET;
}

// ---------------------------------------------------------------- time

int32_t computer_quiet_ms(void)
{
    if (!computer.on)
        return computer.off_ms - 1;
    return flight[FLIGHT_WATCHDOG_MS] != 0 ? computer.watchdog_ms - 1 : NEVER_MS;
}

void computer_pass(int32_t ms)
{
    if (!computer.on)
        computer.off_ms -= ms;
    else if (flight[FLIGHT_WATCHDOG_MS] != 0)
        computer.watchdog_ms -= ms;
}

uint32_t computer_millisecond(void)
{
    if (!computer.on)
        return --computer.off_ms == 0 ? computer_start() : 0;
    if (flight[FLIGHT_WATCHDOG_MS] == 0)
        return 0;
    if (computer.watchdog_ms > 1) {
        computer.watchdog_ms--;
        return 0;
    }
    computer.watchdog_resets++;
    computer.off_ms = OFF_MS;
    computer_stop(BOOT_WATCHDOG, SHED_LIMITERS);
    return STIMULUS_STOP_CAUSE_WATCHDOG_MASK;
}
