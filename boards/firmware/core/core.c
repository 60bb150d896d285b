// SPDX-License-Identifier: Apache-2.0
// The words of the two ports, and what writing them brings about (boards/README.md sections 1 and 2).

#include "core.h"

#include "board.h"
#include "memory.h"
#include "octets.h"

#define FARTHEST_TARGET_MS 0x7FFFFFFFu

static const uint32_t flight_masks[FLIGHT_WORDS] = FLIGHT_MASKS;
static const uint32_t flight_resets[FLIGHT_WORDS] = FLIGHT_RESETS;
static const uint32_t stimulus_masks[STIMULUS_WORDS] = STIMULUS_MASKS;
static const uint32_t stimulus_resets[STIMULUS_WORDS] = STIMULUS_RESETS;

uint32_t flight[FLIGHT_WORDS];
uint32_t stimulus[STIMULUS_WORDS];
uint32_t time_ms;
bool powered;

static uint16_t dropped;
static uint16_t rejected;

static void reset_flight_side(void)
{
    dropped = rejected = 0;
    memcpy(flight, flight_resets, sizeof flight);
    flight[FLIGHT_BUILD_ID] = BUILD_ID;
}

void core_power_on(void)
{
    time_ms = 0;
#ifdef STIMULUS_POWERED
    powered = false;
#else
    powered = true;
#endif
    reset_flight_side();
    memcpy(stimulus, stimulus_resets, sizeof stimulus);
    stimulus[STIMULUS_BUILD_ID] = BUILD_ID;
    board_power_on();
}

// ---------------------------------------------------------------- counters: an unpowered board does not count

void core_count_dropped(void)
{
    if (powered)
        dropped++;
}

void core_count_rejected(void)
{
    if (powered)
        rejected++;
}

// ---------------------------------------------------------------- words

void core_read(enum port port, unsigned first, unsigned count, uint8_t *octets)
{
    const uint32_t *words = port == STIMULUS ? stimulus : flight;

    flight[FLIGHT_TIME_NOW] = stimulus[STIMULUS_TIME_NOW] = time_ms;
    flight[FLIGHT_RMAP_ERRORS] = (uint32_t)dropped << 16 | rejected;
    board_refresh();
    for (unsigned i = 0; i < count; i++)
        put_word(octets + WORD_OCTETS * i, words[first + i]);
}

static void take_power_switch(void)
{
#ifdef STIMULUS_POWERED
    bool was_powered = powered;

    powered = stimulus[STIMULUS_POWERED] != 0;
    if (was_powered && !powered) {
        reset_flight_side();
        board_reset();
    }
#endif
}

static void grant(uint32_t target_ms)
{
    uint32_t ms = target_ms - time_ms;

    if (ms > 0 && ms <= FARTHEST_TARGET_MS)
        time_ms += board_live(ms);
}

void core_write(enum port port, unsigned first, unsigned count, const uint8_t *octets)
{
    for (unsigned i = 0; i < count; i++) {
        uint32_t word = word_at(octets + WORD_OCTETS * i);
        if (port == FLIGHT)
            board_write(first + i, word & flight_masks[first + i]);
        else
            stimulus[first + i] = word & stimulus_masks[first + i];
    }
    if (port == STIMULUS) {
        take_power_switch();
        if (first + count > STIMULUS_TIME_TARGET)
            grant(stimulus[STIMULUS_TIME_TARGET]);
    }
}
