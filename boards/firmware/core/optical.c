// SPDX-License-Identifier: Apache-2.0
// Frames that have left the pin, oldest first; they are coded when they are read.

#include "optical.h"

#include "fifo.h"
#include "memory.h"
#include "octets.h"

#define ENTRIES 8u   // a grant makes at most four
#define MOST_LOST 255u
#define LAST_SEQUENCE 0xFFFFu   // 0 stands for no entry

// Places in an entry as OPTICAL_FIFO shows it.
enum { SEQUENCE_AT = 0, LENGTH_AT = 2, START_AT = 4, CADU_AT = 8 };

static struct {
    uint16_t sequence;
    uint32_t start_ms;
    uint8_t frame[FRAME_OCTETS];
} entries[ENTRIES];

static struct fifo held;
static uint16_t last_sequence;
static uint8_t lost;

void optical_clear(void)
{
    held = (struct fifo){0, 0};
    last_sequence = 0;
    lost = 0;
}

void optical_leave(uint32_t start_ms, const uint8_t frame[FRAME_OCTETS])
{
    unsigned slot;

    if (held.held == ENTRIES) {
        lost = lost < MOST_LOST ? (uint8_t)(lost + 1u) : lost;
        return;
    }
    slot = fifo_push(&held, ENTRIES);
    last_sequence = last_sequence < LAST_SEQUENCE ? (uint16_t)(last_sequence + 1u) : 1;
    entries[slot].sequence = last_sequence;
    entries[slot].start_ms = start_ms;
    memcpy(entries[slot].frame, frame, FRAME_OCTETS);
}

void optical_read_level(uint8_t *octets)
{
    put_word(octets, (uint32_t)lost << 8 | held.held);
}

void optical_read_oldest(uint8_t *octets)
{
    memset(octets, 0, OPTICAL_FIFO_OCTETS);
    if (held.held == 0)
        return;
    put_half(octets + SEQUENCE_AT, entries[held.oldest].sequence);
    put_half(octets + LENGTH_AT, CADU_OCTETS);
    put_word(octets + START_AT, entries[held.oldest].start_ms);
    cadu_encode(entries[held.oldest].frame, octets + CADU_AT);
}

bool optical_release(const uint8_t *octets)
{
    if (held.held > 0 && word_at(octets) == entries[held.oldest].sequence)
        fifo_pop(&held, ENTRIES);
    return true;
}
