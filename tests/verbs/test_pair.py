"""`ptdevice pair` and `ptdevice unpair` at a terminal, on a private bus with a BlueZ that is played."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.observing import LyingStill, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.journal.sole import Sole
from ptdevice_sim.carriers.bluez import BluezAir, Method, Security
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice_sim.carriers.bluez.pairing import Pairing

POLAR, BENCH, OTHER = "C0:DE:1A:2B:3C:4D", "C0:DE:00:00:00:01", "C0:DE:00:00:00:02"
CONFIG = f"""\
[gateway]
site = "s"
name = "g"
[journal]
path = "journal.sqlite"
[units.chest]
device = "polar"
address = "{POLAR}"
[units.thing]
device = "movesense"
name = "BENCH"
[units.door]
device = "bthome"
address = "C0:DE:00:00:00:07"
"""


@dataclass
class Desk:
    """A terminal with somebody at it. `said` is all that was shown so far."""

    keyboard: int
    terminal: int
    config: Path
    said: str = ""

    async def run(
        self, *arguments: str, types: dict[str, str] | None = None, interrupts: bool = False, stdin: int | None = None
    ) -> int:
        """Run to its end, typing each answer once its question is there, and Ctrl-C at the end; the exit code."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ptdevice.cli", arguments[0], "-c", str(self.config), *arguments[1:],
            stdin=self.terminal if stdin is None else stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert process.stdout is not None
        try:
            async with asyncio.timeout(60):
                for question, answer in (types or {}).items():
                    await self._hear(process.stdout, question)
                    os.write(self.keyboard, answer.encode())
                if interrupts:
                    process.send_signal(signal.SIGINT)
                self.said += (await process.stdout.read()).decode()
                return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _hear(self, stream: asyncio.StreamReader, question: str) -> None:
        while question not in self.said:
            more = await stream.read(256)
            assert more, self.said
            self.said += more.decode()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    config = tmp_path / "c.toml"
    config.write_text(CONFIG)
    keyboard, terminal = os.openpty()
    yield Desk(keyboard, terminal, config)
    os.close(terminal)
    os.close(keyboard)


def chest() -> PolarSensor:
    return PolarSensor(LyingStill())


def pairing(air: BluezAir, which: int = 0) -> Pairing:
    return list(air.bluetoothd.devices.values())[which].pairing


def bonded(air: BluezAir) -> Pairing:
    """On both sides, from before."""
    ours = pairing(air)
    ours.bonded = True
    ours.security.bonds.add(air.bluetoothd.adapter.address)
    ours._device.remember()
    return ours


@pytest.mark.parametrize(
    ("method", "types"),
    [
        (Method.JUST_WORKS, {}),
        (Method.CONFIRM, {"Does the unit show 123456? [y/N]": "y\n"}),
        (Method.ENTER, {"Which number does the unit show?": "123456\n"}),
        (Method.ENTER, {"Which number does the unit show?": "twelve\n", "Six digits, please": "123456\n"}),
        (Method.SHOW, {}),
    ],
)
async def test_a_configured_unit_is_paired_with_what_it_asks_for(
    desk: Desk, method: Method, types: dict[str, str]
) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(method))
        assert await desk.run("pair", "chest", types=types) == 0
        assert pairing(air).bonded
    assert "chest is paired, through hci0." in desk.said
    assert ("Type 123456 at the unit." in desk.said) == (method is Method.SHOW)


@pytest.mark.parametrize("answer", ["n\n", "\n", "123456\n"])
async def test_anything_but_yes_is_no(desk: Desk, answer: str) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.CONFIRM))
        assert await desk.run("pair", "chest", types={"Does the unit show": answer}) == 1
        assert not pairing(air).bonded
    assert "chest was not paired: it was refused here" in desk.said


async def test_what_was_typed_before_the_question_is_no_answer_to_it(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.CONFIRM))
        os.write(desk.keyboard, b"y\n")
        assert await desk.run("pair", "chest", types={"Does the unit show": "n\n"}) == 1


async def test_a_mistyped_passkey_is_told(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.ENTER))
        assert await desk.run("pair", "chest", types={"Which number": "654321\n"}) == 1
    assert "the unit did not take the number" in desk.said


async def test_a_question_that_nobody_answers_has_an_end(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.CONFIRM))
        assert await desk.run("pair", "chest", "--seconds", "1") == 1
        assert not pairing(air).bonded
    assert "not confirmed on both sides within 1 s" in desk.said


