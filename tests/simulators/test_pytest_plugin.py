"""The plug-in in other people's projects: each test is a project of its own, in an empty folder, with pytest in a process."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from tests.simulators.kit.test_clinic import SCENARIO

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(180)  # several processes in each, on machines that have other things to do

SYNC = f"""\
SCENARIO = '''{SCENARIO}'''


def test_the_clinic(ptdevice_clinic):
    clinic = ptdevice_clinic(SCENARIO)
    clinic.advance(minutes=1)
    assert [record["index"] for record in clinic.records("exercise/repetition")] == [1, 2, 3, 4, 5]
"""
ASYNC = f"""\
import asyncio, json
import aiomqtt
MARK
SCENARIO = '''{SCENARIO}'''


async def test_the_clinic(ptdevice_clinic):
    clinic = ptdevice_clinic(SCENARIO)
    async with aiomqtt.Client(clinic.host, clinic.port) as client:
        await client.subscribe(clinic.prefix + "/#", qos=1)
        seen = []

        async def read():
            async for message in client.messages:
                seen.append(str(message.topic))

        reading = asyncio.create_task(read())
        await clinic.advance_async(seconds=5)
        asked = json.dumps({{"id": "1", "requester": "me"}})
        await client.publish(clinic.prefix + "/cmd/gateway/ping", asked, qos=1)
        await clinic.advance_async(minutes=1)
        await clinic.eventually_async(lambda: clinic.prefix + "/res/me" in seen)
        await clinic.eventually_async(lambda: sum(topic.endswith("/evt/exercise/repetition") for topic in seen) == 5)
        reading.cancel()
"""
GOLDEN = SYNC + '    clinic.golden("golden/clinic.jsonl")\n'


@dataclass(frozen=True, slots=True)
class Outcome:
    """How pytest ended, and what it said."""

    code: int
    out: str


async def run_pytest(folder: Path, *arguments: str, test: str | None = None, **variables: str) -> Outcome:
    if test is not None:
        (folder / "test_clinic.py").write_text(test)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))
    } | variables
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider", *arguments,
        cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(50):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Outcome(process.returncode, out.decode())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")  # an end to looking for a configuration further up
    return tmp_path


async def test_a_plain_test_needs_no_other_plugin(project: Path) -> None:
    ended = await run_pytest(project, "-p", "no:asyncio", "-p", "no:timeout", test=SYNC)
    assert (ended.code, "1 passed" in ended.out) == (0, True), ended.out


@pytest.mark.parametrize("mode", ["strict", "auto"])
async def test_asynchronous_tests_work_in_both_modes_of_pytest_asyncio(project: Path, mode: str) -> None:
    mark = "import pytest; pytestmark = pytest.mark.asyncio" if mode == "strict" else ""
    options = "-o", f"asyncio_mode={mode}", "-o", "asyncio_default_fixture_loop_scope=function"
    ended = await run_pytest(project, *options, test=ASYNC.replace("MARK", mark))
    assert (ended.code, "1 passed" in ended.out) == (0, True), ended.out


async def test_a_golden_file_is_asked_for_written_and_then_held_against_the_run(project: Path) -> None:
    quiet = "-q", "-p", "no:asyncio"
    without = await run_pytest(project, *quiet, test=GOLDEN)
    assert without.code == 1
    assert "it is not there. `pytest --update-golden` writes it" in without.out
    writing = await run_pytest(project, *quiet, "--update-golden")
    golden = project / "golden" / "clinic.jsonl"
    assert (writing.code, f"ptdevice: wrote {golden}" in writing.out) == (0, True), writing.out
    assert (await run_pytest(project, *quiet)).code == 0
    golden.write_text(re.sub(r'"range_deg": \d+', '"range_deg": 11', golden.read_text(), count=1))
    changed = await run_pytest(project, *quiet)
    assert changed.code == 1
    assert re.search(r"changed: 00:00:\d\d\.\d+  evt/exercise/repetition  \(message \d+\)", changed.out)
    assert re.search(r"data.range_deg  expected 11, got [56]\d", changed.out)
    assert len(changed.out.splitlines()) < 40, "readable means short"
    assert "kit/clinic.py" not in changed.out, "nobody wants to see our frames"


async def test_a_project_that_has_an_option_of_that_name_keeps_it_and_has_the_long_one(project: Path) -> None:
    (project / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--update-golden', action='store_true', help='theirs')\n"
    )
    ended = await run_pytest(project, "-p", "no:asyncio", "--update-golden", test=GOLDEN)
    assert "it is not there" in ended.out
    ended = await run_pytest(project, "-p", "no:asyncio", "--ptdevice-update-golden")
    assert (ended.code, "ptdevice: wrote" in ended.out) == (0, True), ended.out


async def test_who_does_not_use_the_fixture_pays_nothing_for_it(project: Path) -> None:
    test = """\
