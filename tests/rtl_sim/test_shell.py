# SPDX-License-Identifier: Apache-2.0
"""The blocks around a board's core, each on its bench, on Icarus."""

import pytest

RMAP = ["rmap_target", "rmap_command", "crc8_rmap"]


@pytest.mark.timeout(100)
@pytest.mark.parametrize(
    ("top", "sources"),
    [
        ("uart_rx", ["uart_rx"]),
        ("uart_tx", ["uart_tx"]),
        ("slip_rx", ["slip_rx"]),
        ("slip_tx", ["slip_tx"]),
        ("timebase", ["timebase"]),
        ("rmap_target", RMAP),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_block(top: str, sources: list[str], simulate) -> None:
    simulate(top, sources, f"{top}_bench")