async def test_an_address_needs_no_configuration(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(BenchUnit(OTHER))
        air.publish(BenchUnit(BENCH), security=Security.wanting())
        assert await desk.run("pair", BENCH.lower()) == 0
        assert [each.bonded for each in (pairing(air), pairing(air, 1))] == [False, True]


async def test_with_yes_a_unit_that_just_works_is_paired_and_one_that_asks_is_not(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting())
        assert await desk.run("pair", "chest", "--yes") == 0
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.CONFIRM))
        assert await desk.run("pair", "chest", "--yes") == 1
        assert not pairing(air).bonded
    assert "without --yes, at a terminal" in desk.said


async def test_without_a_terminal_nobody_is_asked(desk: Desk) -> None:
    for verb in ("pair", "unpair"):
        assert await desk.run(verb, "chest", stdin=asyncio.subprocess.DEVNULL) == 1
    assert desk.said.count("there is no terminal to ask at; --yes goes on without asking") == 2


async def test_between_two_that_fit_nobody_guesses(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(BenchUnit(BENCH), security=Security.wanting())
        air.publish(BenchUnit(OTHER), security=Security.wanting())
        assert await desk.run("pair", "thing") == 1
        assert not any(each.pairing.bonded for each in air.bluetoothd.devices.values())
    assert BENCH in desk.said
    assert OTHER in desk.said


async def test_a_unit_that_is_paired_already_is_told_with_what_to_do_if_it_forgot(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting())
        bonded(air)
        assert await desk.run("pair", "chest") == 0
    assert "is paired with this host already" in desk.said
    assert "ptdevice unpair chest" in desk.said


@pytest.mark.parametrize("runs", [True, False])
async def test_a_unit_that_is_connected_is_left_alone_and_it_is_told_how_to_get_it(desk: Desk, *, runs: bool) -> None:
    journal = desk.config.with_name("journal.sqlite")
    journal.touch()
    daemon = Sole(journal) if runs else None
    async with BluezAir() as air:
        air.publish_held(chest())
        ours = pairing(air)
        for verb in ("pair", "unpair"):
            ours.bonded = verb == "unpair"
            ours._device.change(ours.facts())
            desk.said = ""
            assert await desk.run(verb, "chest", "--yes") == 1
            assert ("cmd/chest/release" in desk.said, f"disconnect {POLAR}" in desk.said) == (runs, not runs)
        assert ours.bonded
        assert air.bluetoothd.adapter.counters.connects == 0
    if daemon is not None:
        daemon.release()


async def test_what_cannot_be_paired_or_is_not_known_is_told(desk: Desk) -> None:
    assert await desk.run("pair", "door", "--yes") == 1
    assert "door only advertises" in desk.said
    assert await desk.run("unpair", "chesd", "--yes") == 1
    assert "no unit chesd" in desk.said
    assert "known: chest, thing, door" in desk.said


async def test_ctrl_c_in_the_middle_of_a_question_leaves_nothing(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.CONFIRM))
        assert await desk.run("pair", "chest", types={"[y/N] ": ""}, interrupts=True) == 130
        (device,) = air.bluetoothd.devices.values()
        assert (device.pairing.bonded, device.linked) == (False, False)
        assert not air.bluetoothd.agents._by_client
    assert "Traceback" not in desk.said


async def test_unpairing_asks_and_forgets_and_the_daemon_then_tells_what_to_do(desk: Desk) -> None:
    async with BluezAir() as air:
        unit = chest()
        air.publish(unit, security=Security.wanting())
        ours = bonded(air)
        assert await desk.run("unpair", "chest", types={"Take the pairing of chest": "n\n"}) == 1
        assert ours.bonded
        desk.said = ""
        assert await desk.run("unpair", "chest", types={"Take the pairing of chest": "y\n"}) == 0
        assert not ours.bonded
        async with radio_on(air) as radio, observed(radio, "polar", unit) as told:
            await until(lambda: ("offline", "auth_failed") in told.reach())
        assert any("`ptdevice pair " in report.text for report in told.reports)
    assert "ptdevice pair chest" in desk.said


async def test_a_unit_that_is_not_paired_stays_as_it_is(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish_held(chest())
        assert await desk.run("unpair", "chest", "--yes") == 0
        assert air.bluetoothd.devices
        assert all(device.known for device in air.bluetoothd.devices.values())
    assert "chest is not paired with this host; nothing was changed." in desk.said
