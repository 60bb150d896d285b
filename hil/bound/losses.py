# SPDX-License-Identifier: Apache-2.0
"""Where the rest of the bound went: each kind of waste at its shadow price, in seconds of full-rate work.

The multipliers that prove the bound price everything scarce. For whatever was flown, the bound less the work delivered is
exactly the sum over rows of multiplier x what the row left unused, over unknowns of reduced cost x distance from the best value,
and what the heat could have been sold for less what it was sold for. None of these terms is below zero but by the little that
one value a cycle cannot show. They are summed by what they are about:

- eclipse: power, battery and nodes in the dark: energy left above the floor at its end, nodes off or at poor clock steps;
- boots: nodes that were not on when they were worth it, boots beyond those needed;
- thermal: heat that the radiator could have taken;
- link: work lost because the buffer was full;
- caution: sunlight shunted, nodes at lower or unequal clock steps, a battery not full in time;
- spared: what loads did not get that are always on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..plant import battery, loads
from ..scenario import Scenario
from .cache import Bound
from .flown import Flown
from .grid import grid_ms
from .rows import LinearProgram, Series

if TYPE_CHECKING:
    from .horizon import Horizon

KINDS = ("eclipse", "boots", "thermal", "link", "caution", "spared")


def losses(
    scenario: Scenario, bound: Bound, flown: Flown, *, bound_s: float, delivered_s: float
) -> dict[str, float]:
    """Split `bound_s - delivered_s`; the sum is exact, whatever was flown."""
    from .horizon import look_ahead
    from .program import BOOT_KW, HEAT, relax

    horizon = look_ahead(scenario, grid_ms(scenario))
    program = relax(scenario, horizon, bound.sale).program
    x = _point(program, flown, scenario, horizon, BOOT_KW)
    found = _by_kind(program, x, bound.multipliers, dark=horizon.array_w < 0.1 * scenario.satellite.array_w)
    sold = sum(kw * bound.sale[kind] * x[program.named[name]] for name, kind, kw in HEAT)
    found["thermal"] = bound.sold_s - float(horizon.width_s @ sold)
    found["spared"] = bound_s - bound.delivered_s
    found["caution"] += bound_s - delivered_s - sum(found.values())  # rounding
    return found


def _point(
    program: LinearProgram, flown: Flown, scenario: Scenario, horizon: Horizon, boot_kw: float
) -> Series:
    """What was flown, as unknowns of the linear program."""
    x = np.zeros(len(program.gain))
    booting, on = flown.mean("booting"), flown.mean("on")
    charge, discharge = flown.mean("charge"), flown.mean("discharge")
    full_mj = 0.0036 * scenario.satellite.battery_wh
    told = {
        "on_kw": flown.mean("racks") - boot_kw * booting,
        "boots": booting,
        "charge": charge,
        "discharge": discharge,
        "on": on,
        "started": np.append(np.maximum(np.diff(on), 0.0), 0.0),
        "energy": full_mj * horizon.capacity * flown.charged,
    }
    eta = battery.CONVERTER_EFFICIENCY
    width_s = flown.widths()
    before = horizon.kept * np.append(full_mj * scenario.satellite.state_of_charge, told["energy"][:-1])
    told["loss"] = np.maximum(
        eta * charge - discharge / eta - (told["energy"] - before) * 1000 / width_s, 0.0
    )
    work = flown.delivered * loads.NODES / width_s
    told |= {"work": work, "delivered": work}
    for name, values in told.items():
        if name in program.named:
            x[program.named[name]] = values
    return x


def _by_kind(program: LinearProgram, x: Series, y: Series, dark: NDArray[np.bool_]) -> dict[str, float]:
    used = np.bincount(program.row, program.value * x[program.column], len(program.limit))
    rows = y * (program.limit - used)
    rest = program.gain - np.bincount(program.column, y[program.row] * program.value, len(program.gain))
    columns = np.maximum(rest * program.low, rest * program.high) - rest * x
    found = dict.fromkeys(KINDS, 0.0)
    for terms, kinds, places in (
        (rows, program.row_kind, program.row_place),
        (columns, program.column_kind, program.column_place),
    ):
        about = np.array(kinds)
        in_dark = dark[np.minimum(places, len(dark) - 1)]
        for kind in ("boots", "link"):
            found[kind] += float(terms[about == kind].sum())
        power = about == "power"
        found["eclipse"] += float(terms[power & in_dark].sum())
        found["caution"] += float(terms[power & ~in_dark].sum())
    return found
