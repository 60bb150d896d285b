// SPDX-License-Identifier: Apache-2.0
// The RMAP target of a board (ECSS-E-ST-50-52C), by the rules of boards/README.md section 1.
#ifndef RMAP_H
#define RMAP_H

#include <stddef.h>
#include <stdint.h>

// Carry out one packet; returns the octets of the reply, 0 where none is due.
size_t rmap_execute(const uint8_t *packet, size_t length, const uint8_t **reply);

void rmap_replied(void);   // the reply has been sent: do what had to wait for it

#endif
