# SPDX-License-Identifier: Apache-2.0
"""udev rules for the USB serial ports that are plugged in: who may open them, and a name that stays."""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = (
    "# sudo cp 60-flatsat.rules /etc/udev/rules.d/ && sudo udevadm control --reload && sudo udevadm trigger",
    '# then, in a bench file, url = "/dev/flatsat/NAME"; rename each to the board it is',
)


def rules() -> Iterator[str]:
    """The lines of a rules file; without ports, a comment that says so."""
    from serial.tools import list_ports

    yield from _HEAD
    usb = [port for port in sorted(list_ports.comports()) if port.vid is not None]
    if not usb:
        yield "# no USB serial port is plugged in: plug the boards in, then run this again"
    for number, port in enumerate(usb):
        yield _rule(number, port.vid, port.pid, port.serial_number)


def _rule(number: int, vendor: int, product: int, serial_number: str | None) -> str:
    matches = [
        'SUBSYSTEM=="tty"',
        f'ATTRS{{idVendor}}=="{vendor:04x}"',
        f'ATTRS{{idProduct}}=="{product:04x}"',
        *([f'ATTRS{{serial}}=="{serial_number}"'] if serial_number else []),
    ]
    return ", ".join(
        [*matches, 'GROUP="dialout"', 'MODE="0660"', 'TAG+="uaccess"', f'SYMLINK+="flatsat/board{number}"']
    )
