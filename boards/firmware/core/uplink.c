// SPDX-License-Identifier: Apache-2.0
// Blocks of the uplink as they were written: sequence, length, block, padding.

#include "uplink.h"

#include "board.h"
#include "fifo.h"
#include "memory.h"
#include "octets.h"

#define BLOCKS_HELD 4u
#define LONGEST_BLOCK_OCTETS 252u
#define NO_SEQUENCE 0xFFFFu
#define OVERFLOWS_MASK 0xFu

enum { SEQUENCE_AT = 0, LENGTH_AT = 2 };

static uint8_t blocks[BLOCKS_HELD][FLIGHT_RX_FIFO_OCTETS];
static struct fifo held;
static uint8_t overflows;
static uint16_t last_sequence;   // the world's: it survives a loss of power

void uplink_power_on(void)
{
    last_sequence = NO_SEQUENCE;
}

void uplink_reset(void)
{
    held = (struct fifo){0, 0};
    overflows = 0;
}

uint32_t uplink_status(void)
{
    return (uint32_t)held.held << FLIGHT_STATUS_RX_LEVEL_LOW | (uint32_t)overflows << FLIGHT_STATUS_RX_OVERFLOWS_LOW;
}

void uplink_release(uint32_t sequence)
{
    if (held.held > 0 && half_at(blocks[held.oldest] + SEQUENCE_AT) == sequence)
        fifo_pop(&held, BLOCKS_HELD);
}

bool uplink_take(const uint8_t *octets, bool heard)
{
    uint16_t sequence = half_at(octets + SEQUENCE_AT), length = half_at(octets + LENGTH_AT);

    if (length == 0 || length > LONGEST_BLOCK_OCTETS)
        return false;
    if (sequence == last_sequence)
        return true;
    last_sequence = sequence;
    if (heard && held.held == BLOCKS_HELD)
        overflows = (overflows + 1u) & OVERFLOWS_MASK;
    else if (heard)
        memcpy(blocks[fifo_push(&held, BLOCKS_HELD)], octets, sizeof *blocks);
    return true;
}

void uplink_read(uint8_t *octets)
{
    if (held.held > 0)
        memcpy(octets, blocks[held.oldest], sizeof *blocks);
    else
        memset(octets, 0, sizeof *blocks);
}
