// SPDX-License-Identifier: Apache-2.0
// What a board adds to the core; power.c, compute.c and laser.c each hold one, and an image is linked with one of them.
#ifndef BOARD_H
#define BOARD_H

#include "core.h"

// A FIFO at one address: it takes non-incrementing commands of exactly `octets` octets, writes or reads, never both.
struct window {
    enum port port;
    uint16_t address;
    uint16_t octets;
    bool (*write)(const uint8_t *octets);   // false: the board refuses
    void (*read)(uint8_t *octets);
};

extern const struct window board_windows[];
extern const unsigned board_window_count;

void board_power_on(void);                              // everything that the ports' words do not hold
void board_reset(void);                                 // the same, but for what belongs to the world outside; where there is POWERED
void board_refresh(void);                               // bring the words that the board works out up to date
void board_write(unsigned index, uint32_t word);        // a masked word to the flight port
uint32_t board_live(uint32_t ms);                       // live up to `ms` from time_ms on, at least 1; returns how many

#endif
