"""The shipped program, end to end: production backend, real broker, real signals, real kill -9."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest
from tests.system.gateways import Ward, ward

from ptdevice.gateway import LAST_WORDS_S

if TYPE_CHECKING:
    from pathlib import Path

# PTDEVICE_KILLS=100 is the long run.
KILLS = int(os.environ.get("PTDEVICE_KILLS", "4"))


def is_online(inside: Ward, since: int = 0) -> bool:
    """Whether both units were said to be online after this many messages."""
    online = {topic for topic, body, _ in inside.heard.messages[since:] if body.get("availability") == "online"}
    return online == {"unit/chest/availability", "unit/back/availability"}


def stimulates(inside: Ward) -> bool:
    return [body["output"] for body in inside.heard.bodies("unit/back/telemetry/stimulation")[-1:]] == ["on"]


async def test_a_day_in_the_clinic_from_radio_to_record(tmp_path: Path) -> None:
    async with ward(tmp_path) as inside, inside.daemon() as process:
        began = time.monotonic()
        await inside.heard.until(lambda: is_online(inside))
        assert time.monotonic() - began < 15
        inside.press_up()
        await inside.heard.until(lambda: len(inside.heard.bodies("evt/exercise/repetition")) >= 3, within_s=40)
        await inside.heard.until(
            lambda: inside.heard.bodies("unit/back/state")[-1]["values"]["output"]["value"] == "on"
        )
        assert await inside.end(process, signal.SIGTERM) == 0
        await inside.heard.until(lambda: inside.heard.bodies("status")[-1]["state"] == "offline")
        (session,) = inside.heard.bodies("evt/stimulation/session")
        assert (session["data"]["reason"], session["data"]["final_output"]) == ("daemon_stop", "unknown")
        sequences = [int(event["sequence"]) for event in inside.heard.events()]
        assert sequences == list(range(1, len(sequences) + 1))
        assert [row[1] for row in inside.rows()] == [event["id"] for event in inside.heard.events()]
        assert all(body["simulated"] is True for _, body, _ in inside.heard.messages)
        assert "Traceback" not in inside.log()


async def test_ctrl_c_ends_it_before_any_deadline_has_to_with_its_own_exit_code(tmp_path: Path) -> None:
    async with ward(tmp_path) as inside, inside.daemon() as process:
        await inside.heard.until(lambda: is_online(inside))
        began = time.monotonic()
        assert await inside.end(process, signal.SIGINT) == 130
        assert time.monotonic() - began < LAST_WORDS_S
        assert not inside.chest.is_connected
        assert not inside.back.is_connected
        assert "Traceback" not in inside.log()


async def test_a_broker_killed_and_restarted_gets_every_record(tmp_path: Path) -> None:
    async with ward(tmp_path) as inside, inside.daemon() as process:
        await inside.heard.until(lambda: is_online(inside))
        inside.press_up()
        await inside.heard.until(lambda: inside.heard.bodies("evt/exercise/repetition"), within_s=30)
        await inside.broker.kill()
        for _ in range(3):
            await asyncio.sleep(1)
            inside.press_up()
        before = len(inside.heard.messages)
        await inside.broker.start()
        await inside.heard.until(lambda: inside.heard.bodies("evt/exercise/repetition")[4:], within_s=40)
        assert any(topic == "info" for topic, _, _ in inside.heard.messages[before:]), "announced again"
        await inside.end(process, signal.SIGTERM)
        rows = {(sequence, name) for sequence, name, _, _ in inside.rows()}
        await inside.heard.until(lambda: {(int(e["sequence"]), e["id"]) for e in inside.heard.events()} == rows)


@pytest.mark.timeout(90 + 12 * KILLS)
async def test_kill_9_of_the_whole_daemon_leaves_a_whole_journal_and_everything_in_it_arrives(tmp_path: Path) -> None:
    rng = random.Random(5)  # noqa: S311 - a seed, no secret
    async with ward(tmp_path) as inside:
        for _ in range(KILLS):
            async with inside.daemon() as process:
                before = len(inside.heard.messages)
                await inside.heard.until(lambda: is_online(inside, before))  # noqa: B023 - awaited here
                inside.press_up()
                await inside.heard.until(lambda: stimulates(inside))
                # From here on every change of level closes a segment: records to be caught in flight.
                for _ in range(rng.randrange(1, 8)):
                    inside.press_up()
                    await asyncio.sleep(rng.uniform(0.0, 0.1))
                process.kill()
                await process.wait()
            inside.em70.switch_off(asyncio.get_running_loop().time())
            inside.back.poke()
            inside.heard.messages.append(("unit/back/telemetry/stimulation", {"output": "off"}, False))
        async with inside.daemon() as process:  # the last one sends what is left
            before = len(inside.heard.messages)
            await inside.heard.until(lambda: is_online(inside, before))
            await asyncio.sleep(1)
            await inside.end(process, signal.SIGTERM)
        rows = inside.rows()
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1)), "a hole in the sequence"
        kept = {(sequence, name) for sequence, name, _, _ in rows}
        assert len({name for _, name in kept}) == len(rows)
        await inside.heard.until(lambda: {(int(e["sequence"]), e["id"]) for e in inside.heard.events()} == kept)
        assert len(rows) > KILLS
        print(f"{KILLS} kills, {len(rows)} records kept, {len(inside.heard.events()) - len(rows)} doubled")  # noqa: T201 - the long run's report


async def test_a_journal_that_another_daemon_holds_is_refused_with_a_sentence(tmp_path: Path) -> None:
    async with ward(tmp_path) as inside, inside.daemon():
        await inside.heard.until(lambda: inside.heard.bodies("status"))
        async with inside.daemon() as second, asyncio.timeout(15):
            assert await second.wait() == 1
        assert "is in use by another process" in inside.log()
        assert "Traceback" not in inside.log()
