# SPDX-License-Identifier: Apache-2.0
"""Bench of timebase: grants in, milliseconds for the core out (cocotb)."""

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge
from shell_parts import start

TARGETS = {  # (target, milliseconds lived) one after the other, boards/README.md section 2
    "ahead": [(5, 5), (6, 1), (1006, 1000)],
    "now and behind": [(5, 5), (5, 0), (4, 0), (0, 0), (6, 1)],
    "half the circle": [(10, 10), (10 + 2**31, 0)],
}


class Core:
    """Takes milliseconds, several at once and slowly; may stop the time."""

    def __init__(self, dut, *, batch: int = 1, busy_clocks: int = 0, stop_at_ms: int | None = None) -> None:
        self.dut = dut
        self.batch, self.busy_clocks, self.stop_at_ms = batch, busy_clocks, stop_at_ms
        self.lived: list[tuple[int, int]] = []  # start, count

    async def run(self) -> None:
        dut = self.dut
        dut.ms_batch.value = self.batch
        while True:
            await RisingEdge(dut.clk)
            if not dut.ms_tick.value:
                continue
            start_ms, count = int(dut.ms_start.value), int(dut.ms_count.value)
            assert not dut.core_busy.value and 1 <= count <= self.batch
            self.lived.append((start_ms, count))
            if self.stop_at_ms is not None and start_ms + count == self.stop_at_ms:
                dut.stop.value = 1
            if self.busy_clocks:
                dut.core_busy.value = 1
                for _ in range(self.busy_clocks):
                    await RisingEdge(dut.clk)
                    assert int(dut.ms_start.value) == start_ms
                dut.core_busy.value = 0


class Driver:
    """Writes TIME_TARGET and waits for the time to have passed."""

    def __init__(self, dut) -> None:
        self.dut = dut

    async def grant(self, target: int) -> int:
        """Return how many clocks it took."""
        dut = self.dut
        dut.target.value, dut.grant.value = target % 2**32, 1
        await FallingEdge(dut.clk)
        dut.grant.value = 0
        clocks = 0
        while dut.granting.value or dut.core_busy.value:
            await FallingEdge(dut.clk)
            clocks += 1
        return clocks


async def bench(dut, **core: int) -> tuple[Driver, Core]:
    await start(dut, grant=0, target=0, ms_batch=1, core_busy=0, stop=0)
    model = Core(dut, **core)
    cocotb.start_soon(model.run())
    return Driver(dut), model


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(("given", list(TARGETS)), ("batch", [1, 7, 1023]), ("busy_clocks", [0, 2]))
async def targets(dut, given: str, batch: int, busy_clocks: int) -> None:
    driver, core = await bench(dut, batch=batch, busy_clocks=busy_clocks)
    now = 0
    for target, milliseconds in TARGETS[given]:
        await driver.grant(target)
        assert sum(count for _, count in core.lived) == milliseconds
        assert [start_ms for start_ms, _ in core.lived] == list(range(now, now + milliseconds, batch))
        core.lived.clear()
        now += milliseconds
        assert int(dut.time_now.value) == now


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def an_idle_millisecond_costs_a_clock(dut) -> None:
    driver, core = await bench(dut)
    assert await driver.grant(1000) <= 1002
    assert len(core.lived) == 1000


@cocotb.test(timeout_time=10, timeout_unit="ms")
@cocotb.parametrize(busy_clocks=[0, 3])
async def a_stop_ends_the_grant_and_holds_the_time(dut, busy_clocks: int) -> None:
    driver, _ = await bench(dut, busy_clocks=busy_clocks, stop_at_ms=12)
    for target in (20, 20, 30):
        await driver.grant(target)
        assert int(dut.time_now.value) == 12
    dut.stop.value = 0
    await driver.grant(20)
    assert int(dut.time_now.value) == 20


@cocotb.test(timeout_time=10, timeout_unit="ms")
async def the_count_wraps(dut) -> None:
    driver, _ = await bench(dut)
    dut.time_now.value = 2**32 - 3
    await FallingEdge(dut.clk)
    await driver.grant(4)
    assert int(dut.time_now.value) == 4
