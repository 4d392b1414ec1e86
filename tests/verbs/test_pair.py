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

from ptdevice.cli import main
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
    config: Path
    capsys: pytest.CaptureFixture[str]
    said: str = ""

    async def run(self, *arguments: str, types: dict[str, str] | None = None) -> int:
        """Run to its end, typing each answer once its question is there; the exit code."""
        running = asyncio.create_task(
            asyncio.to_thread(main, [arguments[0], "-c", str(self.config), *arguments[1:]], environ={})
        )
        for question, answer in (types or {}).items():
            await until(lambda question=question: question in self.look() or running.done())  # type: ignore[misc]
            os.write(self.keyboard, answer.encode())
        code = await running
        self.look()
        return code

    def look(self) -> str:
        out, err = self.capsys.readouterr()
        self.said += out + err
        return self.said


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    config = tmp_path / "c.toml"
    config.write_text(CONFIG)
    keyboard, terminal = os.openpty()
    with open(terminal, encoding="utf-8") as stdin:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr(sys, "stdin", stdin)
        yield Desk(keyboard, config, capsys)
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
    ours._device.remember()  # noqa: SLF001 - as after a restart of bluetoothd
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


async def test_without_a_terminal_nobody_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull, encoding="utf-8") as nothing:  # noqa: PTH123, ASYNC230 - nothing waits there
        monkeypatch.setattr(sys, "stdin", nothing)
        assert await desk.run("pair", "chest") == 1
        assert await desk.run("unpair", "chest") == 1
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
            ours._device.change(ours.facts())  # noqa: SLF001 - BlueZ tells it
            assert await desk.run(verb, "chest", "--yes") == 1
        assert ours.bonded
        assert air.bluetoothd.adapter.counters.connects == 0
    if daemon is not None:
        daemon.release()
    assert ("cmd/chest/release" in desk.said, f"disconnect {POLAR}" in desk.said) == (runs, not runs)


async def test_what_cannot_be_paired_or_is_not_known_is_told(desk: Desk) -> None:
    assert await desk.run("pair", "door", "--yes") == 1
    assert "door only advertises" in desk.said
    assert await desk.run("unpair", "chesd", "--yes") == 1
    assert "no unit chesd" in desk.said
    assert "known: chest, thing, door" in desk.said


async def test_ctrl_c_in_the_middle_of_a_question_leaves_nothing(desk: Desk) -> None:
    async with BluezAir() as air:
        air.publish(chest(), security=Security.wanting(Method.CONFIRM))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ptdevice.cli", "pair", "chest", "-c", str(desk.config),
            stdin=sys.stdin, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stderr is not None
        await process.stderr.readuntil(b"[y/N] ")
        process.send_signal(signal.SIGINT)
        rest = await process.stderr.read()
        assert await process.wait() == 130
        (device,) = air.bluetoothd.devices.values()
        assert (device.pairing.bonded, device.linked) == (False, False)
        assert not air.bluetoothd.agents._by_client  # noqa: SLF001 - bluetoothd tells nobody which agents it has
    assert b"Traceback" not in rest


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
        air.publish(chest())
        assert await desk.run("unpair", "chest", "--yes") == 0
    assert "chest is not paired with this host; nothing was changed." in desk.said
