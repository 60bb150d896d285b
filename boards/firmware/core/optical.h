// SPDX-License-Identifier: Apache-2.0
// The optical pin of a board that nobody watches with light: frames that have left, to be read as CADUs.
#ifndef OPTICAL_H
#define OPTICAL_H

#include "board.h"
#include "cadu.h"

void optical_clear(void);
void optical_leave(uint32_t start_ms, const uint8_t frame[FRAME_OCTETS]);

// Windows of the stimulus port.
void optical_read_level(uint8_t *octets);
void optical_read_oldest(uint8_t *octets);
bool optical_release(const uint8_t *octets);

#endif
