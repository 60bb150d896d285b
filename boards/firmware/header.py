# SPDX-License-Identifier: Apache-2.0
"""A board's register maps for C and for MicroPython, made from the tables in `registers/` whenever an image is built.

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

Constant = tuple[str, int | tuple[int, ...]]


def c_header(board: str) -> str:
    """`registers.h` of one board: places are words, windows and borders octets."""
    defines = (f"#define {name} {_in_c(value)}" for name, value in _constants(board))
    states = (_c_states(states) for port in PORTS for states in _states(_table(board, port)))
    return "\n".join(
        (
            "// SPDX-License-Identifier: Apache-2.0",
            f"// Made from {board}.rdl by header.py.",
            "#ifndef REGISTERS_H",
            "#define REGISTERS_H",
            *defines,
            *states,
            "#endif\n",
        )
    )


def python_module(board: str, build_id: int) -> str:
    """`registers.py` of one board for MicroPython, with the identity of its image."""
    constants = (f"{name} = {value}" for name, value in _constants(board))
    return "\n".join((f"# Made from {board}.rdl by header.py.", *constants, f"BUILD_ID = {build_id}\n"))


def _table(board: str, port: str) -> RegisterTable:
    table: RegisterTable = import_module(f"..registers.{board}_{port}", __package__)
    return table


def _constants(board: str) -> Iterator[Constant]:
    for port in PORTS:
        yield from _port(port.upper(), _table(board, port))
    for window in windows.WINDOWS:
        yield from _window(window.name, window)
    yield "RESET_WORD", windows.RESET_WORD
    yield "WORK_PER_MS", WORK_PER_MS


def _port(port: str, table: RegisterTable) -> Iterator[Constant]:
    registers = table.REGISTERS
    yield f"{port}_ADDRESS", table.LOGICAL_ADDRESS
    yield f"{port}_WRITABLE_FROM", table.WRITABLE_FROM
    yield f"{port}_END", table.END
    yield f"{port}_WORDS", len(registers)
    yield f"{port}_MASKS", tuple(register.mask for register in registers)
    yield f"{port}_RESETS", tuple(register.reset for register in registers)
    for register in registers:
        yield from _register(f"{port}_{register.name}", register)
    for window in table.WINDOWS:
        yield from _window(f"{port}_{window.name}", window)


def _register(name: str, register: Register) -> Iterator[Constant]:
    yield name, register.index
    yield f"{name}_MASK", register.mask
    yield f"{name}_RESET", register.reset
    for field in register.fields:
        yield f"{name}_{field.name.upper()}_LOW", field.low
        yield f"{name}_{field.name.upper()}_MASK", field.mask


def _window(name: str, window: Window) -> Iterator[Constant]:
    yield f"{name}_WINDOW", window.address
    yield f"{name}_OCTETS", window.octets


def _in_c(value: int | tuple[int, ...]) -> str:
    return f"{{{', '.join(map(_in_c, value))}}}" if isinstance(value, tuple) else f"0x{value:X}u"


def _states(table: RegisterTable) -> list[type[IntEnum]]:
    return [
        value
        for value in vars(table).values()
        if isinstance(value, type) and issubclass(value, IntEnum) and value is not IntEnum
    ]


def _c_states(states: type[IntEnum]) -> str:
    letters = (f"_{letter.lower()}" if letter.isupper() else letter for letter in states.__name__)
    name = "".join(letters).lstrip("_")
    members = ", ".join(f"{name.upper()}_{member.name} = {member.value}" for member in states)
    return f"enum {name} {{ {members} }};"
