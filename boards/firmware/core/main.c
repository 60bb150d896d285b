// SPDX-License-Identifier: Apache-2.0
// A board: octets in, octets out.

#include "core.h"
#include "hal.h"
#include "line.h"

int main(void)
{
    hal_start();
    core_power_on();
    line_start();
    for (;;) {
        int octet = hal_take();
        if (octet == HAL_NO_OCTET)
            hal_idle();
        else
            line_take((uint8_t)octet);
    }
}
