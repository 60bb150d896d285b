// SPDX-License-Identifier: Apache-2.0
// The board as a process: its serial line is standard input and output, the end of input ends it.

#include "hal.h"

#include <stdlib.h>
#include <unistd.h>

static uint8_t taken[4096];
static ssize_t taken_length, taken_at;
static uint8_t sending[4096];
static size_t sending_length;

void hal_start(void)
{
    // The two files are open.
}

int hal_take(void)
{
    return taken_at < taken_length ? taken[taken_at++] : HAL_NO_OCTET;
}

static void flush(void)
{
    for (size_t at = 0; at < sending_length;) {
        ssize_t written = write(STDOUT_FILENO, sending + at, sending_length - at);
        if (written <= 0)
            exit(EXIT_SUCCESS);   // nobody listens any more
        at += (size_t)written;
    }
    sending_length = 0;
}

void hal_send(uint8_t octet)
{
    if (sending_length == sizeof sending)
        flush();
    sending[sending_length++] = octet;
}

void hal_idle(void)
{
    flush();
    taken_at = 0;
    taken_length = read(STDIN_FILENO, taken, sizeof taken);
    if (taken_length <= 0)
        exit(EXIT_SUCCESS);
}
