// SPDX-License-Identifier: Apache-2.0
// Milliseconds in which a board does nothing but count.
#ifndef QUIET_H
#define QUIET_H

#include <stdint.h>

#define NEVER_MS INT32_MAX   // as long as the longest grant

static inline int32_t sooner(int32_t one_ms, int32_t other_ms)
{
    return one_ms < other_ms ? one_ms : other_ms;
}

#endif
