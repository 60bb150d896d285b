# SPDX-License-Identifier: Apache-2.0
"""Reads the register maps of a board from its SystemRDL 2.0 file; systemrdl-compiler is imported only then."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .register import Field, Register, Window

PORTS = ("flight", "stimulus")


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One address map, as read from the SystemRDL."""

    board: str
    name: str
    description: str
    logical_address: int
    registers: tuple[Register, ...]
    windows: tuple[Window, ...]
    states: dict[str, tuple[tuple[str, int, str], ...]]

    @property
    def writable_from(self) -> int:
        """Octet offset of the first writable word; all that follow are writable too."""
        return min(register.address for register in self.registers if register.writable)

    @property
    def end(self) -> int:
        """Octet offset after the last word."""
        return self.registers[-1].address + 4


def read_ports(source: Path) -> list[Port]:
    """Compile the file of one board; its errors are printed by the compiler with line numbers."""
    from systemrdl.compiler import RDLCompiler

    board = source.stem
    compiler = RDLCompiler()
    compiler.compile_file(str(source))
    return [_port(board, name, compiler.elaborate(f"{board}_{name}").top) for name in PORTS]


def _port(board: str, name: str, top: Any) -> Port:
    from systemrdl.node import MemNode, RegNode

    states: dict[str, tuple[tuple[str, int, str], ...]] = {}
    for node in top.descendants():
        if (encode := node.get_property("encode", default=None)) is not None:
            members = tuple((m.name, m.value, _text(m.rdl_desc)) for m in encode)
            states["".join(part.title() for part in encode.type_name.split("_"))] = members
    port = Port(
        board=board,
        name=name,
        description=_text(top.get_property("desc")),
        logical_address=top.get_property("logical_address"),
        registers=tuple(_register(node) for node in top.children() if isinstance(node, RegNode)),
        windows=tuple(_window(node) for node in top.children() if isinstance(node, MemNode)),
        states=states,
    )
    _check_layout(port)
    return port


def _check_layout(port: Port) -> None:
    for place, register in enumerate(port.registers):
        if register.address != 4 * place:
            raise SystemExit(f"{port.board}_{port.name}: {register.name} leaves a gap in the map")
        if register.writable != (register.address >= port.writable_from):
            raise SystemExit(f"{port.board}_{port.name}: {register.name} mixes read-only and writable words")


def _register(node: Any) -> Register:
    fields = tuple(sorted((_field(node, child) for child in node.fields()), key=lambda field: -field.low))
    return Register(
        name=node.inst_name,
        address=node.address_offset,
        reset=sum((child.get_property("reset") or 0) << child.low for child in node.fields()),
        writable=node.has_sw_writable,
        fields=fields,
        description=_text(node.get_property("desc")),
    )


def _field(register: Any, node: Any) -> Field:
    return Field(
        register=register.inst_name,
        address=register.address_offset,
        name=node.inst_name,
        low=node.low,
        width=node.width,
        unit=node.get_property("unit", default=""),
        lsb=float(node.get_property("lsb", default="1")),
        zero=float(node.get_property("zero", default="0")),
        description=_text(node.get_property("desc")),
    )


def _window(node: Any) -> Window:
    return Window(
        name=node.inst_name,
        address=node.address_offset,
        octets=node.size,
        writable=node.is_sw_writable,
        description=_text(node.get_property("desc")),
    )


def _text(description: str | None) -> str:
    return " ".join((description or "").split())
