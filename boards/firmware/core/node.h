// SPDX-License-Identifier: Apache-2.0
// One accelerator node of the compute board (boards/README.md section 4). Nodes do not see each other.
#ifndef NODE_H
#define NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "registers.h"

struct node {
    enum node_state state;
    bool tripped;
    uint8_t step;
    uint16_t beat;
    int32_t ramp_ms, boot_ms;   // left
    uint32_t work;
};

// What the world and the registers do to a node for the length of a grant.
struct drive {
    bool enabled, fed, hot, hangs;
    uint8_t command_step;
    int32_t ramp_ms, boot_ms;
};

// Live from event to event; returns the work done.
uint64_t node_live(struct node *node, const struct drive *drive, uint32_t ms);

#endif
