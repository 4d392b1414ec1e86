"""The clinic between a test and an application: real messages, time in the test's hand, nothing left behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ptdevice.mqtt.client import Broker, connect
from ptdevice.mqtt.topics import Message
from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.log import lines
from ptdevice_sim.kit.clinic import VirtualClinic, scenario_of
from ptdevice_sim.kit.errors import ClinicError, GoldenMismatchError
from ptdevice_sim.kit.normal import normalise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ptdevice.mqtt.client import Session
    from ptdevice.mqtt.topics import Arrival

SCENARIO = """\
title = "Five sit-ups"
duration = "2m"
seed = 2
[people.k3f7q]
[[people.k3f7q.exercises]]
time = "20s"
sets = [5]
[units.chest]
device = "polar"
worn_by = "k3f7q"
exercise = "sit_up"
[units.back]
device = "beurer_em70"
[[at]]
time = "10s"
press = "back"
times = 3
"""
Open = "Callable[..., VirtualClinic]"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., VirtualClinic]]:
    clinics: list[VirtualClinic] = []

    def open_clinic(text: str = SCENARIO, **options: Any) -> VirtualClinic:
        clinics.append(VirtualClinic(scenario_of(text, tmp_path), folder=tmp_path, **options))
        return clinics[-1]

    yield open_clinic
    for clinic in clinics:
        clinic.close()


@dataclass
class App:
    """An application under test: a client of its own, which hears and asks."""

    session: Session
    heard: list[Arrival] = field(default_factory=list)

    def bodies(self, end: str) -> list[Any]:
        return [json.loads(arrival.payload) for arrival in self.heard if arrival.topic.endswith(end)]

    async def read(self) -> None:
        async for arrival in self.session.messages():
            self.heard.append(arrival)


@contextlib.asynccontextmanager
async def app(clinic: VirtualClinic, *, protocol: int = 5) -> AsyncIterator[App]:
    async with connect(Broker(clinic.host, "app", clinic.port, protocol=protocol)) as session:
        one = App(session)
        reading = asyncio.create_task(one.read())
        await session.subscribe(f"{clinic.prefix}/#", retained=True)
        try:
            yield one
        finally:
            reading.cancel()
            await asyncio.wait([reading])


@pytest.mark.parametrize(("engine", "protocol"), [("mosquitto", 5), ("amqtt", 4)])
async def test_everything_that_is_said_arrives_at_an_application(
    opened: Callable[..., VirtualClinic], engine: str, protocol: int
) -> None:
    clinic = opened(engine=engine)
    async with app(clinic, protocol=protocol) as one:
        await clinic.advance_async(seconds=60)
        await clinic.eventually_async(lambda: len(one.heard) >= len(clinic.log))
        said = sorted((message.topic, message.payload) for message in clinic.log)
        assert sorted((arrival.topic, arrival.payload) for arrival in one.heard) == said
        assert [body["data"]["index"] for body in one.bodies("/exercise/repetition")] == [1, 2, 3, 4, 5]


def test_when_time_has_moved_the_broker_has_acknowledged_everything(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    for seconds in (1, 30, 60):
        clinic.advance(seconds=seconds)
        assert clinic._box.delivered == clinic._box.posted == len(clinic.log)
    assert len(clinic.log) > 200


async def test_live_values_and_records_are_handed_over_in_their_order(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened(engine="mosquitto")
    async with app(clinic) as one:
        for i in range(12):  # fewer than a broker sends to one subscriber without waiting for acknowledgements
            clinic._box.post(Message(f"{clinic.prefix}/order", str(i).encode(), qos=i % 2))
        await clinic.eventually_async(lambda: len(one.bodies("/order")) == 12)
        assert one.bodies("/order") == list(range(12))


async def test_records_arrive_in_their_order(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    async with app(clinic) as one:
        await clinic.run_async()
        await clinic.eventually_async(
            lambda: one.bodies("/status")[-1:] and one.bodies("/status")[-1]["state"] == "offline"
        )
        sequences = [int(json.loads(a.payload)["sequence"]) for a in one.heard if "/evt/" in a.topic]
        assert len(sequences) > 6
        assert sequences == list(range(1, len(sequences) + 1))


async def test_who_subscribes_late_is_told_what_is_retained(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    clinic.advance(seconds=30)
    async with app(clinic) as one:
        await clinic.eventually_async(lambda: one.bodies("/unit/back/state"))
        assert one.bodies("/unit/back/state")[0]["values"]["level"]["value"] == 3
        assert all(arrival.retain for arrival in one.heard)


def test_time_stands_still_until_it_is_moved(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    assert clinic.now_s == 0
    first = clinic.advance(seconds=12.5)
    assert clinic.now_s == 12.5
    assert max(said.t_s for said in first) <= 12.5
    second = clinic.advance(minutes=0.5, seconds=2)
    assert clinic.now_s == 44.5
    assert min(said.t_s for said in second) >= 12.5
    assert [*first, *second] == list(clinic.log)


def test_time_passes_to_the_end_of_the_scenario_and_not_beyond(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    clinic.advance(hours=1)
    assert clinic.now_s == 120
    assert clinic.last("status")["state"] == "online"
    clinic.run()
    assert clinic.last("status")["state"] == "offline"
    with pytest.raises(ClinicError, match="the scenario is over"):
        clinic.advance(seconds=1)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_time_goes_forwards_only(opened: Callable[..., VirtualClinic], seconds: float) -> None:
    clinic = opened()
    with pytest.raises(ValueError, match="forwards only"):
        clinic.advance(seconds=seconds)


def test_in_steps_the_same_is_said_as_in_one_run(opened: Callable[..., VirtualClinic], tmp_path: Path) -> None:
    clinic = opened()
    for seconds in (0.1, 7, 13.37, 31, 5.5):
        clinic.advance(seconds=seconds)
    clinic.run()
    whole = run_scenario(scenario_of(SCENARIO, tmp_path))
    assert list(lines(clinic.log)) == list(lines(whole.said))
    assert clinic.truth == whole.truth


async def test_a_request_reaches_the_gateway_at_the_next_advance_and_is_answered(
    opened: Callable[..., VirtualClinic],
) -> None:
    clinic = opened()
    await clinic.advance_async(seconds=5)
    async with app(clinic) as one:
        request = json.dumps({"id": "q1", "requester": "app"}).encode()
        await one.session.publish(Message(f"{clinic.prefix}/cmd/gateway/ping", request, qos=1))
        assert "res/app" not in clinic.topics()
        said = await clinic.advance_async(seconds=0.5)
        assert [json.loads(m.payload)["state"] for m in said if m.topic.endswith("/res/app")] == ["done"]
        await clinic.eventually_async(lambda: one.bodies("/res/app"))
        assert one.bodies("/res/app")[0]["id"] == "q1"


async def test_a_test_can_wait_for_the_application_to_ask(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    await clinic.advance_async(seconds=5)

    async def ask(one: App) -> None:
        await asyncio.sleep(0.2)
        body = {"id": "q2", "requester": "app", "target": 3}
        await one.session.publish(Message(f"{clinic.prefix}/cmd/chest/begin_set", json.dumps(body).encode(), qos=1))

    async with app(clinic) as one:
        asking = asyncio.create_task(ask(one))
        await clinic.wait_for_request_async()
        await asking
        await clinic.advance_async(seconds=2)
        assert clinic.last("unit/chest/telemetry/exercise")["target"] == 3
    with pytest.raises(ClinicError, match=r"nothing was published on .*/cmd/ within 0.1 s"):
        clinic.wait_for_request(within_s=0.1)


async def test_what_is_asked_while_the_gateway_is_not_connected_is_lost_and_told(
    opened: Callable[..., VirtualClinic],
) -> None:
    clinic = opened(SCENARIO + '[[at]]\ntime = "20s"\nbroker = "down"\nfor = "30s"\n')
    await clinic.advance_async(seconds=25)
    async with app(clinic) as one:
        await clinic.eventually_async(lambda: one.bodies("/status"))
        assert one.bodies("/status")[-1]["state"] == "offline"  # the will
        await one.session.publish(Message(f"{clinic.prefix}/cmd/gateway/ping", b'{"id":"q","requester":"app"}', qos=1))
        await clinic.advance_async(seconds=60)
        assert clinic.unheard == ["cmd/gateway/ping"]
        assert "res/app" not in clinic.topics()


async def test_the_answer_carries_the_correlation_of_an_mqtt_5_request(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened(engine="mosquitto")
    await clinic.advance_async(seconds=5)
    async with app(clinic) as one:
        ping = Message(
            f"{clinic.prefix}/cmd/gateway/ping", b'{"id":"q","requester":"app"}', qos=1, correlation=b"\x07x"
        )
        await one.session.publish(ping)
        await clinic.advance_async(seconds=1)
        await clinic.eventually_async(lambda: one.bodies("/res/app"))
        assert [arrival.correlation for arrival in one.heard if arrival.topic.endswith("/res/app")] == [b"\x07x"]


def test_what_was_said_can_be_asked_for_by_topic(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    clinic.advance(seconds=60)
    assert [record["index"] for record in clinic.records("exercise/repetition")] == [1, 2, 3, 4, 5]
    assert clinic.last("unit/back/state")["values"]["level"]["value"] == 3
    assert {"evt/exercise/repetition", "info", "status", "unit/back/availability"} <= set(clinic.topics())
    assert [body["availability"] for body in clinic.messages("unit/+/availability")][-2:] == ["online", "online"]
    assert len(clinic.records()) > 5
    assert [true.detail["output"] for true in clinic.truth if true.what == "output"][-1] == "on"
    with pytest.raises(LookupError, match=r"nothing was said on unit/belt/state until 60 s; there was .*evt/exercise"):
        clinic.last("unit/belt/state")


def test_a_golden_file_is_written_compared_and_told_apart(opened: Callable[..., VirtualClinic], tmp_path: Path) -> None:
    writing = opened(update=True)
    writing.run()
    writing.golden("golden/five.jsonl")
    assert writing.written == [tmp_path / "golden" / "five.jsonl"]
    clinic = opened()
    clinic.run()
    clinic.golden("golden/five.jsonl")
    path = tmp_path / "golden" / "five.jsonl"
    path.write_text(path.read_text().replace('"repetitions": 5', '"repetitions": 7'))
    with pytest.raises(GoldenMismatchError, match=r"data.repetitions  expected 7, got 5") as caught:
        clinic.golden("golden/five.jsonl")
    assert str(caught.value).startswith(f"not as {path} expects: 1 changed; ")
    assert "pytest --update-golden" in str(caught.value)


def test_a_golden_file_that_is_not_there_is_no_success(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened()
    with pytest.raises(GoldenMismatchError, match=r"it is not there. `pytest --update-golden` writes it"):
        clinic.golden("none.jsonl")


def test_another_seed_is_another_run(opened: Callable[..., VirtualClinic]) -> None:
    ranges = []
    for clinic in (opened(), opened(seed=3)):
        clinic.advance(seconds=60)
        ranges.append([record["range_deg"] for record in clinic.records("exercise/repetition")])
    assert ranges[0]
    assert ranges[0] != ranges[1]


def test_a_report_is_written_at_any_moment(opened: Callable[..., VirtualClinic], tmp_path: Path) -> None:
    clinic = opened()
    clinic.advance(seconds=60)
    path = clinic.report("out/page.html")
    assert path == tmp_path / "out" / "page.html"
    assert "counted 5, true 5" in path.read_text()


def test_two_clinics_do_not_hear_each_other(opened: Callable[..., VirtualClinic]) -> None:
    one, other = opened(), opened(SCENARIO.replace("sets = [5]", "sets = [4]"))
    assert one.port != other.port
    one.advance(seconds=60)
    other.advance(seconds=60)
    assert (len(one.records("exercise/repetition")), len(other.records("exercise/repetition"))) == (5, 4)


def test_what_takes_too_long_is_cut_short_and_time_goes_on_from_there(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened(SCENARIO.replace('"2m"', '"180d"'))
    with pytest.raises(ClinicError, match="were not enough: virtual time has come to") as caught:
        clinic.advance(days=170, within_s=1.0)
    assert "within_s" in str(caught.value)
    stopped_at = clinic.now_s
    assert 1 < stopped_at < 170 * 86_400
    clinic.advance(seconds=10)
    assert clinic.now_s == pytest.approx(stopped_at + 10)


def test_a_clinic_ends_although_a_thread_is_still_moving_its_time(opened: Callable[..., VirtualClinic]) -> None:
    clinic = opened(SCENARIO.replace('"2m"', '"180d"'))
    told: list[BaseException] = []

    def move() -> None:
        try:
            clinic.run()
        except BaseException as error:  # noqa: BLE001 - looked at below
            told.append(error)

    mover = threading.Thread(target=move)
    mover.start()
    clinic.eventually(lambda: len(clinic.log) > 100, within_s=30)
    clinic.close()
    mover.join(30)
    assert not mover.is_alive()
    assert len(told) == 1


def children() -> set[int]:
    """Processes that this one started and that still run."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, ValueError):
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[1]) == os.getpid():
                    found.add(int(entry.name))
    return found


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    threads, processes = threading.active_count(), children()
    clinic = VirtualClinic(scenario_of(SCENARIO, tmp_path), folder=tmp_path, engine="mosquitto")
    clinic.advance(seconds=5)
    assert threading.active_count() > threads
    (broker,) = children() - processes
    clinic.close()
    clinic.close()  # twice is as good as once
    assert threading.active_count() == threads
    assert broker not in children()
    with pytest.raises(OSError, match="refused"), socket.create_connection((clinic.host, clinic.port)):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_broker_that_dies_is_told_and_the_end_is_in_order(tmp_path: Path) -> None:
    before = children()
    clinic = VirtualClinic(scenario_of(SCENARIO, tmp_path), folder=tmp_path, engine="mosquitto")
    clinic.advance(seconds=5)
    (broker,) = children() - before
    os.kill(broker, 9)
    with pytest.raises(ClinicError, match="broker is gone"):
        clinic.advance(seconds=60)
    clinic.close()
    assert children() == before


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("home_weak", "there is no scenario home_weak"),
        ("none.toml", "none.toml"),
        ('title = "x"\nduration = "1 fortnight"\n', "the scenario in this test:2: duration"),
    ],
)
def test_a_scenario_that_cannot_be_played_is_told_with_all_that_is_wrong(tmp_path: Path, given: str, why: str) -> None:
    with pytest.raises(ClinicError, match=why):
        scenario_of(given, tmp_path)


def test_a_scenario_is_found_by_name_or_beside_the_test(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SCENARIO)
    assert scenario_of("mine.toml", tmp_path).title == "Five sit-ups"
    assert scenario_of(Path("mine.toml"), tmp_path).title == "Five sit-ups"
    assert scenario_of("home_week", tmp_path).duration == 7 * 86_400


def test_the_golden_lines_of_two_runs_are_the_same_whatever_the_ids(tmp_path: Path) -> None:
    scenario = scenario_of(SCENARIO, tmp_path)
    assert normalise(run_scenario(scenario).said) == normalise(run_scenario(scenario).said)
