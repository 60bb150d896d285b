// SPDX-License-Identifier: Apache-2.0
// A bus voltage above one limit opens the strings at once; below another for 10 ms all goes off, until it has been back for 60 s.

#include "bus.h"

#include "computer.h"
#include "core.h"
#include "limiters.h"
#include "memory.h"
#include "quiet.h"

enum { DEAD_MS = 10, BACK_MS = 60000 };

static struct {
    bool overvoltage, dead;
    int32_t dead_ms;   // below the limit, or back above it
} bus;

void bus_power_on(void)
{
    memset(&bus, 0, sizeof bus);
}

bool bus_overvoltage(void)
{
    return bus.overvoltage;
}

bool bus_is_dead(void)
{
    return bus.dead;
}

void bus_clear_overvoltage(void)
{
    bus.overvoltage = false;
}

// ---------------------------------------------------------------- what counts

static uint32_t voltage(void)
{
    return stimulus[STIMULUS_BUS] >> STIMULUS_BUS_VOLTAGE_LOW;
}

static bool overvoltage_acts(void)
{
    return !bus.overvoltage && voltage() > flight[FLIGHT_BUS_LIMITS] >> FLIGHT_BUS_LIMITS_OVERVOLTAGE_LOW;
}

static bool dead_counts(void)
{
    bool below = voltage() < (flight[FLIGHT_BUS_LIMITS] & FLIGHT_BUS_LIMITS_DEAD_MASK);

    return below != bus.dead;
}

static int32_t dead_limit_ms(void)
{
    return bus.dead ? BACK_MS : DEAD_MS;
}

// ---------------------------------------------------------------- time

int32_t bus_quiet_ms(void)
{
    int32_t quiet_ms = bus.dead ? NEVER_MS : computer_quiet_ms();

    if (dead_counts())
        quiet_ms = sooner(quiet_ms, dead_limit_ms() - bus.dead_ms - 1);
    return overvoltage_acts() ? sooner(quiet_ms, 0) : quiet_ms;
}

void bus_pass(int32_t ms)
{
    bus.dead_ms = dead_counts() ? bus.dead_ms + ms : 0;
    if (!bus.dead)
        computer_pass(ms);
}

static uint32_t come_back(void)
{
    bus.dead = false;
    bus.dead_ms = 0;
    limiters_feed_always_fed();
    return computer_start();
}

static uint32_t die(void)
{
    bus.dead = true;
    bus.dead_ms = 0;
    bus.overvoltage = false;
    computer_stop(BOOT_DEAD_BUS, ALL_LIMITERS);
    return STIMULUS_STOP_CAUSE_BUS_DEAD_MASK;
}

uint32_t bus_millisecond(void)
{
    uint32_t stop = overvoltage_acts() ? STIMULUS_STOP_CAUSE_OVERVOLTAGE_MASK : 0;

    if (stop != 0)
        bus.overvoltage = true;
    bus.dead_ms = dead_counts() ? bus.dead_ms + 1 : 0;
    if (bus.dead_ms == dead_limit_ms())
        return stop | (bus.dead ? come_back() : die());
    return bus.dead ? stop : stop | computer_millisecond();
}
