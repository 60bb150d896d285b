// SPDX-License-Identifier: Apache-2.0
// Compute board (boards/README.md section 4): sixteen accelerator nodes, their work and their answers.

#include "board.h"
#include "memory.h"
#include "node.h"
#include "windows.h"

#define NODES 16u
#define NODES_A_RACK 8u
#define NODES_A_STEPS_WORD 8u
#define NODES_A_TEMPERATURE_WORD 4u
#define TOP_STEP 15u
#define NONCE_MASK 0xFFFFFFFu
#define BEAT_SHOWN_FROM 9u

static struct node nodes[NODES];
static uint64_t total_work;

void board_reset(void)
{
    memset(nodes, 0, sizeof nodes);
    total_work = 0;
}

void board_power_on(void)
{
    board_reset();
}

// ---------------------------------------------------------------- registers

static void show_nodes(void)
{
    uint32_t states = 0, beats = 0, tripped = 0, steps[2] = {0, 0};

    for (unsigned i = 0; i < NODES; i++) {
        states |= (uint32_t)nodes[i].state << 2 * i;
        beats |= (uint32_t)nodes[i].beat >> BEAT_SHOWN_FROM << 2 * i;
        tripped |= (uint32_t)nodes[i].tripped << i;
        steps[i / NODES_A_STEPS_WORD] |= (uint32_t)nodes[i].step << 4 * (i % NODES_A_STEPS_WORD);
        flight[FLIGHT_WORK0 + i] = nodes[i].work;
    }
    flight[FLIGHT_NODE_STATE] = stimulus[STIMULUS_NODE_STATE] = states;
    flight[FLIGHT_STEPS_LOW] = stimulus[STIMULUS_STEPS_LOW] = steps[0];
    flight[FLIGHT_STEPS_HIGH] = stimulus[STIMULUS_STEPS_HIGH] = steps[1];
    flight[FLIGHT_HEARTBEATS] = beats;
    flight[FLIGHT_TRIPPED] = tripped;
}

void board_refresh(void)
{
    show_nodes();
    flight[FLIGHT_WORK_HIGH] = stimulus[STIMULUS_WORK_HIGH] = (uint32_t)(total_work >> 32);
    flight[FLIGHT_WORK_LOW] = stimulus[STIMULUS_WORK_LOW] = (uint32_t)total_work;
    memcpy(&flight[FLIGHT_MEMORY_ERRORS], &stimulus[STIMULUS_MEMORY_ERRORS],
           WORD_OCTETS * (FLIGHT_TEMPERATURE_12_15 - FLIGHT_MEMORY_ERRORS + 1));
}

void board_write(unsigned index, uint32_t word)
{
    flight[index] = word;
}

const struct window board_windows[] = {WINDOW_RESET};
const unsigned board_window_count = 1;

// ---------------------------------------------------------------- time

static uint32_t temperature(unsigned place)
{
    uint32_t four = stimulus[STIMULUS_TEMPERATURE_0_3 + place / NODES_A_TEMPERATURE_WORD];

    return four >> (24 - 8 * (place % NODES_A_TEMPERATURE_WORD)) & 0xFF;
}

static uint8_t command_step(unsigned place)
{
    uint32_t eight = flight[FLIGHT_COMMAND_STEPS_LOW + place / NODES_A_STEPS_WORD];

    if (stimulus[STIMULUS_UNLOCK] >> place & 1)
        return TOP_STEP;
    return eight >> 4 * (place % NODES_A_STEPS_WORD) & 0xF;
}

static struct drive drive_of(unsigned place)
{
    return (struct drive){
        .enabled = flight[FLIGHT_NODE_ENABLE] >> place & 1,
        .fed = stimulus[STIMULUS_RACK_POWER] >> place / NODES_A_RACK & 1,
        .hot = temperature(place) > flight[FLIGHT_TRIP_TEMPERATURE],
        .hangs = stimulus[STIMULUS_HANG] >> place & 1,
        .command_step = command_step(place),
        .ramp_ms = (int32_t)flight[FLIGHT_RAMP],
        .boot_ms = (int32_t)stimulus[STIMULUS_BOOT_MS],
    };
}

static uint32_t response(void)
{
    uint32_t place = flight[FLIGHT_CHALLENGE] >> 28, nonce = flight[FLIGHT_CHALLENGE] & NONCE_MASK;
    uint32_t corrupt = stimulus[STIMULUS_CORRUPT] >> place & 1;

    if (nodes[place].state != NODE_STATE_ON)
        return 0;
    return place << 28 | (((5 * nonce + 0x3C6EF35u) & NONCE_MASK) ^ corrupt);
}

uint32_t board_live(uint32_t ms)
{
    if (!powered)
        return ms;
    for (unsigned i = 0; i < NODES; i++) {
        struct drive drive = drive_of(i);
        total_work += node_live(&nodes[i], &drive, ms);
    }
    flight[FLIGHT_RESPONSE] = response();
    return ms;
}
