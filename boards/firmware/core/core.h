// SPDX-License-Identifier: Apache-2.0
// What the three boards share: two ports of words, board time, RMAP_ERRORS and the reset by POWERED.
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stdint.h>

#include "registers.h"

#define WORD_OCTETS 4u

enum port { FLIGHT, STIMULUS };

extern uint32_t flight[FLIGHT_WORDS];
extern uint32_t stimulus[STIMULUS_WORDS];
extern uint32_t time_ms;
extern bool powered;

void core_power_on(void);
void core_count_dropped(void);
void core_count_rejected(void);

// `first` and `count` are words, which the caller has found to be inside the map, and writable for a write.
void core_read(enum port port, unsigned first, unsigned count, uint8_t *octets);
void core_write(enum port port, unsigned first, unsigned count, const uint8_t *octets);

#endif
