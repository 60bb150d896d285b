# SPDX-License-Identifier: Apache-2.0
"""The non-volatile memory: newest whole copy wins, a damaged one falls back, the bound holds."""

import pytest
from flatsat.hil.nvm import MemoryFull, NonVolatileMemory
from hypothesis import given
from hypothesis import strategies as st


def test_reads_back_the_last_write():
    memory = NonVolatileMemory()
    assert memory.read("boot") is None
    for octets in (b"one", b"two", b"three"):
        memory.write("boot", octets)
        assert memory.read("boot") == octets


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=2, max_size=6), st.integers(0, 400))
def test_a_flipped_bit_in_the_newest_copy_gives_the_one_before(writes, bit):
    memory = NonVolatileMemory()
    for octets in writes:
        memory.write("record", octets)
    memory.corrupt("record", (len(writes) - 1) & 1, bit)
    assert memory.read("record") == writes[-2]


def test_both_copies_damaged_reads_none():
    memory = NonVolatileMemory()
    memory.write("record", b"a")
    memory.write("record", b"b")
    memory.corrupt("record", 0, 70)
    memory.corrupt("record", 1, 70)
    assert memory.read("record") is None


def test_the_bound_holds_and_changes_nothing():
    memory = NonVolatileMemory(capacity_octets=10)
    memory.write("a", bytes(6))
    with pytest.raises(MemoryFull, match="6 of 10 octets"):
        memory.write("b", bytes(5))
    assert memory.read("b") is None
    memory.write("a", bytes(10))
