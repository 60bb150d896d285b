// SPDX-License-Identifier: Apache-2.0
// The uplink of the laser board: blocks that reach the terminal, held until flight software lets them go.
#ifndef UPLINK_H
#define UPLINK_H

#include <stdbool.h>
#include <stdint.h>

void uplink_power_on(void);   // the stimulus side: forgets the sequence last seen
void uplink_reset(void);      // the board's side: lets go of all blocks
uint32_t uplink_status(void);   // its bits of STATUS
void uplink_release(uint32_t sequence);

// Windows UPLINK and RX_FIFO.
bool uplink_take(const uint8_t *octets, bool heard);
void uplink_read(uint8_t *octets);

#endif
