// SPDX-License-Identifier: Apache-2.0
// A transfer frame as it leaves the optical pin (CCSDS 131.0-B): marker, frame and check symbols, randomized.
#ifndef CADU_H
#define CADU_H

#include <stdint.h>

#define MARKER_OCTETS 4u
#define INTERLEAVE 5u
#define FRAME_OCTETS (INTERLEAVE * 223u)
#define CODEBLOCK_OCTETS (INTERLEAVE * 255u)
#define CADU_OCTETS (MARKER_OCTETS + CODEBLOCK_OCTETS)

void cadu_encode(const uint8_t frame[FRAME_OCTETS], uint8_t cadu[CADU_OCTETS]);

#endif
