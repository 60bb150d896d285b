// SPDX-License-Identifier: Apache-2.0
// Numbers in octets, most significant first, as RMAP and the register maps have them.
#ifndef OCTETS_H
#define OCTETS_H

#include <stdint.h>

static inline uint16_t half_at(const uint8_t *octets)
{
    return (uint16_t)(octets[0] << 8 | octets[1]);
}

static inline uint32_t word_at(const uint8_t *octets)
{
    return (uint32_t)half_at(octets) << 16 | half_at(octets + 2);
}

static inline void put_half(uint8_t *octets, uint32_t half)
{
    octets[0] = (uint8_t)(half >> 8);
    octets[1] = (uint8_t)half;
}

static inline void put_word(uint8_t *octets, uint32_t word)
{
    put_half(octets, word >> 16);
    put_half(octets + 2, word);
}

#endif
