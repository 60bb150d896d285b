// SPDX-License-Identifier: Apache-2.0
// A current above its limit for the trip time, without a break, latches a limiter off; it may try again, 1 s later.

#include "limiters.h"

#include "core.h"
#include "memory.h"
#include "quiet.h"

#define MOST_TRIPS 15u
#define RETRY_MS 1000

static struct {
    uint8_t enabled, tripped;
    bool locked_out;
    int32_t over_ms[LIMITERS], retry_ms[LIMITERS];
    uint8_t used[LIMITERS];   // retries
} lcl;

void limiters_power_on(void)
{
    memset(&lcl, 0, sizeof lcl);
    lcl.enabled = FLIGHT_LCL_ENABLE_RESET;
}

uint8_t limiters_on(void)
{
    uint8_t on = lcl.enabled & (uint8_t)~lcl.tripped;

    return lcl.locked_out ? on & 1u << ALWAYS_FED : on;
}

uint8_t limiters_enabled(void)
{
    return lcl.enabled;
}

uint8_t limiters_tripped(void)
{
    return lcl.tripped;
}

// ---------------------------------------------------------------- switches

void limiters_write_enable(uint8_t enabled)
{
    limiters_disable(lcl.enabled & (uint8_t)~enabled);
    lcl.enabled = enabled;
}

void limiters_disable(uint8_t limiters)
{
    lcl.enabled &= (uint8_t)~limiters;
    lcl.tripped &= (uint8_t)~limiters;
    for (unsigned i = 0; i < LIMITERS; i++)
        if (limiters >> i & 1)
            lcl.over_ms[i] = lcl.retry_ms[i] = lcl.used[i] = 0;
}

void limiters_lock_out(bool locked_out)
{
    lcl.locked_out = locked_out;
}

void limiters_feed_always_fed(void)
{
    lcl.enabled |= 1u << ALWAYS_FED;
}

// ---------------------------------------------------------------- what counts

static uint32_t setting(unsigned limiter)
{
    return flight[FLIGHT_LCL0 + limiter];
}

static uint32_t current(unsigned limiter)
{
    uint32_t pair = stimulus[STIMULUS_LOAD_0_1 + limiter / 2];

    return limiter % 2 == 0 ? pair >> 16 : pair & 0xFFFF;
}

static int32_t trip_ms(unsigned limiter)
{
    int32_t ms = (int32_t)((setting(limiter) & FLIGHT_LCL0_TRIP_MS_MASK) >> FLIGHT_LCL0_TRIP_MS_LOW);

    return ms > 0 ? ms : 1;
}

static bool is_overloaded(unsigned limiter)
{
    return (limiters_on() >> limiter & 1) && current(limiter) > (setting(limiter) & FLIGHT_LCL0_LIMIT_MASK);
}

static bool is_waiting(unsigned limiter)
{
    return (lcl.tripped >> limiter & 1) && lcl.used[limiter] < setting(limiter) >> FLIGHT_LCL0_RETRIES_LOW;
}

// ---------------------------------------------------------------- time

int32_t limiters_quiet_ms(void)
{
    int32_t quiet_ms = NEVER_MS;

    for (unsigned i = 0; i < LIMITERS; i++)
        if (is_overloaded(i))
            quiet_ms = sooner(quiet_ms, trip_ms(i) - lcl.over_ms[i] - 1);
        else if (is_waiting(i))
            quiet_ms = sooner(quiet_ms, RETRY_MS - lcl.retry_ms[i] - 1);
    return quiet_ms;
}

void limiters_pass(int32_t ms)
{
    for (unsigned i = 0; i < LIMITERS; i++) {
        lcl.over_ms[i] = is_overloaded(i) ? lcl.over_ms[i] + ms : 0;
        if (is_waiting(i))
            lcl.retry_ms[i] += ms;
    }
}

static void count_trip(unsigned limiter)
{
    if ((flight[FLIGHT_LCL_TRIPS] >> 4 * limiter & MOST_TRIPS) < MOST_TRIPS)
        flight[FLIGHT_LCL_TRIPS] += 1u << 4 * limiter;
}

static uint32_t limit(unsigned limiter)
{
    uint8_t bit = (uint8_t)(1u << limiter);

    if (is_overloaded(limiter)) {
        if (++lcl.over_ms[limiter] < trip_ms(limiter))
            return 0;
        lcl.tripped |= bit;
        lcl.over_ms[limiter] = lcl.retry_ms[limiter] = 0;
        count_trip(limiter);
        return STIMULUS_STOP_CAUSE_LCL_TRIP_MASK;
    }
    lcl.over_ms[limiter] = 0;
    if (!is_waiting(limiter) || ++lcl.retry_ms[limiter] != RETRY_MS)
        return 0;
    lcl.retry_ms[limiter] = 0;
    lcl.used[limiter]++;
    lcl.tripped &= (uint8_t)~bit;
    return STIMULUS_STOP_CAUSE_LCL_RETRY_MASK;
}

uint32_t limiters_millisecond(void)
{
    uint32_t stop = 0;

    for (unsigned i = 0; i < LIMITERS; i++)
        stop |= limit(i);
    return stop;
}
