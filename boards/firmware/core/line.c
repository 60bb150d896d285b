// SPDX-License-Identifier: Apache-2.0
// SLIP decoder and encoder (RFC 1055). Octets before the first END count as a packet: noise is for the target to refuse.

#include "line.h"

#include <stdbool.h>
#include <stddef.h>

#include "core.h"
#include "hal.h"
#include "rmap.h"

enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };

static uint8_t packet[LONGEST_PACKET_OCTETS];
static size_t length;
static bool empty = true;   // nothing since the last END
static bool escape;         // the last octet was ESC
static bool wrong;          // a wrong escape, or longer than the buffer

static void send_escaped(uint8_t octet)
{
    if (octet == END || octet == ESC) {
        hal_send(ESC);
        hal_send(octet == END ? ESC_END : ESC_ESC);
    } else {
        hal_send(octet);
    }
}

static void answer(void)
{
    const uint8_t *reply;
    size_t octets = rmap_execute(packet, length, &reply);

    if (octets == 0)
        return;
    hal_send(END);
    for (size_t i = 0; i < octets; i++)
        send_escaped(reply[i]);
    hal_send(END);
    rmap_replied();
}

static void end_packet(void)
{
    if (wrong || escape)
        core_count_dropped();
    else if (!empty)
        answer();
    length = 0;
    empty = true;
    escape = wrong = false;
}

static void store(uint8_t octet)
{
    if (length == sizeof packet)
        wrong = true;
    else
        packet[length++] = octet;
}

void line_start(void)
{
    hal_send(END);   // ends what the pin did while the board had no power
}

void line_take(uint8_t octet)
{
    if (octet == END) {
        end_packet();
        return;
    }
    empty = false;
    if (escape) {
        escape = false;
        if (octet == ESC_END || octet == ESC_ESC)
            store(octet == ESC_END ? END : ESC);
        else
            wrong = true;
    } else if (octet == ESC) {
        escape = true;
    } else {
        store(octet);
    }
}
