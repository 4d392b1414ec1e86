"""What a gateway tells Home Assistant, over connections, starts of either, and changes of the configuration."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import CONFIG, Clinic, in_virtual_time
from tests.home_assistant.pretend import Pretend

from ptdevice.home_assistant import LARGEST_MEMORY, MemoryFile
from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ptdevice.mqtt.topics import Message

DISCOVERY = CONFIG + "[home_assistant]\ndiscovery = true\n"
NODE = "homeassistant/device/ptdevice-sim_pi-1"
TOPICS = {f"{NODE}/{alias}/config" for alias in ("gateway", "chest", "back")}
BIRTH = Arrival("homeassistant/status", b"online")


class Notebook:
    """A memory in memory. `written` has everything that was ever kept, in order."""

    def __init__(self, announced: dict[str, dict[str, Any]] | None = None) -> None:
        self.announced = announced or {}
        self.written: list[dict[str, dict[str, Any]]] = []

    async def read(self) -> dict[str, dict[str, Any]]:
        return self.announced

    async def write(self, announced: Mapping[str, Mapping[str, Any]]) -> None:
        self.announced = json.loads(json.dumps(announced))
        self.written.append(self.announced)


def discovery(clinic: Clinic) -> list[Message]:
    return [message for message in clinic.broker.heard if message.topic.startswith("homeassistant/")]


def shown(clinic: Clinic) -> Pretend:
    home = Pretend()
    for message in clinic.broker.heard:
        home.take(message)
    return home


async def announced(clinic: Clinic) -> None:
    """Every device was announced, and what the units say of themselves was heard."""
    await clinic.until(lambda: clinic.said("/unit/back/state") and clinic.said("/unit/chest/state"), within_s=60)
    await asyncio.sleep(30)


def test_nothing_is_announced_unless_somebody_wants_it(tmp_path: Path) -> None:
    notebook = Notebook()

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        assert discovery(clinic) == []
        assert clinic.broker.session is not None
        assert not [topic for topic in clinic.broker.session.topics if "homeassistant" in topic]

    in_virtual_time(story, tmp_path, memory=notebook)
    assert notebook.written == []


def test_every_unit_is_announced_and_shows_what_it_says(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        clinic.press_up(3)
        await asyncio.sleep(5)
        home = shown(clinic)
        assert set(home.devices) == {"ptdevice pi-1 (simulated)", "chest (simulated)", "back (simulated)"}
        assert home.state("back (simulated)", "output") == "on"
        assert home.state("back (simulated)", "level") == "3"
        assert home.state("chest (simulated)", "battery_pct").isdigit()
        assert home.state("chest (simulated)", "set") == "active"
        assert home.state("ptdevice pi-1 (simulated)", "status") == "online"
        assert home.warnings == []

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())


def test_devices_are_announced_before_the_gateway_says_that_it_is_online(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        topics = [message.topic for message in clinic.broker.heard]
        online = next(place for place, topic in enumerate(topics) if topic.endswith("/status"))
        assert set(topics[:online]) >= TOPICS

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())


def test_devices_are_announced_again_on_every_connection(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        before = len(clinic.broker.heard)
        clinic.broker.lose()
        await asyncio.sleep(60)
        assert {message.topic for message in clinic.broker.heard[before:]} >= TOPICS

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())


@pytest.mark.parametrize(("said", "again"), [(b"online", True), (b"offline", False), (b"", False)])
def test_devices_are_announced_again_when_home_assistant_has_started(tmp_path: Path, said: bytes, again: bool) -> None:  # noqa: FBT001
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        before = len(clinic.broker.heard)
        clinic.broker.ask(Arrival(BIRTH.topic, said))
        await asyncio.sleep(5)
        assert ({message.topic for message in clinic.broker.heard[before:]} >= TOPICS) == again

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())


def test_not_every_gateway_answers_the_birth_at_the_same_moment(tmp_path: Path) -> None:
    waits = set()

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        before, began = len(discovery(clinic)), asyncio.get_running_loop().time()
        clinic.broker.ask(BIRTH)
        while len(discovery(clinic)) == before:  # noqa: ASYNC110 - it is virtual time that passes
            await asyncio.sleep(0.01)
        waits.add(round(asyncio.get_running_loop().time() - began, 2))

    for seed in (1, 2, 3):
        folder = tmp_path / str(seed)
        folder.mkdir()
        in_virtual_time(story, folder, config=DISCOVERY, memory=Notebook(), seed=seed)
    assert len(waits) == 3
    assert max(waits) <= 3.1


def test_what_will_be_announced_is_kept_before_it_is(tmp_path: Path) -> None:
    class Slow(Notebook):
        async def write(self, announced: Mapping[str, Mapping[str, Any]]) -> None:
            await asyncio.sleep(10)
            await super().write(announced)

    notebook = Slow()

    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(9)
        assert (discovery(clinic), notebook.written) == ([], [])
        await announced(clinic)
        assert discovery(clinic)
        assert set(notebook.written[0]) == TOPICS

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=notebook)


def test_a_unit_that_was_renamed_is_taken_away_under_its_old_name(tmp_path: Path) -> None:
    old = f"{NODE}/belt/config"
    notebook = Notebook({old: {"device": "polar", "told": [], "components": {}}, f"{NODE}/back/config": {}})

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        assert [message.payload for message in discovery(clinic) if message.topic == old] == [b""]
        assert old not in notebook.announced
        clinic.broker.lose()
        await asyncio.sleep(60)
        assert len([message for message in discovery(clinic) if message.topic == old]) == 1

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=notebook)
    assert set(notebook.written[0]) == TOPICS | {old}  # until it is gone


def test_what_is_gone_is_taken_away_though_the_broker_was_lost_in_between(tmp_path: Path) -> None:
    old = f"{NODE}/belt/config"
    notebook = Notebook({old: {}})

    async def story(clinic: Clinic) -> None:
        clinic.broker.up = False
        await asyncio.sleep(60)
        assert old in notebook.announced
        clinic.broker.up = True
        await asyncio.sleep(60)
        assert [message.payload for message in discovery(clinic) if message.topic == old] == [b""]
        assert old not in notebook.announced

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=notebook)


def test_discovery_that_was_switched_off_takes_everything_away_once(tmp_path: Path) -> None:
    notebook = Notebook({topic: {} for topic in TOPICS})

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        assert {message.topic for message in discovery(clinic)} == TOPICS
        assert {message.payload for message in discovery(clinic)} == {b""}
        assert notebook.announced == {}

    in_virtual_time(story, tmp_path, memory=notebook)


def test_what_a_unit_told_once_is_announced_after_a_restart_before_it_tells_it_again(tmp_path: Path) -> None:
    known = {"device": "polar", "told": ["heart_rate_bpm", "nonsense"], "components": {"ghost": "sensor"}}
    notebook = Notebook({f"{NODE}/chest/config": known})

    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: discovery(clinic), within_s=5)
        await asyncio.sleep(0.2)
        first = next(message for message in discovery(clinic) if message.topic == f"{NODE}/chest/config")
        components = json.loads(first.payload)["components"]
        assert "heart_rate_bpm" in components
        assert "nonsense" not in components
        assert components["ghost"] == {"platform": "sensor"}

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=notebook)


def test_what_another_kind_of_unit_told_under_this_alias_is_not_believed_and_is_taken_away(tmp_path: Path) -> None:
    known = {"device": "thingy52", "told": ["temperature_c"], "components": {"temperature_c": "sensor"}}
    notebook = Notebook({f"{NODE}/chest/config": known})

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        for message in discovery(clinic):
            if message.topic == f"{NODE}/chest/config":
                assert json.loads(message.payload)["components"]["temperature_c"] == {"platform": "sensor"}

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=notebook)


def test_what_a_unit_tells_for_the_first_time_is_announced_and_kept(tmp_path: Path) -> None:
    notebook = Notebook()

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        said = [message for message in discovery(clinic) if message.topic == f"{NODE}/chest/config"]
        assert "heart_rate_bpm" not in json.loads(said[0].payload)["components"]
        assert "heart_rate_bpm" in json.loads(said[-1].payload)["components"]
        assert "heart_rate_bpm" in notebook.announced[f"{NODE}/chest/config"]["told"]
        assert notebook.announced[f"{NODE}/chest/config"]["components"]["heart_rate_bpm"] == "sensor"
        assert len(said) <= 3  # and not with every beat

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=notebook)


def test_a_prefix_and_a_birth_topic_of_one_s_own_are_used(tmp_path: Path) -> None:
    own = DISCOVERY + 'prefix = "ha/discovery"\nbirth_topic = "ha/alive"\n'

    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        said = [message for message in clinic.broker.heard if message.topic.startswith("ha/discovery/")]
        assert {message.topic.removeprefix("ha/discovery/device/ptdevice-sim_pi-1/") for message in said} == {
            "gateway/config",
            "chest/config",
            "back/config",
        }
        assert clinic.broker.session is not None
        assert "ha/alive" in clinic.broker.session.topics
        clinic.broker.heard[:] = []  # not below our own topics, which the clinic looks at in the end

    in_virtual_time(story, tmp_path, config=own, memory=Notebook())


COMMANDED = DISCOVERY.replace(
    'device = "beurer_em70"\n', 'device = "beurer_em70"\n[units.back.command]\nenabled = true\n'
)


def test_a_stop_is_offered_of_what_is_commanded_and_its_answer_is_shown(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        for device, name in (("back (simulated)", "stop"), ("ptdevice pi-1 (simulated)", "stop_all")):
            clinic.press_up(3)
            await asyncio.sleep(5)
            assert shown(clinic).state("back (simulated)", "output") == "on"
            clinic.broker.ask(Arrival(*shown(clinic).press(device, name)))
            await asyncio.sleep(5)
            home = shown(clinic)
            assert home.state("ptdevice pi-1 (simulated)", "answer") == "accepted"
            assert home.state("back (simulated)", "output") == "off"

    in_virtual_time(story, tmp_path, config=COMMANDED, memory=Notebook())


def test_no_stop_is_offered_of_what_is_only_observed(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        assert "stop" not in shown(clinic).entities("back (simulated)")
        assert "stop_all" not in shown(clinic).entities("ptdevice pi-1 (simulated)")

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())


def test_a_stop_that_is_no_longer_possible_is_taken_away(tmp_path: Path) -> None:
    notebook = Notebook()
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()

    async def commanded(clinic: Clinic) -> None:
        await announced(clinic)
        assert "stop" in shown(clinic).entities("back (simulated)")

    async def observed(clinic: Clinic) -> None:
        await announced(clinic)
        said = [message for message in discovery(clinic) if message.topic == f"{NODE}/back/config"]
        assert json.loads(said[0].payload)["components"]["stop"] == {"platform": "button"}

    in_virtual_time(commanded, tmp_path / "1", config=COMMANDED, memory=notebook)
    in_virtual_time(observed, tmp_path / "2", config=DISCOVERY, memory=notebook)


def test_a_broker_that_hangs_up_on_announcements_costs_no_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Mosquitto does so where the rights are missing, and on MQTT 3.1.1 without a word."""

    async def story(clinic: Clinic) -> None:
        clinic.broker.hangs_up_below = "homeassistant/"
        await clinic.until(lambda: clinic.records("exercise/repetition"), within_s=120)
        assert clinic.said("/status")[-1]["state"] == "online"
        assert len(discovery(clinic)) == 0
        attempts = len(clinic.broker.attempts)
        clinic.broker.ask(BIRTH)
        await asyncio.sleep(10)
        assert len(clinic.broker.attempts) == attempts  # the connection held
        clinic.broker.hangs_up_below = ""
        clinic.broker.lose()
        await asyncio.sleep(60)
        assert discovery(clinic) == []
        clinic.gateway._home._quiet_until = asyncio.get_running_loop().time()  # an hour has passed
        clinic.broker.lose()
        await asyncio.sleep(60)
        assert {message.topic for message in discovery(clinic)} == TOPICS

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())
    assert caplog.text.count("that is given up for an hour") == 1


