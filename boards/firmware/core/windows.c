// SPDX-License-Identifier: Apache-2.0
// Finds windows, and takes RESET.

#include "windows.h"

#include "octets.h"

bool window_reset_asked;

bool window_ask_reset(const uint8_t *octets)
{
    window_reset_asked = word_at(octets) == RESET_WORD;
    return window_reset_asked;
}

static bool takes(const struct window *window, enum port port, uint32_t address, uint32_t octets, bool write)
{
    return window->port == port && window->address == address && window->octets == octets &&
           (write ? window->write != NULL : window->read != NULL);
}

const struct window *window_at(enum port port, uint32_t address, uint32_t octets, bool write)
{
    for (unsigned i = 0; i < board_window_count; i++)
        if (takes(&board_windows[i], port, address, octets, write))
            return &board_windows[i];
    return NULL;
}
