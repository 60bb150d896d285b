# SPDX-License-Identifier: Apache-2.0
"""The ways out: of a SAFE that lasts, of settings that do not let the software fly, and resets that the ground has ordered."""

import pytest
from flatsat.boards.registers import power_flight
from flatsat.flightsw.control import limits
from flatsat.flightsw.modes import Mode
from flatsat.flightsw.parameters import FlightParameters
from flatsat.flightsw.ports import BoardId
from flatsat.flightsw.records import BootRecord

DONE = [(1,), (3,), (7,)]
LASER = 2
SHORT = {"safe_restore_s": 300.0, "safe_listen_s": 20.0, "safe_listen_every_s": 100.0}


def fall_into_safe(ground) -> None:
    """Empty the battery at night; it stays empty."""
    ground.satellite.sun = lambda now_s: 4_000.0
    ground.satellite.state_of_charge = 0.5
    ground.satellite.flight._energy._state_of_charge = 0.5
    while ground.satellite.flight.status.mode is not Mode.SAFE:
        ground.satellite.run(1)


def restored(ground) -> list[tuple]:
    """Causes of the PARAMETERS_RESTORED among the reports."""
    identifier = ground.dictionary.events["PARAMETERS_RESTORED"].identifier
    return [
        report.raw[2] for report in ground.reports if report.name == "event" and report.raw[0] == identifier
    ]


@pytest.fixture
def short(make_satellite, make_ground):
    """Ground of a satellite whose SAFE is short."""
    ground = make_ground(make_satellite(FlightParameters(**SHORT)))
    ground.satellite.run(20)
    ground.taken()
    return ground


