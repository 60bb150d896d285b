// SPDX-License-Identifier: Apache-2.0
// A node lives from event to event: quiet milliseconds pass in one stride.

#include "node.h"

#include "quiet.h"

#define BEAT_MASK 2047u

static const uint16_t work_per_ms[] = WORK_PER_MS;

static uint64_t count(struct node *node, uint32_t ms)
{
    uint64_t work = (uint64_t)work_per_ms[node->step] * ms;

    node->work += (uint32_t)work;
    node->beat = (uint16_t)((node->beat + ms) & BEAT_MASK);
    return work;
}

// Milliseconds until the first one that does more than count; below 1: the next one does.
static int32_t quiet_ms(const struct node *node, const struct drive *drive)
{
    bool held = node->tripped || !drive->enabled || !drive->fed;

    if (node->tripped && !drive->enabled)
        return 0;
    if (node->state == NODE_STATE_OFF)
        return held ? NEVER_MS : 0;
    if (held || drive->hot)
        return 0;
    if (node->state == NODE_STATE_BOOT)
        return node->boot_ms - 1;
    if (node->state == NODE_STATE_HUNG)
        return NEVER_MS;
    if (drive->hangs)
        return 0;
    return node->step == drive->command_step ? NEVER_MS : node->ramp_ms - 1;
}

// Lets milliseconds pass, at least one, in which the node does nothing but count.
static uint64_t pass(struct node *node, const struct drive *drive, int32_t ms)
{
    if (node->state == NODE_STATE_BOOT)
        node->boot_ms -= ms;
    if (node->state != NODE_STATE_ON)
        return 0;
    node->ramp_ms = node->step == drive->command_step ? drive->ramp_ms : node->ramp_ms - ms;
    return count(node, (uint32_t)ms);
}

static void boot(struct node *node, const struct drive *drive)
{
    if (node->boot_ms > 1) {
        node->boot_ms--;
        return;
    }
    node->state = NODE_STATE_ON;
    node->step = 0;
    node->beat = 0;
    node->boot_ms = 0;
    node->ramp_ms = drive->ramp_ms;
}

static void ramp(struct node *node, const struct drive *drive)
{
    if (node->step != drive->command_step && node->ramp_ms > 1) {
        node->ramp_ms--;
        return;
    }
    node->ramp_ms = drive->ramp_ms;
    if (node->step < drive->command_step)
        node->step++;
    else if (node->step > drive->command_step)
        node->step--;
}

static void switch_off(struct node *node)
{
    node->state = NODE_STATE_OFF;
    node->step = 0;
    node->beat = 0;
    node->ramp_ms = node->boot_ms = 0;
}

// One millisecond as boards/README.md has it.
static uint64_t millisecond(struct node *node, const struct drive *drive)
{
    uint64_t work = 0;

    if (!drive->enabled)
        node->tripped = false;
    if (node->state != NODE_STATE_OFF && drive->hot)
        node->tripped = true;
    if (!drive->enabled || !drive->fed || node->tripped) {
        switch_off(node);
    } else if (node->state == NODE_STATE_OFF) {
        node->state = NODE_STATE_BOOT;
        node->boot_ms = drive->boot_ms;
    } else if (node->state == NODE_STATE_BOOT) {
        boot(node, drive);
    } else if (node->state == NODE_STATE_ON) {
        work = count(node, 1);
        ramp(node, drive);
        if (drive->hangs)
            node->state = NODE_STATE_HUNG;
    }
    return work;
}

uint64_t node_live(struct node *node, const struct drive *drive, uint32_t ms)
{
    uint64_t work = 0;

    while (ms > 0) {
        int32_t stride_ms = sooner(quiet_ms(node, drive), (int32_t)ms);
        if (stride_ms > 0) {
            work += pass(node, drive, stride_ms);
            ms -= (uint32_t)stride_ms;
        } else {
            work += millisecond(node, drive);
            ms--;
        }
    }
    return work;
}
