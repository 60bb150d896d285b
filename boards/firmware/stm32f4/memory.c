// SPDX-License-Identifier: Apache-2.0
// The two functions of the C library that the core uses and the compiler may call; built without that they become calls
// of themselves (-fno-tree-loop-distribute-patterns).

#include "memory.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t octets)
{
    uint8_t *at = to;
    const uint8_t *source = from;

    while (octets-- > 0)
        *at++ = *source++;
    return to;
}

void *memset(void *to, int octet, size_t octets)
{
    uint8_t *at = to;

    while (octets-- > 0)
        *at++ = (uint8_t)octet;
    return to;
}