SETTINGS = {
    "parameter": ("parameter_set", {"parameter": [7, 15], "value": [200.0, 277.0]}),
    "mode": ("mode_set", {"mode": 2}),
    "nodes": ("nodes_allow", {"nodes": 0}),
    "housekeeping": ("hk_disable", {"structure": [1, 2, 3, 4]}),
    "event": ("event_disable", {"event": [4, 6]}),
    "monitor": ("monitor_add", {"monitor": 1, "parameter": 0x105, "repetition": 1, "low": 0, "high": 1}),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_after_two_orbits_of_safe_settings_are_as_loaded_and_stay_so(short, name):
    telecommand, arguments = SETTINGS[name]
    loaded = settings_of(short)
    assert short.send(telecommand, **arguments) == DONE
    assert settings_of(short) != loaded
    fall_into_safe(short)
    short.satellite.run(295)
    assert settings_of(short) != loaded
    short.satellite.run(10)
    assert settings_of(short) == loaded
    assert restored(short) == [0]
    short.satellite.reset()
    short.satellite.run(2)
    assert settings_of(short) == loaded
    short.satellite.run(400)
    assert restored(short) == [0]


def settings_of(ground) -> list[bytes]:
    """What the ground has set, time and schedule excepted."""
    services = ground.satellite.flight._telecommands.services
    return [
        part.pack()
        for part in (
            services.housekeeping,
            services.events,
            services.functions,
            services.monitoring,
            services.parameters,
        )
    ]


def test_time_and_schedule_outlive_the_restoration(short):
    services = short.satellite.flight._telecommands.services
    short.send("mode_set", mode=2)
    short.send("time_rate", exponent=3)
    seconds = short.satellite.parameters.epoch_tai_ms // 1000 + 9000
    nested = short.encode("ping", count=500)
    short.send("schedule_insert", release_seconds=seconds, release_fraction=0, telecommand=nested)
    kept = services.time.pack(), services.schedule.pack()
    fall_into_safe(short)
    short.satellite.run(310)
    assert restored(short) == [0]
    assert (services.time.pack(), services.schedule.pack()) == kept


def test_what_is_set_after_the_restoration_holds_for_as_long_again(short):
    short.send("mode_set", mode=2)
    fall_into_safe(short)
    short.satellite.run(310)
    functions = short.satellite.flight._telecommands.services.functions
    functions.restore(bytes([2, 0, 0]))
    short.satellite.run(250)
    assert functions.nodes == 0
    short.satellite.run(60)
    assert functions.nodes == 0xFFFF
    assert restored(short) == [0, 0]


def test_safe_is_counted_over_resets_of_the_computer(short):
    short.send("mode_set", mode=2)
    fall_into_safe(short)
    short.satellite.run(200)
    short.satellite.reset()
    short.satellite.run(90)
    assert short.satellite.flight.status.mode is Mode.SAFE
    assert restored(short) == []
    short.satellite.run(15)
    assert restored(short) == [0]


def test_a_safe_of_the_ground_alone_is_left_as_it_is(short):
    short.send("mode_set", mode=1)
    short.satellite.run(400)
    assert restored(short) == []
    assert short.satellite.flight.status.mode is Mode.SAFE


def test_in_safe_the_terminal_listens_for_a_share_of_the_time(short):
    fall_into_safe(short)
    on = []
    short.satellite.run(
        200, lambda now: on.append(now.peek(BoardId.POWER, power_flight.LCL_STATUS.address)[0] & LASER > 0)
    )
    edges = [second for second in range(1, 200) if on[second] is not on[second - 1]]
    assert sum(on) == pytest.approx(40, abs=3)
    assert 3 <= len(edges) <= 4


def test_the_ground_is_heard_in_a_safe_that_lasts(short):
    fall_into_safe(short)
    short.taken()
    answered = False
    for _ in range(110):
        short.satellite.run(1)
        if short.satellite.flight.status.link.name == "TRACK":
            answered = ("alive",) in short.send("ping", 2)
            break
    assert answered


def test_the_battery_charges_again_by_itself(make_satellite, make_ground):
    """A threshold that was set and keeps the charge switch open is given up with the rest; then SAFE is left."""
    orbit = {"orbit_period_s": 500.0, "eclipse_s": 100.0}
    short = make_ground(make_satellite(FlightParameters(**SHORT, **orbit)))
    short.satellite.run(20)
    short.send("parameter_set", parameter=15, value=277.0)
    short.satellite.battery_k = 275.0
    fall_into_safe(short)
    short.satellite.sun = lambda now_s: 110_000.0
    short.satellite.run(200)
    assert not short.satellite.charge
    short.satellite.run(1500)
    assert short.satellite.charge
    assert short.satellite.flight.status.mode is Mode.NOMINAL


def test_settings_that_software_cannot_fly_with_are_given_up_after_three_resets(short, monkeypatch):
    satellite, discharge_w = short.satellite, limits._discharge_w

    def fails(energy, parameters, *given):
        if parameters.least_on_s == 200.0:
            raise ZeroDivisionError
        return discharge_w(energy, parameters, *given)

    monkeypatch.setattr(limits, "_discharge_w", fails)
    short.up(short.encode("parameter_set", parameter=7, value=200.0))
    resets = 0
    for _ in range(40):
        try:
            satellite.run(1)
        except ZeroDivisionError:
            satellite.reset()
            resets += 1
    assert resets == 3
    assert restored(short) == [1]
    assert satellite.flight._parameters.least_on_s == 300.0


@pytest.mark.parametrize("commanded", [True, False], ids=["commanded", "by-itself"])
def test_resets_that_the_ground_orders_do_not_lead_to_safe(short, commanded):
    satellite = short.satellite
    for count in range(3):
        if commanded:
            assert short.send("computer_restart", count=700 + count) == DONE
        else:
            satellite.hung = True
        satellite.run(30)
    assert satellite.boots == [0, 1, 1, 1]
    assert (satellite.flight.status.mode is Mode.SAFE) is not commanded
    resets = BootRecord.load(satellite.memory).resets_ms
    assert len(resets) == (0 if commanded else 3)