def test_a_network_that_comes_and_goes_does_not_end_announcements(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await announced(clinic)
        for _ in range(5):
            clinic.broker.lose()
            await asyncio.sleep(60)
        before = len(discovery(clinic))
        clinic.broker.lose()
        await asyncio.sleep(60)
        assert len(discovery(clinic)) > before

    in_virtual_time(story, tmp_path, config=DISCOVERY, memory=Notebook())


# --- the file ---


SHAPES = [
    f'{{"a": {said}}}' for said in ('{"told": 3}', '{"told": [[]]}', '{"components": []}', '{"components": {"x": 3}}')
]


async def test_a_memory_is_read_as_it_was_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    memory = MemoryFile(tmp_path / "memory.json")
    assert await memory.read() == {}
    await memory.write({"a/b": {"told": ["x"]}})
    await memory.write({"c": {}})
    assert await memory.read() == {"c": {}}
    assert caplog.text == ""
    assert os.listdir(tmp_path) == ["memory.json"]  # noqa: PTH208 - a test may look


@pytest.mark.parametrize("text", ["", "[]", "3", '{"a": 3}', "{", "\x00", "x" * (LARGEST_MEMORY + 1), *SHAPES])
async def test_a_memory_without_sense_is_told_and_forgotten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    (tmp_path / "memory.json").write_text(text)
    assert await MemoryFile(tmp_path / "memory.json").read() == {}
    assert "remove what is gone there by hand" in caplog.text


async def test_a_memory_that_is_no_text_is_told_and_forgotten(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "memory.json").write_bytes(b"\xff\xfe{}")
    assert await MemoryFile(tmp_path / "memory.json").read() == {}
    assert "remove what is gone there by hand" in caplog.text


async def test_a_memory_that_cannot_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    await MemoryFile(tmp_path / "absent" / "memory.json").write({})
    assert "cannot be remembered" in caplog.text


async def test_a_write_that_fails_leaves_the_old_memory(tmp_path: Path) -> None:
    memory = MemoryFile(tmp_path / "memory.json")
    await memory.write({"a": {}})
    (tmp_path / "memory.new").mkdir()  # in the way
    await memory.write({"b": {}})
    assert await memory.read() == {"a": {}}
