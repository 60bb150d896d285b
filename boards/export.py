# SPDX-License-Identifier: Apache-2.0
"""Makes the files in registers/ from the SystemRDL maps: `python -m flatsat.boards.export [--check]`."""

import sys
from collections.abc import Iterator
from pathlib import Path

from .register import Field, Register
from .systemrdl_map import Port, read_ports
from .work import WORK_PER_MS

FOLDER = Path(__file__).parent
BOARDS = ("power", "compute", "laser")
LICENCE = "SPDX-License-Identifier: Apache-2.0"


def python_table(port: Port) -> str:
    """The Python module of one port."""
    return "\n".join(_python_lines(port)) + "\n"


def _python_lines(port: Port) -> Iterator[str]:
    states = port.states if port.name == "flight" else {}
    yield f"# {LICENCE}"
    yield f'"""Register table of the {port.board} board\'s {port.name} port. {port.description}"""'
    yield ""
    yield f"# Generated from {port.board}.rdl by `python -m flatsat.boards.export`."
    yield from ("# ruff: noqa: E501", "# fmt: off")
    yield ""
    if states:
        yield from ("from enum import IntEnum", "")
    yield "from ..register import Field, Register, Window"
    yield ""
    yield f"LOGICAL_ADDRESS = 0x{port.logical_address:02X}"
    yield f"WRITABLE_FROM = 0x{port.writable_from:02X}"
    yield f"END = 0x{port.end:02X}"
    for name, members in states.items():
        yield from ("", "", f"class {name}(IntEnum):")
        yield from (f"    {member} = {value}  # {text}" for member, value, text in members)
    yield ""
    for register in port.registers:
        yield from ("", *_python_register(register))
    for window in port.windows:
        yield ""
        yield (
            f"{window.name} = Window(name={_quoted(window.name)}, address=0x{window.address:04X}, "
            f"octets={window.octets}, writable={window.writable}, description={_quoted(window.description)})"
        )
    yield from (
        "",
        "REGISTERS: tuple[Register, ...] = (",
        *(f"    {register.name}," for register in port.registers),
        ")",
    )
    yield f"WINDOWS: tuple[Window, ...] = ({''.join(f'{window.name},' for window in port.windows)})"


def _python_register(register: Register) -> Iterator[str]:
    for field in register.fields:
        scale = "".join(
            f", {key}={shown}"
            for key, shown, default in (
                ("unit", _quoted(field.unit), '""'),
                ("lsb", repr(field.lsb), "1.0"),
                ("zero", repr(field.zero), "0.0"),
            )
            if shown != default
        )
        yield (
            f"{_constant(field)} = Field(register={_quoted(field.register)}, address=0x{field.address:02X}, "
            f"name={_quoted(field.name)}, low={field.low}, width={field.width}{scale}, "
            f"description={_quoted(field.description)})"
        )
    fields = ", ".join(_constant(field) for field in register.fields) + (
        "," if len(register.fields) == 1 else ""
    )
    yield (
        f"{register.name} = Register(name={_quoted(register.name)}, address=0x{register.address:02X}, "
        f"reset=0x{register.reset:08X}, writable={register.writable}, fields=({fields}), "
        f"description={_quoted(register.description)})"
    )


def _constant(field: Field) -> str:
    return f"{field.register}_{field.name.upper()}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def markdown_page(ports: list[Port]) -> str:
    """The page of one board, both ports."""
    return "\n".join(_markdown_lines(ports)) + "\n"


def _markdown_lines(ports: list[Port]) -> Iterator[str]:
    board = ports[0].board
    yield f"# Registers of the {board} board"
    yield ""
    yield (
        f"Generated from `{board}.rdl`. Words of 32 bits, big-endian; undefined bits read 0. "
        "What the board does with them: `../README.md`. Bold: writable."
    )
    for port in ports:
        yield from ("", f"## {port.name.title()} port, logical address 0x{port.logical_address:02X}", "")
        yield f"{port.description} Writable from 0x{port.writable_from:02X}, end 0x{port.end:02X}."
        yield from (
            "",
            "| address | register | reset | bits | field | unit | meaning |",
            "|---|---|---|---|---|---|---|",
        )
        for register in port.registers:
            name = f"**`{register.name}`**" if register.writable else f"`{register.name}`"
            place = f"0x{register.address:02X} | {name} | 0x{register.reset:X}"
            yield f"| {place} | | | | {register.description} |"
            for field in register.fields:
                yield f"| | | | {_bits(field)} | `{field.name}` | {_scale(field)} | {field.description} |"
        for window in port.windows:
            name = f"**`{window.name}`**" if window.writable else f"`{window.name}`"
            yield (
                f"| 0x{window.address:04X} | {name} | | {window.octets} octets | | | {window.description} |"
            )
    states = {name: members for port in ports for name, members in port.states.items()}
    for name, members in states.items():
        yield from ("", f"## {name}", "", "| value | name | meaning |", "|---|---|---|")
        yield from (f"| {value} | {member} | {text} |" for member, value, text in members)


