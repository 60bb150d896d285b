// SPDX-License-Identifier: Apache-2.0
// RS(255,223) of CCSDS 131.0-B, section 4, symbols in dual basis.
#ifndef REED_SOLOMON_H
#define REED_SOLOMON_H

#include <stdint.h>

// Puts the 32 check symbols behind the 223 data symbols of one codeword, whose symbols lie `stride` octets apart.
void reed_solomon_check(uint8_t *codeword, unsigned stride);

#endif
