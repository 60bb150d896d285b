// SPDX-License-Identifier: Apache-2.0
// Laser board (boards/README.md section 5): link state, the FIFO of transfer frames, the FIFO of uplink blocks.

#include "board.h"
#include "fifo.h"
#include "memory.h"
#include "octets.h"
#include "optical.h"
#include "quiet.h"
#include "uplink.h"
#include "windows.h"

#define FRAMES_HELD 4u
#define GAP_MS 200

// Places in TX_FIFO.
enum { SEQUENCE_AT = 0, LENGTH_AT = 2, FRAME_AT = 4 };

static struct {
    enum laser_state state;
    int32_t timer_ms;
    int32_t gap_ms;   // since the last frame began to leave
    uint16_t acquisitions;
} tracker;

static uint8_t frames[FRAMES_HELD][FRAME_OCTETS];
static struct fifo held;

void board_reset(void)
{
    memset(&tracker, 0, sizeof tracker);
    tracker.gap_ms = GAP_MS;
    held = (struct fifo){0, 0};
    uplink_reset();
}

void board_power_on(void)
{
    board_reset();
    uplink_power_on();
    optical_clear();
}

// ---------------------------------------------------------------- registers

void board_refresh(void)
{
    uint32_t state = tracker.state | (uint32_t)held.held << FLIGHT_STATUS_FIFO_LEVEL_LOW;

    stimulus[STIMULUS_LASER_STATE] = state;
    stimulus[STIMULUS_FRAMES_SENT] = flight[FLIGHT_FRAMES_SENT];
    flight[FLIGHT_STATUS] = state | uplink_status() | (uint32_t)tracker.acquisitions << FLIGHT_STATUS_ACQUISITIONS_LOW;
    flight[FLIGHT_OPTICAL] = stimulus[STIMULUS_OPTICAL];
    flight[FLIGHT_TIMER] = (uint32_t)tracker.timer_ms;
    flight[FLIGHT_TEMPERATURE] = stimulus[STIMULUS_TEMPERATURE];
}

static void enter(enum laser_state state)
{
    tracker.state = state;
    tracker.timer_ms = 0;
}

void board_write(unsigned index, uint32_t word)
{
    flight[index] = word;
    if (index == FLIGHT_LASER_COMMAND) {
        flight[index] = word & FLIGHT_LASER_COMMAND_ENABLE_MASK;
        if (word == FLIGHT_LASER_COMMAND_MASK && tracker.state == LASER_STATE_LOST)
            enter(LASER_STATE_ACQUIRE);
    } else if (index == FLIGHT_RX_RELEASE) {
        uplink_release(word);
    }
}

static bool has_light(void)
{
    return stimulus[STIMULUS_OPTICAL] >> STIMULUS_OPTICAL_RECEIVED_POWER_LOW >= flight[FLIGHT_LIGHT_THRESHOLD];
}

// ---------------------------------------------------------------- windows

static bool take_frame(const uint8_t *octets)
{
    uint16_t sequence = half_at(octets + SEQUENCE_AT);

    if (sequence == flight[FLIGHT_TX_SEQUENCE])
        return true;
    if (half_at(octets + LENGTH_AT) != FRAME_OCTETS || held.held == FRAMES_HELD) {
        flight[FLIGHT_FRAMES_REFUSED]++;
        return false;
    }
    memcpy(frames[fifo_push(&held, FRAMES_HELD)], octets + FRAME_AT, FRAME_OCTETS);
    flight[FLIGHT_TX_SEQUENCE] = sequence;
    flight[FLIGHT_FRAMES_TAKEN]++;
    return true;
}

static bool take_block(const uint8_t *octets)
{
    return uplink_take(octets, tracker.state == LASER_STATE_TRACK && has_light());
}

