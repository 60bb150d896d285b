// SPDX-License-Identifier: Apache-2.0
// Windows of the board, and RESET, which every board of firmware has.
#ifndef WINDOWS_H
#define WINDOWS_H

#include <stddef.h>

#include "board.h"

// What every board has: it has no other way back to its power-on state over a serial line.
#define WINDOW_RESET {STIMULUS, RESET_WINDOW, RESET_OCTETS, window_ask_reset, NULL}
#define LONGEST_READ_OCTETS OPTICAL_FIFO_OCTETS

extern bool window_reset_asked;   // RESET was written: to be done once that has been answered

bool window_ask_reset(const uint8_t *octets);

// The window that takes this non-incrementing command, NULL where there is none.
const struct window *window_at(enum port port, uint32_t address, uint32_t octets, bool write);

#endif