import sys


def test_nothing_of_it_is_there():
    heavy = ("ptdevice.", "bleak", "bumble", "amqtt", "aiomqtt", "paho", "pydantic", "rich")
    found = [name for name in sys.modules if name.startswith(heavy)]
    assert found == []
    assert [name for name in sys.modules if name.startswith("ptdevice")] == ["ptdevice_sim", "ptdevice_sim.pytest_plugin"]
"""
    ended = await run_pytest(project, "-p", "no:asyncio", test=test)
    assert ended.code == 0, ended.out


async def test_a_scenario_beside_the_test_is_found_from_any_folder(project: Path) -> None:
    inner = project / "tests" / "deep"
    inner.mkdir(parents=True)
    (inner / "mine.toml").write_text(SCENARIO)
    (inner / "test_deep.py").write_text(
        "def test_it(ptdevice_clinic):\n    clinic = ptdevice_clinic('mine.toml')\n    clinic.advance(seconds=5)\n"
        "    assert clinic.last('status')['state'] == 'online'\n"
    )
    ended = await run_pytest(project, "-p", "no:asyncio")
    assert ended.code == 0, ended.out


async def test_a_scenario_that_is_wrong_is_an_error_with_its_lines_and_no_traceback_of_ours(project: Path) -> None:
    test = SYNC.replace('press = "back"', 'pres = "back"').replace('"polar"', '"polaar"')
    ended = await run_pytest(project, "-p", "no:asyncio", test=test)
    assert ended.code == 1
    assert "the scenario in this test:9: units.chest.device" in ended.out
    assert 'unknown action pres, times, did you mean "press"?' in ended.out
    assert "kit/clinic.py" not in ended.out


async def test_two_clinics_in_one_test_both_end_when_it_fails(project: Path) -> None:
    test = f"""\
import threading
SCENARIO = '''{SCENARIO}'''


def test_that_fails(ptdevice_clinic):
    for broker in ("mosquitto", "amqtt"):
        ptdevice_clinic(SCENARIO, broker=broker).advance(seconds=1)
    assert False, "for reasons of its own"


def test_that_comes_after():
    assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
"""
    ended = await run_pytest(project, "-p", "no:asyncio", "-p", "no:timeout", test=test)
    assert "for reasons of its own" in ended.out
    assert "1 failed, 1 passed" in ended.out, ended.out


INTERRUPTED = """\
import asyncio, os, signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts in the background ignore it
SCENARIO = '''title = "Half a year"
duration = "180d"
[units.back]
device = "beurer_em70"
'''


def interrupt(clinic):
    before = len(clinic.log)
    while len(clinic.log) < before + 100:
        time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGINT)


def test_plain(ptdevice_clinic):
    clinic = ptdevice_clinic(SCENARIO)
    clinic.advance(minutes=1)
    threading.Thread(target=interrupt, args=[clinic], daemon=True).start()
    clinic.run()


def test_asynchronous(ptdevice_clinic):
    clinic = ptdevice_clinic(SCENARIO)
    clinic.advance(minutes=1)
    threading.Thread(target=interrupt, args=[clinic], daemon=True).start()
    asyncio.run(clinic.run_async())
"""


@pytest.mark.parametrize("name", ["plain", "asynchronous"])
async def test_a_test_that_is_interrupted_while_time_moves_ends_at_once_and_leaves_nothing(
    project: Path, name: str
) -> None:
    folder = project / "temporary"
    folder.mkdir()
    ended = await run_pytest(project, "-p", "no:asyncio", "-k", name, test=INTERRUPTED, TMPDIR=str(folder))
    assert ended.code == pytest.ExitCode.INTERRUPTED, ended.out
    assert "ClinicError" not in ended.out, ended.out
    assert list(folder.glob("ptdevice-*")) == []
