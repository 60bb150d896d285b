# SPDX-License-Identifier: Apache-2.0
"""The C header of a board's register maps, made from the tables in `registers/` whenever an image is built.

Those tables are made from the SystemRDL and tested to be up to date, so that a build needs no SystemRDL compiler. A
header of PeakRDL would lay structures over addresses; behind RMAP there are none, and what the core needs is places,
masks and reset values.
"""

from collections.abc import Iterator
from enum import IntEnum
from importlib import import_module

from ..register import Register, RegisterTable, Window
from ..work import WORK_PER_MS
from . import windows

PORTS = ("flight", "stimulus")


def c_header(board: str) -> str:
    """`registers.h` of one board: places are words, windows and borders octets."""
    return "\n".join(_lines(board)) + "\n"


def _lines(board: str) -> Iterator[str]:
    yield "// SPDX-License-Identifier: Apache-2.0"
    yield f"// Made from {board}.rdl by header.py."
    yield from ("#ifndef REGISTERS_H", "#define REGISTERS_H")
    for port in PORTS:
        table = import_module(f"..registers.{board}_{port}", __package__)
        yield ""
        yield from _port(port.upper(), table)
        yield from (line for value in vars(table).values() if _is_state(value) for line in _state(value))
    yield ""
    for window in windows.WINDOWS:
        yield from _window(window.name, window)
    yield f"#define RESET_WORD 0x{windows.RESET_WORD:08X}u"
    yield f"#define WORK_PER_MS {{{', '.join(str(work) for work in WORK_PER_MS)}}}"
    yield from ("", "#endif")


def _port(port: str, table: RegisterTable) -> Iterator[str]:
    registers = table.REGISTERS
    yield f"#define {port}_ADDRESS 0x{table.LOGICAL_ADDRESS:02X}u"
    yield f"#define {port}_WRITABLE_FROM 0x{table.WRITABLE_FROM:02X}u"
    yield f"#define {port}_END 0x{table.END:02X}u"
    yield f"#define {port}_WORDS {len(registers)}"
    yield f"#define {port}_MASKS {{{', '.join(f'0x{register.mask:08X}u' for register in registers)}}}"
    yield f"#define {port}_RESETS {{{', '.join(f'0x{register.reset:08X}u' for register in registers)}}}"
    for register in registers:
        yield from _register(f"{port}_{register.name}", register)
    for window in table.WINDOWS:
        yield from _window(f"{port}_{window.name}", window)


def _register(name: str, register: Register) -> Iterator[str]:
    yield f"#define {name} {register.index}u"
    yield f"#define {name}_MASK 0x{register.mask:08X}u"
    yield f"#define {name}_RESET 0x{register.reset:08X}u"
    for field in register.fields:
        yield f"#define {name}_{field.name.upper()}_LOW {field.low}"
        yield f"#define {name}_{field.name.upper()}_MASK 0x{field.mask:08X}u"


def _window(name: str, window: Window) -> Iterator[str]:
    yield f"#define {name}_WINDOW 0x{window.address:04X}u"
    yield f"#define {name}_OCTETS {window.octets}u"


def _is_state(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, IntEnum) and value is not IntEnum


def _state(states: type[IntEnum]) -> Iterator[str]:
    letters = (f"_{letter.lower()}" if letter.isupper() else letter for letter in states.__name__)
    name = "".join(letters).lstrip("_")
    members = ", ".join(f"{name.upper()}_{member.name} = {member.value}" for member in states)
    yield f"enum {name} {{ {members} }};"
