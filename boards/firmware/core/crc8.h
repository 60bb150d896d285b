// SPDX-License-Identifier: Apache-2.0
// The CRC of RMAP (ECSS-E-ST-50-52C, annex A): x^8 + x^2 + x + 1, least significant bit first.
#ifndef CRC8_H
#define CRC8_H

#include <stddef.h>
#include <stdint.h>

uint8_t crc8(const uint8_t *octets, size_t length);

#endif
