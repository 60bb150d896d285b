# SPDX-License-Identifier: Apache-2.0
"""The faults that the plant itself suffers, by target; `plant/strikes.py` tells its models what strikes when."""

from __future__ import annotations

from flatsat.protocols.tables import Rule

from .fault_kind import Kind

_LEFT = Rule("share left", unit="1", above=0, high=1)
_DEPTH = Rule("depth of the swing", unit="1", above=0, high=1)

_STRING = {
    "open": Kind(description="the string gives nothing"),
    "oscillate": Kind(description="the string's power swings, one second up and down each", value=_DEPTH),
}
_PACK = {
    "cell_short": Kind(description="a cell of the pack is shorted: 83 are left in series"),
    "open": Kind(description="the pack carries no current"),
}
_LOAD = {
    "short": Kind(description="a short behind the limiter saturates its current sensor"),
    "stuck_on": Kind(description="the load is fed though its limiter is off"),
    "stuck_off": Kind(description="the load is not fed though its limiter is on"),
}
_NODE = {
    "latchup": Kind(
        description="the node draws more until it has been off for 0.4 s; each boot brings it back until the end",
        value=Rule("power beyond its own", unit="W", above=0, high=20_000),
    ),
    "inrush": Kind(
        description="the inrush at the node's boot is larger; some 40 times trips the rack's limiter",
        value=Rule("factor on the inrush", unit="1", above=0, high=100),
    ),
}

PHYSICS: dict[str, dict[str, Kind]] = {
    "array": {
        "stuck": Kind(description="the drive stands still: the array turns away from the Sun with the orbit"),
        "degrade": Kind(description="the array gives less", value=_LEFT),
    },
    **{f"string{i}": _STRING for i in range(8)},
    "sun": {
        "eclipse": Kind(description="no sunlight at all"),
        "flicker": Kind(description="the sunlight swings with a period of 2 to 10 s", value=_DEPTH),
    },
    "bus": {
        "overvoltage": Kind(description="the shunt fails: what nobody takes of the array raises the bus"),
    },
    "battery": {
        "fade": Kind(description="capacity, and the energy in it, shrink", value=_LEFT),
        "resistance": Kind(
            description="the cells' resistance is larger",
            value=Rule("factor on the resistance", unit="1", above=0, high=10),
        ),
        "runaway": Kind(
            description="cells of pack 0 set free heat",
            value=Rule("heat", unit="W", above=0, high=50_000),
        ),
        "overcharge": Kind(description="the charger ignores the end-of-charge voltage, up to 4.3 V a cell"),
    },
    "pack0": _PACK,
    "pack1": _PACK,
    **{f"load{i}": _LOAD for i in range(8)},
    **{f"node{i}": _NODE for i in range(16)},
    "racks": {
        "surge": Kind(
            description="the nodes that are on swing together, one second full, one with less of their dynamic power",
            value=_DEPTH,
        ),
    },
    "pump": {"stop": Kind(description="the coolant stands still; the pump's motor keeps drawing its power")},
    "radiator": {
        "fade": Kind(description="the radiator radiates less", value=_LEFT),
        "flux": Kind(
            description="the radiator absorbs more",
            value=Rule("factor on the heat absorbed", unit="1", low=0, high=10),
        ),
    },
}
"""Kinds of fault by target."""
