// SPDX-License-Identifier: Apache-2.0
// The serial line: SLIP (RFC 1055) around the packets of the RMAP target.
#ifndef LINE_H
#define LINE_H

#include <stdint.h>

#define LONGEST_PACKET_OCTETS 4096u

void line_start(void);           // after power-on: the board hears from now on
void line_take(uint8_t octet);   // and answer, where it ends a packet that is due an answer

#endif
