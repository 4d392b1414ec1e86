"""Every stimulator that says what it does, through a whole session: armed, started by hand, conducted, stopped, lied to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.devices.commanding import CASES
from tests.simulators.carriers.observing import radio_on
from tests.simulators.units.conducted_on_air import Treated, treated

from ptdevice.errors import RefusedError
from ptdevice.stimulation.commanded import TERMINAL, State
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.faults import Faults
from ptdevice_sim.misbehaviour import Misbehaviour

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Story = Callable[[Treated], Awaitable[None]]

ANSWERING = [name for name, case in CASES.items() if case.answers]
answering = pytest.mark.parametrize("device", ANSWERING)


def play(device: str, story: Story, *, faults: Faults | None = None, how: Misbehaviour | None = None) -> Treated:
    async def scene() -> Treated:
        async with InProcessAir() as air, radio_on(air) as radio:
            unit = CASES[device].unit(how or Misbehaviour())
            host = air.publish(unit, faults)
            async with treated(radio, device, unit, host) as told:
                await asyncio.sleep(5.0)
                await story(told)
            return told

    done: Treated = virtual_time.run(scene())
    return done


@answering
def test_a_session_from_a_hand_over_its_level_to_its_end_by_the_clock(device: str) -> None:
    async def story(told: Treated) -> None:
        await told.start(level=3, minutes=0.5)
        await asyncio.sleep(15.0)
        assert CASES[device].level(told.unit) == 3
        await asyncio.sleep(20.0)
        assert told.states[-3:] == [State.RUNNING, State.RAMPING_DOWN, State.COMPLETED]
        assert not told.unit.flow.flows

    told = play(device, story)
    assert told.highest == 3
    assert told.rules() == ["timer"]


@answering
def test_a_stop_in_the_middle_is_confirmed_by_the_unit(device: str) -> None:
    async def story(told: Treated) -> None:
        await told.start()
        await asyncio.sleep(10.0)
        told.commander.stop()
        await asyncio.sleep(3.0)
        assert told.state in TERMINAL - {State.FAULTED, State.ENDED_UNVERIFIED}
        assert not told.unit.flow.flows

    play(device, story)


@answering
def test_a_pause_and_a_way_back_from_zero_by_a_hand(device: str) -> None:
    async def story(told: Treated) -> None:
        armed = await told.arm(3)
        told.touch()
        await asyncio.sleep(10.0)
        told.commander.pause()
        await asyncio.sleep(3.0)
        assert told.states[-1] is State.PAUSED
        assert not told.unit.flow.flows
        told.commander.resume(armed.token, float("inf"))
        told.touch()
        await asyncio.sleep(10.0)
        assert told.state is State.RUNNING
        assert CASES[device].level(told.unit) == 3

    play(device, story)


@answering
def test_a_unit_that_ignores_the_stop_is_a_fault_that_stays(device: str) -> None:
    async def story(told: Treated) -> None:
        await told.start()
        await asyncio.sleep(10.0)
        told.unit.misbehaviour.ignores_stop = True
        told.commander.stop()
        await asyncio.sleep(8.0)
        assert told.state is State.FAULTED
        with pytest.raises(RefusedError):
            await told.arm(1)

    play(device, story)


@answering
def test_a_unit_that_says_that_it_does_nothing_is_told_one_step_and_then_to_stop(device: str) -> None:
    async def story(told: Treated) -> None:
        told.unit.misbehaviour.says_level = 0
        await told.arm(5)
        if device == "beurer_em70":
            told.conductor.key(asyncio.get_running_loop().time())  # its own key would tell a level of 0 too
        else:
            told.touch()
        await asyncio.sleep(20.0)
        assert not told.unit.flow.flows

    told = play(device, story)
    assert told.highest <= 1
    assert told.state is not State.RUNNING


@answering
def test_a_unit_that_says_much_more_than_it_was_told_is_stopped(device: str) -> None:
    async def story(told: Treated) -> None:
        await told.start()
        await asyncio.sleep(10.0)
        told.unit.misbehaviour.says_level = 8
        told.commander.lower(2)  # a Coyote says its strengths when they change
        await asyncio.sleep(8.0)
        assert not told.unit.flow.flows
        assert told.state in TERMINAL

    play(device, story)


@answering
def test_a_lost_link_ends_the_session_and_nothing_begins_again_when_it_is_back(device: str) -> None:
    async def story(told: Treated) -> None:
        await told.start()
        await asyncio.sleep(10.0)
        told.host.drop_link()
        await asyncio.sleep(20.0)
        assert told.host.is_connected
        assert told.state in TERMINAL
        assert not told.unit.flow.flows
        await asyncio.sleep(20.0)
        assert not told.unit.flow.flows

    play(device, story)


@answering
@pytest.mark.parametrize(
    "shares", [{"split": 0.4}, {"merge": 0.2}, {"loss": 0.1}, {"late": 0.5, "late_s": 0.5}], ids=str
)
def test_on_a_bad_air_a_session_never_comes_above_its_level_and_a_stop_is_a_stop(
    device: str, shares: dict[str, float]
) -> None:
    faults = Faults(seed=3)

    async def story(told: Treated) -> None:
        for name, share in shares.items():
            setattr(faults, name, share)
        await told.start(level=4)
        await asyncio.sleep(25.0)
        told.commander.emergency()
        for name in shares:
            setattr(faults, name, 0.0)
        await asyncio.sleep(30.0)
        assert not told.unit.flow.flows
        assert told.state in TERMINAL

    told = play(device, story, faults=faults)
    assert told.highest <= 4


@answering
def test_a_level_that_a_hand_turns_down_is_obeyed(device: str) -> None:
    async def story(told: Treated) -> None:
        await told.start(level=4)
        await asyncio.sleep(12.0)
        now = asyncio.get_running_loop().time()
        if device == "dglab_coyote3":
            told.unit.turn(now, 0, -2)
        else:
            told.unit.press_down(now)
            told.unit.press_down(now)
        told.host.poke()
        await asyncio.sleep(10.0)
        assert told.state is State.RUNNING
        assert CASES[device].level(told.unit) == 2

    play(device, story)
