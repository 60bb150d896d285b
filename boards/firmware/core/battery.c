// SPDX-License-Identifier: Apache-2.0
// Both guards count milliseconds of a battery voltage beyond a limit, without a break.

#include "battery.h"

#include "core.h"
#include "limiters.h"
#include "memory.h"
#include "quiet.h"

enum { UVLO_ENTER_MS = 500, UVLO_EXIT_MS = 1000, OVERCHARGE_MS = 100 };

static struct {
    bool locked_out, overcharged;
    int32_t uv_ms, ov_ms;
} battery;

void battery_power_on(void)
{
    memset(&battery, 0, sizeof battery);
}

bool battery_locked_out(void)
{
    return battery.locked_out;
}

bool battery_overcharged(void)
{
    return battery.overcharged;
}

void battery_clear_overcharge(void)
{
    battery.overcharged = false;
    battery.ov_ms = 0;
}

// ---------------------------------------------------------------- what counts

static uint32_t voltage(void)
{
    return stimulus[STIMULUS_BATTERY] >> STIMULUS_BATTERY_VOLTAGE_LOW;
}

static bool uv_counts(void)
{
    uint32_t uvlo = flight[FLIGHT_UVLO];

    return battery.locked_out ? voltage() > uvlo >> FLIGHT_UVLO_RELEASE_LOW : voltage() < (uvlo & FLIGHT_UVLO_LIMIT_MASK);
}

static int32_t uv_limit_ms(void)
{
    return battery.locked_out ? UVLO_EXIT_MS : UVLO_ENTER_MS;
}

static bool ov_counts(void)
{
    return !battery.overcharged && voltage() > flight[FLIGHT_OVERCHARGE];
}

// ---------------------------------------------------------------- time

int32_t battery_quiet_ms(void)
{
    int32_t quiet_ms = uv_counts() ? uv_limit_ms() - battery.uv_ms - 1 : NEVER_MS;

    return ov_counts() ? sooner(quiet_ms, OVERCHARGE_MS - battery.ov_ms - 1) : quiet_ms;
}

void battery_pass(int32_t ms)
{
    battery.uv_ms = uv_counts() ? battery.uv_ms + ms : 0;
    battery.ov_ms = ov_counts() ? battery.ov_ms + ms : 0;
}

static uint32_t guard_from_undervoltage(void)
{
    battery.uv_ms = uv_counts() ? battery.uv_ms + 1 : 0;
    if (battery.uv_ms != uv_limit_ms())
        return 0;
    battery.uv_ms = 0;
    battery.locked_out = !battery.locked_out;
    limiters_lock_out(battery.locked_out);
    if (!battery.locked_out)
        return STIMULUS_STOP_CAUSE_UVLO_EXIT_MASK;
    limiters_disable(SHED_LIMITERS);
    return STIMULUS_STOP_CAUSE_UVLO_ENTER_MASK;
}

static uint32_t guard_from_overcharge(void)
{
    battery.ov_ms = ov_counts() ? battery.ov_ms + 1 : 0;
    if (battery.ov_ms != OVERCHARGE_MS)
        return 0;
    battery.ov_ms = 0;
    battery.overcharged = true;
    return STIMULUS_STOP_CAUSE_OVERCHARGE_MASK;
}

uint32_t battery_millisecond(void)
{
    uint32_t stop = guard_from_undervoltage();

    return stop | guard_from_overcharge();
}
