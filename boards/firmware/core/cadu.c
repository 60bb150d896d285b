// SPDX-License-Identifier: Apache-2.0
// The coder of CADUs: Reed-Solomon (section 4), attached sync marker (section 9), long randomizer (section 10).

#include "cadu.h"

#include "memory.h"
#include "octets.h"
#include "reed_solomon.h"

#define MARKER 0x1ACFFC1Du

// x^17 + x^14 + 1; the output is bit 0, the sum of the taps enters at the top.
#define RANDOMIZER_PRESET 0x18E38u

static void randomize(uint8_t *octets, unsigned length)
{
    uint32_t state = RANDOMIZER_PRESET;

    for (unsigned i = 0; i < length; i++) {
        unsigned random_octet = 0;
        for (unsigned bit = 0; bit < 8; bit++) {
            random_octet = random_octet << 1 | (state & 1);
            state = state >> 1 | ((state ^ state >> 14) & 1) << 16;
        }
        octets[i] ^= (uint8_t)random_octet;
    }
}

void cadu_encode(const uint8_t frame[FRAME_OCTETS], uint8_t cadu[CADU_OCTETS])
{
    uint8_t *codeblock = cadu + MARKER_OCTETS;

    put_word(cadu, MARKER);
    memcpy(codeblock, frame, FRAME_OCTETS);
    for (unsigned codeword = 0; codeword < INTERLEAVE; codeword++)
        reed_solomon_check(codeblock + codeword, INTERLEAVE);
    randomize(codeblock, CODEBLOCK_OCTETS);
}
