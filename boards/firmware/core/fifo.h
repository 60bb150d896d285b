// SPDX-License-Identifier: Apache-2.0
// Which slot of a ring is the oldest, and how many are held; the slots themselves are the caller's.
#ifndef FIFO_H
#define FIFO_H

#include <stdbool.h>
#include <stdint.h>

struct fifo {
    uint8_t oldest;
    uint8_t held;
};

// The slot after the newest one held; there must be room for it.
static inline unsigned fifo_push(struct fifo *fifo, unsigned slots)
{
    return (fifo->oldest + fifo->held++) % slots;
}

static inline void fifo_pop(struct fifo *fifo, unsigned slots)
{
    fifo->oldest = (uint8_t)((fifo->oldest + 1u) % slots);
    fifo->held--;
}

#endif
