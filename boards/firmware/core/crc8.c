// SPDX-License-Identifier: Apache-2.0
// The CRC of RMAP, four bits at a time.

#include "crc8.h"

// The CRC of each half octet: what shifting it out of the register by four steps adds.
static const uint8_t of_half[16] = {
    0x00, 0x1C, 0x38, 0x24, 0x70, 0x6C, 0x48, 0x54, 0xE0, 0xFC, 0xD8, 0xC4, 0x90, 0x8C, 0xA8, 0xB4,
};

uint8_t crc8(const uint8_t *octets, size_t length)
{
    uint8_t crc = 0;

    for (size_t i = 0; i < length; i++) {
        crc ^= octets[i];
        crc = (uint8_t)(crc >> 4 ^ of_half[crc & 0xF]);
        crc = (uint8_t)(crc >> 4 ^ of_half[crc & 0xF]);
    }
    return crc;
}
