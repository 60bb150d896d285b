// SPDX-License-Identifier: Apache-2.0
// The two functions of the C library that the core uses: a compiler for bare metal comes without <string.h>.
#ifndef MEMORY_H
#define MEMORY_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t octets);
void *memset(void *to, int octet, size_t octets);

#endif