const struct window board_windows[] = {
    {FLIGHT, FLIGHT_TX_FIFO_WINDOW, FLIGHT_TX_FIFO_OCTETS, take_frame, NULL},
    {FLIGHT, FLIGHT_RX_FIFO_WINDOW, FLIGHT_RX_FIFO_OCTETS, NULL, uplink_read},
    {STIMULUS, STIMULUS_UPLINK_WINDOW, STIMULUS_UPLINK_OCTETS, take_block, NULL},
    {STIMULUS, OPTICAL_FIFO_WINDOW, OPTICAL_FIFO_OCTETS, NULL, optical_read_oldest},
    {STIMULUS, OPTICAL_LEVEL_WINDOW, OPTICAL_LEVEL_OCTETS, NULL, optical_read_level},
    {STIMULUS, OPTICAL_RELEASE_WINDOW, OPTICAL_RELEASE_OCTETS, optical_release, NULL},
    WINDOW_RESET,
};
const unsigned board_window_count = sizeof board_windows / sizeof *board_windows;

// ---------------------------------------------------------------- time

// Milliseconds until the first one that does more than count; below 1: the next one does.
static int32_t quiet_ms(bool light)
{
    bool enabled = flight[FLIGHT_LASER_COMMAND] != 0;

    if (enabled == (tracker.state == LASER_STATE_OFF))
        return 0;
    if (tracker.state == LASER_STATE_ACQUIRE && light)
        return (int32_t)flight[FLIGHT_ACQUIRE_MS] - tracker.timer_ms - 1;
    if (tracker.state == LASER_STATE_TRACK && !light)
        return (int32_t)flight[FLIGHT_LOSS_MS] - tracker.timer_ms - 1;
    if (tracker.state == LASER_STATE_TRACK && held.held > 0)
        return GAP_MS - tracker.gap_ms - 1;
    return NEVER_MS;
}

static bool timer_runs(bool light)
{
    return light ? tracker.state == LASER_STATE_ACQUIRE : tracker.state == LASER_STATE_TRACK;
}

// Lets milliseconds pass, at least one, in which the board does nothing but count.
static void pass(int32_t ms, bool light)
{
    tracker.gap_ms = ms < GAP_MS - tracker.gap_ms ? tracker.gap_ms + ms : GAP_MS;
    tracker.timer_ms = timer_runs(light) ? tracker.timer_ms + ms : 0;
}

static void step_state(bool light)
{
    if (flight[FLIGHT_LASER_COMMAND] == 0) {
        enter(LASER_STATE_OFF);
    } else if (tracker.state == LASER_STATE_OFF) {
        enter(LASER_STATE_ACQUIRE);
    } else if (!timer_runs(light)) {
        tracker.timer_ms = 0;
    } else {
        tracker.timer_ms++;
        if (light && tracker.timer_ms >= (int32_t)flight[FLIGHT_ACQUIRE_MS]) {
            enter(LASER_STATE_TRACK);
            tracker.acquisitions++;
        } else if (!light && tracker.timer_ms >= (int32_t)flight[FLIGHT_LOSS_MS]) {
            enter(LASER_STATE_LOST);
        }
    }
}

// One millisecond as boards/README.md has it.
static void millisecond(uint32_t now_ms, bool light)
{
    if (tracker.gap_ms < GAP_MS)
        tracker.gap_ms++;
    step_state(light);
    if (tracker.state == LASER_STATE_TRACK && light && held.held > 0 && tracker.gap_ms == GAP_MS) {
        optical_leave(now_ms, frames[held.oldest]);
        fifo_pop(&held, FRAMES_HELD);
        flight[FLIGHT_FRAMES_SENT]++;
        tracker.gap_ms = 0;
    }
}

uint32_t board_live(uint32_t ms)
{
    bool light = has_light();
    uint32_t lived_ms = 0;

    if (!powered)
        return ms;
    while (lived_ms < ms) {
        int32_t stride_ms = sooner(quiet_ms(light), (int32_t)(ms - lived_ms));
        if (stride_ms > 0) {
            pass(stride_ms, light);
            lived_ms += (uint32_t)stride_ms;
        } else {
            millisecond(time_ms + lived_ms, light);
            lived_ms++;
        }
    }
    return ms;
}
