# SPDX-License-Identifier: Apache-2.0
"""What can go wrong on the serial line to a board, one class each, whichever exception the driver chose for it.

LineError (a BackEndError)
├── PortAbsent         nothing there: not plugged in, or nobody listens
├── PortForbidden      no permission
├── PortInUse          somebody else has it
├── NotAPort           a file, or a device that is no terminal
├── PortMisconfigured  the port cannot do what the bench file asks for
├── PortLost           gone while it was open: unplugged, or the other end died
├── PortStalled        takes no more octets: the board is stopped, or reads none
├── BoardSilent        takes octets and answers none
├── WrongBoard         another board, register map or image answers
└── BoardRestarted     the board has forgotten the run
"""

from __future__ import annotations

from ..errors import BackEndError


class LineError(BackEndError):
    """Base: `board` is the board's name, `url` where it was looked for; the text is one line that ends with the mend."""

    def __init__(self, board: str, url: str, told: str) -> None:
        super().__init__(f"{board} board on {url}: {told}")
        self.board, self.url, self.told = board, url, told


class PortAbsent(LineError):
    """Nothing there: not plugged in, or nobody listens."""


class PortForbidden(LineError):
    """No permission."""


class PortInUse(LineError):
    """Somebody else has it."""


class NotAPort(LineError):
    """A file, or a device that is no terminal."""


class PortMisconfigured(LineError):
    """The port cannot do what the bench file asks for."""


class PortLost(LineError):
    """Gone while it was open: unplugged, or the other end died."""


class PortStalled(LineError):
    """Takes no more octets: the board is stopped, or reads none."""


class BoardSilent(LineError):
    """Takes octets and answers none."""


class WrongBoard(LineError):
    """Another board, register map or image answers."""


class BoardRestarted(LineError):
    """The board has forgotten the run."""
