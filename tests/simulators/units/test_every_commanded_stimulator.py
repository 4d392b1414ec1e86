"""Every stimulator that can be commanded, on air: real bleak, the daemon's connection, and what can go wrong between them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.devices.commanding import CASES
from tests.simulators.carriers.airs import AIRS
from tests.simulators.carriers.observing import radio_on
from tests.simulators.carriers.waiting import until
from tests.simulators.units.commanded_on_air import Commander, commanded
from tests.simulators.units.on_air import watched

from ptdevice.devices import CATALOGUE
from ptdevice.model import Battery, DeviceFault, FaultKind, LevelChanged, Output
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.faults import Faults
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Story = Callable[[Commander], Awaitable[None]]

ANSWERING = [name for name, case in CASES.items() if case.answers]
every = pytest.mark.parametrize("device", CASES)
answering = pytest.mark.parametrize("device", ANSWERING)
LEVEL = 3


def play(device: str, story: Story, *, faults: Faults | None = None, how: Misbehaviour | None = None) -> Commander:
    """In virtual time, on the in-process air."""

    async def scene() -> Commander:
        async with InProcessAir() as air, radio_on(air) as radio:
            unit = CASES[device].unit(how or Misbehaviour())
            host = air.publish(unit, faults)
            async with commanded(radio, device, unit, host) as commander:
                await asyncio.sleep(5.0)
                await story(commander)
            return commander

    done: Commander = virtual_time.run(scene())
    return done


async def ramp_up(commander: Commander) -> None:
    commander.level = LEVEL
    await asyncio.sleep(commander.case.starts_s + 4.0)


# --- on every air ---


@every
@pytest.mark.parametrize("name", AIRS)
async def test_it_is_brought_up_stopped_and_brought_up_again_by_real_bleak(name: str, device: str) -> None:
    async with AIRS[name]() as air, radio_on(air) as radio:
        unit = CASES[device].unit(Misbehaviour())
        host = air.publish(unit)
        async with commanded(radio, device, unit, host) as commander:
            await until(lambda: commander.reports)
            commander.level = 2
            await until(lambda: commander.true_level == 2)
            if CASES[device].answers:
                await until(lambda: (commander.statuses()[-1].output, commander.statuses()[-1].level) == (Output.ON, 2))
            commander.level = None
            assert await commander.halt()
            assert not unit.flow.flows
            if CASES[device].answers:
                await until(lambda: commander.statuses()[-1].output is Output.OFF)
            await asyncio.sleep(1.2)  # a pause, without which what was stopped is not begun again
            commander.level = 1
            await until(lambda: commander.true_level == 1)
        assert not unit.flow.flows  # the last thing that was said to it
        assert all(level <= admitted for _, level, admitted in commander.rises)


# --- faults of the air ---


@every
@pytest.mark.parametrize(
    "shares",
    [
        {"loss": 0.2},
        {"split": 0.5},
        {"merge": 0.3},
        {"late": 0.5, "late_s": 0.8},
        {"corrupt": 0.1},
        {"duplicate": 0.3},
        {"loss": 0.1, "split": 0.2, "merge": 0.1, "late": 0.2, "corrupt": 0.03},
    ],
    ids="+".join,
)
def test_on_a_bad_air_it_never_comes_above_what_is_admitted_and_stops_when_it_is_told(
    device: str, shares: dict[str, float]
) -> None:
    faults = Faults(seed=7)

    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        for name, share in shares.items():
            setattr(faults, name, share)
        for level in (4, 2, 5, 1, 3):
            commander.level = level
            await asyncio.sleep(6.0)
        commander.level = None
        for _ in range(100):
            if await commander.halt():
                break
            await asyncio.sleep(1.0)
        assert not commander.unit.flow.flows
        await asyncio.sleep(5.0)
        assert not commander.unit.flow.flows

    commander = play(device, story, faults=faults)
    assert commander.rises
    assert all(level <= admitted for _, level, admitted in commander.rises)


@every
def test_a_link_that_is_lost_in_the_middle_is_stopped_first_when_it_is_back(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        commander.level = None
        before = len(commander.host.writes)
        commander.host.drop_link()
        await asyncio.sleep(10.0)
        assert commander.host.is_connected
        stop = commander.profile.commanding.stop  # type: ignore[union-attr] # it is commanded
        told = [data for _, data in commander.host.writes[before : before + len(stop)]]
        assert told == [write.data for write in stop]
        assert not commander.unit.flow.flows

    play(device, story)


DEADMAN = {
    name: profile.commanding.deadman_s
    for name, profile in CATALOGUE.items()
    if profile.commanding is not None and name in CASES
}


@every
def test_without_a_link_output_ends_within_the_dead_man_or_goes_on(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        lost_at = asyncio.get_running_loop().time()
        commander.host.vanish()
        await asyncio.sleep(20.0)
        flow, deadman_s = commander.unit.flow, DEADMAN[device]
        assert flow.flows is (deadman_s is None)
        if deadman_s is not None:
            assert flow.fell_at is not None
            assert flow.fell_at - lost_at <= deadman_s
        commander.level = None

    play(device, story)


@every
def test_a_host_that_falls_silent_with_its_link_up_is_a_dead_man_too_where_there_is_one(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        silent_at = asyncio.get_running_loop().time()
        commander.level = None
        await asyncio.sleep(10.0)
        flow, deadman_s = commander.unit.flow, DEADMAN[device]
        assert flow.flows is (deadman_s is None)
        if deadman_s is not None:
            assert flow.fell_at is not None
            assert flow.fell_at - silent_at <= deadman_s

    play(device, story)


# --- faults of the unit ---


@answering
@pytest.mark.parametrize(
    "how",
    [Misbehaviour(acks_late_s=0.7), Misbehaviour(acks_late_s=1.6), Misbehaviour(keeps_acks=True)],
    ids=["late", "later", "never"],
)
def test_with_answers_that_are_late_or_kept_it_never_comes_above_what_is_admitted(
    device: str, how: Misbehaviour
) -> None:
    async def story(commander: Commander) -> None:
        for level in (3, 1, 4, 2):
            commander.level = level
            await asyncio.sleep(8.0)

    commander = play(device, story, how=how)
    assert all(level <= admitted for _, level, admitted in commander.rises)


@answering
@pytest.mark.parametrize("said", [0, 1])
def test_a_unit_that_says_less_than_it_does_never_comes_above_what_is_admitted(device: str, said: int) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        await asyncio.sleep(5.0)

    commander = play(device, story, how=Misbehaviour(says_level=said))
    assert commander.unit.flow.highest <= LEVEL
    assert all(level <= admitted for _, level, admitted in commander.rises)


@every
def test_a_unit_that_ignores_levels_is_not_pushed(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)

    commander = play(device, story, how=Misbehaviour(ignores_levels=True))
    assert commander.true_level <= 1  # a Bluetens starts at 1 by itself


@answering
def test_a_unit_that_ignores_the_stop_is_heard_to_go_on(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        commander.unit.misbehaviour.ignores_stop = True
        commander.level = None
        await commander.halt()
        await asyncio.sleep(3.0)
        assert commander.statuses()[-1].output is not Output.OFF
        commander.unit.misbehaviour.ignores_stop = False

    play(device, story)


def test_frames_with_wrong_sums_are_no_level_and_nothing_is_raised_by_them() -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        commander.unit.misbehaviour.wrong_sums = True
        commander.level = 6
        await asyncio.sleep(4.0)
        assert commander.true_level <= LEVEL + 1  # the step that was on its way
        commander.level = None

    play("beurer_em70", story)


@pytest.mark.parametrize("device", ["beurer_em70", "bluetens"])
def test_pads_that_come_off_end_the_run_and_it_is_not_begun_again(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        off = commander.unit.overload if device == "beurer_em70" else commander.unit.pads_off
        off(asyncio.get_running_loop().time())
        commander.host.poke()
        await asyncio.sleep(6.0)
        if device == "bluetens":
            commander.unit.pads_on(asyncio.get_running_loop().time())
        commander.host.poke()
        await asyncio.sleep(6.0)
        assert not commander.unit.flow.flows

    commander = play(device, story)
    kinds = [event.kind for event in commander.events if isinstance(event, DeviceFault)]
    assert kinds == [FaultKind.OVERLOAD if device == "beurer_em70" else FaultKind.LEAD_OFF]


@answering
def test_a_battery_that_is_low_is_told_while_it_is_commanded(device: str) -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        commander.unit.battery_at(asyncio.get_running_loop().time(), 5)
        commander.host.poke()
        await asyncio.sleep(3.0)

    commander = play(device, story)
    told = [event for event in commander.events if isinstance(event, Battery | DeviceFault)]
    if device == "bluetens":  # it says so, and goes off
        assert DeviceFault in {type(event) for event in told}
        assert not commander.unit.flow.flows
    else:
        assert any(isinstance(event, Battery) and event.percent == 5 for event in told)


# --- the wheels of a Coyote ---


def test_a_wheel_that_is_turned_up_in_the_middle_of_a_change_is_told_and_muted_and_taken_back() -> None:
    async def story(commander: Commander) -> None:
        await ramp_up(commander)
        commander.level = LEVEL + 2
        await asyncio.sleep(0.13)
        commander.unit.turn(asyncio.get_running_loop().time(), 0, 4)
        commander.host.poke()
        await asyncio.sleep(4.0)
        assert commander.unit.strengths[0] == LEVEL + 2

    commander = play("dglab_coyote3", story)
    assert any(isinstance(event, LevelChanged) and event.by_hand for event in commander.events)
    # The wave that was on its way sounds as the wheel says, and the unit's own limit lets the wheel go up by one only.
    assert all(level <= admitted + 1 for _, level, admitted in commander.rises)


def test_before_anything_flows_a_wheel_can_be_felt_and_lets_nothing_flow() -> None:
    async def story(commander: Commander) -> None:
        commander.unit.turn(asyncio.get_running_loop().time(), 0, 5)
        commander.host.poke()
        await asyncio.sleep(1.0)

    commander = play("dglab_coyote3", story)
    assert [(e.channel, e.level) for e in commander.events if isinstance(e, LevelChanged) and e.by_hand] == [("a", 1)]
    assert commander.unit.flow.rises == 0


def test_the_limits_of_a_coyote_follow_what_is_admitted() -> None:
    async def story(commander: Commander) -> None:
        commander.unit.turn(asyncio.get_running_loop().time(), 0, 0)
        await ramp_up(commander)
        assert commander.unit.limits == [LEVEL + 1, 1]
        commander.level = 1
        await asyncio.sleep(2.0)
        assert commander.unit.limits == [2, 1]

    play("dglab_coyote3", story)


def test_a_coyote_that_refuses_everybody_is_told_with_what_may_be_wrong() -> None:
    told = watched("dglab_coyote3", DglabCoyote3(refuses=True), 3.0)
    assert told.reports
    assert all("firmware of March 2026" in report.text for report in told.reports)
    spoke = watched("dglab_coyote3", DglabCoyote3(), 3.0)
    assert not any("2026" in report.text for report in spoke.reports)