def _bits(field: Field) -> str:
    return f"{field.low + field.width - 1}:{field.low}" if field.width > 1 else f"{field.low}"


def _scale(field: Field) -> str:
    if not field.unit:
        return ""
    step = "" if field.lsb == 1.0 else f"{field.lsb:g} "
    return f"{step}{field.unit}" + (f" from {field.zero:g}" if field.zero else "")


def verilog_header(ports: list[Port]) -> str:
    """Constants of one board for an `include inside a module: addresses, masks and resets."""
    lines = [f"// {LICENCE}", f"// Generated from {ports[0].board}.rdl. Include inside a module."]
    lines.append("/* verilator lint_off UNUSEDPARAM */")
    for port in ports:
        prefix = port.name.upper()
        lines.append(f"localparam [7:0]  {prefix}_ADDRESS = 8'h{port.logical_address:02x};")
        lines.append(f"localparam [12:0] {prefix}_WRITABLE_FROM = 13'h{port.writable_from:04x};")
        lines.append(f"localparam [12:0] {prefix}_END = 13'h{port.end:04x};")
        for register in port.registers:
            lines.append(f"localparam [12:0] {prefix}_{register.name} = 13'h{register.address:04x};")
            if register.writable or register.reset:
                lines.append(f"localparam [31:0] {prefix}_{register.name}_MASK = 32'h{register.mask:08x};")
                lines.append(f"localparam [31:0] {prefix}_{register.name}_RESET = 32'h{register.reset:08x};")
        for window in port.windows:
            lines.append(f"localparam [12:0] {prefix}_{window.name} = 13'h{window.address:04x};")
            lines.append(f"localparam [12:0] {prefix}_{window.name}_OCTETS = 13'd{window.octets};")
    states = {name: members for port in ports for name, members in port.states.items()}
    for name, members in states.items():
        prefix = "".join(f"_{c}" if c.isupper() else c.upper() for c in name).lstrip("_")
        lines += [f"localparam [1:0]  {prefix}_{member} = 2'd{value};" for member, value, _ in members]
    lines.append("/* verilator lint_on UNUSEDPARAM */")
    return "\n".join(lines) + "\n"


def work_header() -> str:
    """WORK_PER_MS for Verilog: one packed constant, because Verilog-2005 has no parameter arrays."""
    steps = ", ".join(f"10'd{work}" for work in reversed(WORK_PER_MS))
    return (
        f"// {LICENCE}\n"
        "// Generated from work.py. Include inside a module; clock step s does WORK_PER_MS[10*s +: 10].\n"
        f"localparam [159:0] WORK_PER_MS = {{{steps}}};\n"
    )


# files --------------------------------------------------------------------------------------------


def outputs() -> dict[Path, str]:
    """Every generated file and what it has to hold."""
    files = {FOLDER / "registers" / "work.vh": work_header()}
    for board in BOARDS:
        ports = read_ports(FOLDER / f"{board}.rdl")
        files[FOLDER / "registers" / f"{board}.md"] = markdown_page(ports)
        files[FOLDER / "registers" / f"{board}.vh"] = verilog_header(ports)
        for port in ports:
            files[FOLDER / "registers" / f"{board}_{port.name}.py"] = python_table(port)
    return files


def stale() -> list[Path]:
    """Generated files that do not say what the maps say."""
    return [path for path, text in outputs().items() if not path.is_file() or path.read_text() != text]


def main(arguments: list[str]) -> int:
    """Write the files, or with --check only name those that are stale and return 1."""
    if arguments not in ([], ["--check"]):
        print("usage: python -m flatsat.boards.export [--check]", file=sys.stderr)
        return 2
    files = stale()
    for path in files:
        print(f"{'stale' if arguments else 'written'}: {path.relative_to(FOLDER)}")
        if not arguments:
            path.write_text(outputs()[path])
    return 1 if arguments and files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
