# SPDX-License-Identifier: Apache-2.0
"""The bound: above whatever is flown, close to what whole nodes can do, monotone, certified, and found again."""

import importlib.util
import json
import os
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from flatsat.hil import cli, scenario
from flatsat.hil.bound import cache, command, cooling, share
from flatsat.hil.bound.cache import Bound
from flatsat.hil.bound.compute import bound_of
from flatsat.hil.bound.flown import Flown
from flatsat.hil.bound.grid import COARSE_MS
from flatsat.hil.bound.horizon import look_ahead
from flatsat.hil.bound.losses import KINDS, losses
from flatsat.hil.bound.program import envelope, relax
from flatsat.hil.bound.solve import Certified, price, proven, solve
from flatsat.hil.errors import FlatsatError
from flatsat.hil.plant import Actuators, Plant
from flatsat.hil.plant.loads import NODE_W, ON
from flatsat.hil.scenario import Fault, Scenario
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

np = pytest.importorskip("numpy")
pytest.importorskip("clarabel")


def beside(name):
    """A module next to this one."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


open_loop = beside("open_loop")
LEO = replace(scenario.load("leo-orbit"), faults=(), measurements=())
TOLERANCE = 1e-6
"""How far the certificate may be above the maximum, as a share of it."""
ENERGY = {"brown_out_wh": 0.0, "spared_wh": 0.0}


def changed(base: Scenario = LEO, **satellite: float) -> Scenario:
    return replace(base, satellite=replace(base.satellite, **satellite))


def kept(delivered_s: float, per_spared_j: float = 0.0) -> Bound:
    return Bound(
        delivered_s=delivered_s,
        per_spared_j=per_spared_j,
        sold_s=0.0,
        sale=np.zeros(1),
        multipliers=np.zeros(1),
    )


def certified(wanted: Scenario, grid_ms: int = 10_000) -> Certified:
    return solve(relax(wanted, look_ahead(wanted, grid_ms)))


def whole(wanted: Scenario, grid_ms: int) -> float:
    """The bound with heat at its prices, on a grid of choice."""
    horizon = look_ahead(wanted, grid_ms)
    prices = price(wanted, look_ahead(wanted, max(COARSE_MS, grid_ms))).on(horizon)
    worth = cooling.worth(wanted.satellite, horizon, prices)
    return solve(relax(wanted, horizon, worth.sale)).delivered_s + worth.sold_s


@pytest.fixture(scope="module")
def bounds():
    """Bounds of scenarios at two grids, each computed once."""
    known: dict[tuple[str, int], float] = {}

    def of(wanted: Scenario, grid_ms: int = 10_000) -> float:
        key = (repr(wanted), grid_ms)
        if key not in known:
            known[key] = whole(wanted, grid_ms)
        return known[key]

    return of


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


# (1) nothing that is flown on the plant delivers more

FLOWN = {
    "leo": LEO,
    "warm start, full": changed(state_of_charge=0.98, radiator_k=300.0, coolant_k=305.0),
    "small battery": changed(battery_wh=12e3),
    "cool limit": changed(limit_k=318.0),
    "small array": changed(array_w=60e3),
    "from noon": replace(LEO, orbit=replace(LEO.orbit, start=scenario.Start.NOON)),
    "uneven end": replace(LEO, duration_s=3603.0),
    "hot": replace(
        LEO,
        faults=(
            Fault(at_s=0, target="radiator", kind="fade", value=0.8),
            Fault(at_s=900, target="radiator", kind="flux", value=1.8),
        ),
    ),
    "hot day": replace(
        scenario.load("leo-day-hot"), duration_s=6900.0, cycle_s=1.0, max_step_ms=1000, link=LEO.link
    ),
    "aged": replace(
        LEO,
        faults=(
            Fault(at_s=0, target="battery", kind="fade", value=0.7),
            Fault(at_s=1205, until_s=4000, target="battery", kind="resistance", value=2.2),
            Fault(at_s=2000, target="string3", kind="open"),
        ),
    ),
    "dark link": replace(LEO, faults=(Fault(at_s=300, until_s=2500, target="link", kind="outage"),)),
    "flicker": replace(
        LEO,
        faults=(
            Fault(at_s=700, until_s=1500, target="sun", kind="flicker", value=0.6),
            Fault(at_s=1600, until_s=1900, target="sun", kind="eclipse"),
            Fault(at_s=2000, target="array", kind="stuck"),
        ),
    ),
}
ARRAYS: dict[tuple[str, int], list[float]] = {}


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(
    name=st.sampled_from(sorted(FLOWN)),
    seed=st.integers(1, 3),
    day_nodes=st.integers(10, 16),
    night_nodes=st.integers(0, 8),
    charge_kw=st.floats(0, 20),
    night_kw=st.floats(1.9, 4.0),
    dawn_s=st.integers(0, 400),
    rest=st.lists(st.integers(0, 5700), max_size=4),
)
def test_open_loop_flights_deliver_less(
    bounds, name, seed, day_nodes, night_nodes, charge_kw, night_kw, dawn_s, rest
):
    wanted = replace(FLOWN[name], seed=seed)
    if (name, seed) not in ARRAYS:
        ARRAYS[name, seed] = open_loop.array_series(wanted, seed)
    array_w = ARRAYS[name, seed]

    def wish(at: int, sun_w: float) -> open_loop.Wish:
        if any(start <= at < start + 180 for start in rest):
            return open_loop.Wish(0, 0.0)
        if sun_w > 0.3 * wanted.satellite.array_w:
            return open_loop.Wish(day_nodes, sun_w - open_loop.ALWAYS_W - 1000 * charge_kw)
        dawn = at + dawn_s < len(array_w) and array_w[at + dawn_s] > 0
        return open_loop.Wish(day_nodes if dawn else night_nodes, 1000 * night_nodes * night_kw)

    plant = open_loop.fly(wanted, seed, array_w, wish)
    assert plant.violations.floor == plant.violations.thermal == 0
    assert name == "flicker" or plant.ledger.brown_out_j == plant.ledger.spared_j == 0
    assert plant.truth.delivered <= bounds(wanted)


@settings(max_examples=4, deadline=None, derandomize=True, phases=[Phase.generate])
@given(data=st.data(), name=st.sampled_from(sorted(FLOWN)))
def test_erratic_flights_deliver_less(bounds, data, name):
    wanted = FLOWN[name]
    array_w = open_loop.array_series(wanted, 1)
    legs = data.draw(
        st.lists(
            st.tuples(st.integers(0, 16), st.floats(0, 120e3)), min_size=1 + len(array_w) // 300, max_size=40
        )
    )
    plant = open_loop.fly(wanted, 1, array_w, lambda at, sun_w: open_loop.Wish(*legs[at // 300 % len(legs)]))
    assert plant.violations.floor == plant.violations.thermal == 0
    assert plant.truth.delivered <= bounds(wanted)


def test_each_waste_of_a_flight_is_none_or_some_and_their_sum_is_the_rest():
    """The flight is a point of the linear program: no term of the proof is below zero, to within one value a second."""
    wanted = replace(LEO, duration_s=3600.0)
    array_w = open_loop.array_series(wanted, 1)
    flown = Flown(wanted)

    def wish(at: int, sun_w: float) -> open_loop.Wish:
        return open_loop.Wish(14, sun_w - open_loop.ALWAYS_W - 5000) if at > 200 else open_loop.Wish(0, 0)

    plant = open_loop.fly(wanted, 1, array_w, wish, flown=flown)
    bound = bound_of(wanted, lambda stage: None)
    found = losses(wanted, bound, flown, bound_s=bound.delivered_s, delivered_s=plant.truth.delivered)
    assert set(found) == set(KINDS)
    assert sum(found.values()) == pytest.approx(bound.delivered_s - plant.truth.delivered, abs=1e-9)
    assert min(found.values()) > -0.002 * bound.delivered_s
    assert found["boots"] + found["caution"] > 100, "up to two hundred seconds late"


def test_a_dark_link_leaves_no_more_than_the_buffer_holds(bounds):
    dark = replace(LEO, faults=(Fault(at_s=0, target="link", kind="outage"),))
    assert bounds(dark, 60_000) == pytest.approx(600, abs=0.1)


@pytest.mark.parametrize("kind", ["short", "surge"])
def test_a_fault_without_a_bound_is_told(kind):
    fault = (
        Fault(at_s=5, target="load4", kind="short")
        if kind == "short"
        else Fault(at_s=5, target="racks", kind="surge", value=0.5)
    )
    with pytest.raises(FlatsatError, match="no bound with"):
        look_ahead(replace(LEO, faults=(fault,)), 60_000)


# (2) an independent formulation


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param(LEO, id="leo"),
        pytest.param(replace(LEO, seed=101), id="another seed"),
        pytest.param(changed(battery_wh=15e3, state_of_charge=0.9), id="small battery"),
        pytest.param(
            replace(LEO, faults=(Fault(at_s=1800, target="string2", kind="open"),)), id="a string lost"
        ),
    ],
)
def test_whole_nodes_reach_the_bound_within_half_a_percent(bounds, wanted):
    """On paper; flown on the plant, a schedule of whole minutes reaches it within one percent."""
    pytest.importorskip("highspy")
    satellite, array_w = wanted.satellite, open_loop.array_series(wanted, wanted.seed)
    schedule = beside("node_milp").best_schedule(
        array_w, satellite.battery_wh, satellite.state_of_charge, satellite.floor
    )

    def wish(at: int, sun_w: float) -> open_loop.Wish:
        t = min(at // 60, len(schedule.on) - 1)
        nodes = schedule.on[t] + schedule.booting[t]
        if sun_w > 30e3:
            return open_loop.Wish(nodes, sun_w - open_loop.ALWAYS_W - 1000 * schedule.battery_kw[t])
        return open_loop.Wish(nodes, 1000 * schedule.node_kw[t] + 2200 * schedule.booting[t] + 300)

    plant = open_loop.fly(wanted, wanted.seed, array_w, wish)
    bound = bounds(wanted)
    assert 0.995 * bound <= schedule.delivered_s <= bound
    assert plant.violations.floor == plant.violations.thermal == plant.ledger.brown_out_j == 0
    assert 0.99 * bound <= plant.truth.delivered <= bound


def test_whole_nodes_with_a_dark_link_reach_the_bound_within_half_a_percent(bounds):
    """The relay takes nothing for three quarters of an hour, which the buffer does not bridge."""
    pytest.importorskip("highspy")
    wanted = replace(LEO, faults=(Fault(at_s=300, until_s=3000, target="link", kind="outage"),))
    satellite, array_w = wanted.satellite, open_loop.array_series(wanted, 1)
    relay_s = [
        48.0 if at == 0 else 0.0 if 300 <= at < 3000 else 48.0 if at == 3000 else 60.0
        for at in range(0, len(array_w) - 59, 60)
    ]
    schedule = beside("node_milp").best_schedule(
        array_w, satellite.battery_wh, satellite.state_of_charge, satellite.floor, relay_s
    )
    assert 0.993 * bounds(wanted) <= schedule.delivered_s <= bounds(wanted)
    assert bounds(wanted) < 0.8 * bounds(LEO)


# (3) more of anything never lowers it


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("battery_wh", (9e3, 15e3, 25e3, 60e3)),
        ("array_w", (40e3, 80e3, 110e3, 160e3)),
        ("limit_k", (300.0, 318.0, 333.0, 360.0)),
        ("state_of_charge", (0.71, 0.75, 0.9, 1.0)),
    ],
)
def test_more_never_lowers_it(bounds, name, values):
    found = [bounds(changed(**{name: value}), 60_000) for value in values]
    assert all(more > less * (1 - TOLERANCE) for less, more in pairwise(found))
    assert found[-1] > found[0], "and somewhere it matters"


def test_a_higher_floor_never_raises_it(bounds):
    found = [bounds(changed(floor=floor), 60_000) for floor in (0.75, 0.70, 0.55)]
    assert found == sorted(found)


def test_a_finer_grid_only_tightens_it(bounds):
    assert 0.99 * bounds(LEO, 60_000) < bounds(LEO) < bounds(LEO, 30_000) < bounds(LEO, 60_000)


def test_longer_never_lowers_it(bounds):
    found = [bounds(replace(LEO, duration_s=s), 60_000) for s in (120.0, 180.0, 600.0, 5739.0, 7200.0)]
    assert found[0] == pytest.approx(0, abs=0.1), "nothing is on before it has booted"
    assert found == sorted(found)


def test_hung_nodes_are_lost(bounds):
    hang = [Fault(at_s=1000, until_s=3000, target=f"node{i}", kind="hang") for i in range(8)]
    horizon = look_ahead(replace(LEO, faults=tuple(hang)), 10_000)
    assert horizon.nodes.min() == pytest.approx(8, abs=1e-3)
    assert horizon.nodes.max() == 16
    assert bounds(replace(LEO, faults=tuple(hang)), 60_000) < 0.95 * bounds(LEO, 60_000)


# its parts


def test_the_horizon_is_above_what_the_plant_gets_however_time_is_cut():
    horizon = look_ahead(LEO, 10_000)
    for step_ms in (1000, 500, 125):
        plant, absorbed_j = Plant(LEO, LEO.seed), np.zeros(574)
        array_j = np.zeros(574)
        for at in range(0, LEO.duration_ms, step_ms):
            before_j = plant.heat.absorbed_j
            plant.step(Actuators(lcl_on=0), at, at + step_ms)
            place = 0 if at < 9000 else (at - 9000) // 10_000 + 1
            array_j[place] += plant.truth.array_w * step_ms / 1000
            absorbed_j[place] += plant.heat.absorbed_j - before_j
        assert (array_j <= horizon.array_w * horizon.width_s * (1 + 1e-12)).all()
        assert (absorbed_j >= horizon.absorbed_w * horizon.width_s * (1 - 1e-12)).all()
    assert (horizon.array_w * horizon.width_s).sum() == pytest.approx(array_j.sum(), rel=2e-3)


def test_the_envelope_covers_every_clock_step():
    from flatsat.boards.work import WORK_PER_MS

    for watts, work in zip(NODE_W[ON], WORK_PER_MS, strict=True):
        covered = min(slope * watts / 1000 + offset for slope, offset in envelope())
        assert covered == pytest.approx(work / 1000, abs=5e-4)
        assert covered >= work / 1000 - 1e-12


@settings(max_examples=10, deadline=None, derandomize=True, phases=[Phase.generate])
@given(scale=st.floats(0, 2), noise=st.floats(0, 1))
def test_any_multipliers_prove_a_bound(bounds, scale, noise):
    program = relax(LEO, look_ahead(LEO, 60_000)).program
    y = scale * 0.3 * np.random.default_rng(1).random(len(program.limit)) * noise
    assert proven(program, y) >= bounds(LEO, 60_000) * (1 - 1e-4)


def test_the_certificate_is_close_to_what_the_solver_found():
    found = certified(LEO, 60_000)
    assert 0 <= found.delivered_s - found.objective_s < 1e-5 * found.delivered_s


def test_energy_spared_is_worth_what_it_could_have_done():
    """A battery that holds more, by a little, is worth less than that energy spared at the best instant."""
    found = certified(LEO, 60_000)
    joules = 3600 * 20.0
    fuller = certified(changed(state_of_charge=0.75 + 20 / 25e3), 60_000)
    assert 0 < fuller.delivered_s - found.delivered_s < found.per_spared_j * joules
    assert found.per_spared_j == pytest.approx(1.4e-5, rel=0.2)


# the cache, the share, the command


def test_what_is_flown_decides_which_bound_is_found():
    cache.keep(LEO, kept(1.0))
    assert cache.find(replace(LEO, name="renamed", description="x")) is not None
    for other in (
        replace(LEO, seed=2),
        replace(LEO, cycle_s=0.5),
        replace(LEO, duration_s=60.0),
        changed(floor=0.6),
    ):
        assert cache.find(other) is None


def test_a_damaged_entry_counts_as_none():
    cache.keep(LEO, kept(1.0)).write_text('{"delivered_s": "x"}')
    assert cache.find(LEO) is None


@pytest.mark.parametrize(
    ("flown_s", "violations", "energy", "expected"),
    [
        pytest.param(5739.0, 0, ENERGY, 0.5, id="whole"),
        pytest.param(
            5739.0, 0, {"brown_out_wh": 0.5, "spared_wh": 0.5}, 50 / 136, id="grown by energy spared"
        ),
        pytest.param(60.0, 0, ENERGY, None, id="cut short"),
        pytest.param(5739.0, 1, ENERGY, None, id="broke a limit"),
    ],
)
def test_the_share_of_a_run(flown_s, violations, energy, expected):
    cache.keep(LEO, kept(100.0, 0.01))
    told = share.compute(50.0, LEO, flown_s=flown_s, energy=energy, violations=violations)
    assert told["fraction_of_bound"] == (None if expected is None else pytest.approx(expected))


def test_without_a_bound_there_is_no_share():
    told = share.compute(50.0, LEO, flown_s=5739.0, energy=ENERGY, violations=0)
    assert told == {"delivered": 50.0, "bound": None, "fraction_of_bound": None, "losses": None}


def told_by(capsys, monkeypatch, *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["flatsat", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    told = capsys.readouterr()
    return int(end.value.code or 0), told.out, told.err


def test_a_bound_is_in_the_summary_and_the_report_once_it_was_asked_for(tmp_path, capsys, monkeypatch):
    text = (
        scenario.source("leo-orbit").split("[[faults]]")[0].replace("duration_s = 5739", "duration_s = 300")
    )
    (tmp_path / "mine.toml").write_text(text)
    run = ("run", str(tmp_path / "mine.toml"), "--json", "--out", str(tmp_path / "run"))
    code, out, _ = told_by(capsys, monkeypatch, *run)
    assert json.loads(out)["compute"]["bound"] is None
    page = tmp_path / "run" / "report.html"
    assert "any controller" not in page.read_text()
    code, out, err = told_by(capsys, monkeypatch, "bound", str(tmp_path / "mine.toml"), "--json")
    bound = json.loads(out)
    assert (code, err, bound["duration_s"]) == (0, "", 300)
    told_by(capsys, monkeypatch, "report", str(tmp_path / "run"))
    assert "the most that any controller could deliver" in page.read_text()
    _, out, _ = told_by(capsys, monkeypatch, *run[:-1], str(tmp_path / "again"))
    compute = json.loads(out)["compute"]
    assert bound["bound"] <= compute["bound"] <= bound["bound"] + 0.2
    assert compute["delivered"] < compute["bound"]


def test_a_missing_solver_is_one_line_with_the_mend(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "clarabel", None)
    code, out, err = told_by(capsys, monkeypatch, "bound", "leo-orbit")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "pip install 'flatsat[bound]'" in err


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        pytest.param(replace(LEO, duration_s=2e6), "duration", id="too long"),
        pytest.param(
            changed(
                replace(LEO, orbit=replace(LEO.orbit, start=scenario.Start.SUNSET)), state_of_charge=0.701
            ),
            "no controller can keep",
            id="nothing keeps the floor",
        ),
    ],
)
def test_what_has_no_bound_is_one_line_with_the_mend(wanted, said):
    with pytest.raises(FlatsatError, match=said) as refused:
        bound_of(wanted, lambda stage: None)
    assert "\n" not in str(refused.value)


def test_a_bound_is_computed_once(monkeypatch):
    stages: list[str] = []
    short = replace(LEO, duration_s=600.0)
    first = bound_of(short, stages.append)
    told = len(stages)
    assert told > 1
    assert bound_of(short, stages.append).delivered_s == first.delivered_s
    assert len(stages) == told


@pytest.mark.parametrize(
    "name", [name for name in scenario.builtin() if scenario.load(name).duration_s < 6000]
)  # a day takes half a minute
def test_every_built_in_scenario_has_a_bound_or_says_why_not(name):
    try:
        assert bound_of(scenario.load(name), lambda stage: None).delivered_s >= 0
    except FlatsatError as error:
        assert "no bound" in str(error)


def test_a_bound_that_cannot_be_kept_is_told_all_the_same(monkeypatch, capsys):
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)
    command.bound_command("ci-120", seed=None, duration=None, cycle=None, as_json=True)
    out, err = capsys.readouterr()
    assert json.loads(out)["bound"] >= 0
    assert "cannot be kept" in err
