"""Two DOTs on one back, through the whole daemon: synchronised over the air, calibrated and measured as MQTT asks for it."""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.spine import Bending, Spine
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.movella_dot import MovellaDot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from ptdevice.devices.movella_dot.messages import SyncResult
    from ptdevice_sim.host import Host

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
UPPER, LOWER = "D4:22:CD:00:00:01", "D4:22:CD:00:00:02"
CONFIG = f"""\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[units.upper]
device = "movella_dot"
address = "{UPPER}"
subject = "k3f7q"
[units.lower]
device = "movella_dot"
address = "{LOWER}"
subject = "k3f7q"
[pairs.lumbar]
trunk = "upper"
pelvis = "lower"
alignment = "ALIGNMENT"
"""
FLEXION, EXTENSION = (70.0, 30.0), (-20.0, -5.0)


@dataclass
class Back:
    """Somebody who wears both, and when things happen, in seconds of the loop."""

    clinic: Clinic
    spine: Spine
    hosts: list[Host]
    begin: float

    @property
    def units(self) -> list[MovellaDot]:
        return [host.unit for host in self.hosts if isinstance(host.unit, MovellaDot)]

    async def at(self, seconds: float) -> None:
        """Wait for this second of the story."""
        await asyncio.sleep(self.begin + seconds - asyncio.get_running_loop().time())

    async def ask(self, name: str, target: str = "lumbar") -> tuple[str, str | None]:
        """What is answered."""
        said = len(self.clinic.said("/res/test"))
        body = {"id": f"r{said}", "requester": "test"}
        self.clinic.broker.ask(Arrival(f"{PREFIX}/cmd/{target}/{name}", json.dumps(body).encode()))
        await self.clinic.until(lambda: len(self.clinic.said("/res/test")) > said, within_s=5.0)
        answer = self.clinic.said("/res/test")[-1]
        return answer["state"], answer["rule"]


def played(
    story: Callable[[Back], Awaitable[None]],
    folder: Path,
    *,
    alignment: str = "device",
    late_s: float = 0.0,
    zero_ns: int = 7_000_000_000,
    verdict: SyncResult | None = None,
) -> None:
    """The trunk's unit is there at once, the pelvis's `late_s` later; their clocks are 40 ppm apart."""

    async def scene(clinic: Clinic) -> None:
        begin = asyncio.get_running_loop().time()
        bendings = [
            Bending(begin + 66.0, 75.0, 30.0),
            Bending(begin + 80.0, *FLEXION),
            Bending(begin + 86.0, *EXTENSION),
        ]
        rng = random.Random(7)  # noqa: S311 - reproducible, not secret
        spine = Spine(rng, bendings, taps=[begin + 62.0, begin + 62.4, begin + 62.9])
        room = DotRoom(verdict)
        hosts = [
            clinic.air.publish(MovellaDot(spine.trunk, address=UPPER, room=room, clock=UnitClock(zero_ns, 20.0))),
            clinic.air.publish(MovellaDot(spine.pelvis, address=LOWER, room=room, clock=UnitClock(900_000_000, -20.0))),
        ]
        if late_s:
            hosts[1].vanish()
            asyncio.get_running_loop().call_later(late_s, hosts[1].appear)
        await story(Back(clinic, spine, hosts, begin))

    in_virtual_time(scene, folder, config=CONFIG.replace("ALIGNMENT", alignment))


async def measure(back: Back) -> dict[str, Any]:
    """Calibrate, bend forwards and backwards, and give back the sum."""
    await back.at(60.0)
    assert await back.ask("calibrate") == ("done", None)
    await back.at(75.0)
    assert await back.ask("begin_range") == ("done", None)
    await back.at(95.0)
    assert await back.ask("end_range") == ("done", None)
    (total,) = back.clinic.records("lumbar/range")
    assert isinstance(total, dict)
    return total


@pytest.mark.parametrize("late_s", [0.0, 25.0])
def test_two_dots_are_synchronised_over_the_air_and_their_clocks_agree(tmp_path: Path, late_s: float) -> None:
    async def story(back: Back) -> None:
        clinic = back.clinic
        await back.at(60.0)
        for alias in ("upper", "lower"):
            values = clinic.said(f"/unit/{alias}/state")[-1]["values"]
            assert values["stream_synchronisation"]["value"] == "running"
        one, other = back.units
        assert one.clock == other.clock
        total = await measure(back)
        assert total["method"] == "device"
        assert total["error_s"] == pytest.approx(0.0144)
        for movement, name in zip(clinic.records("lumbar/movement"), ("flexion", "extension"), strict=True):
            assert movement["direction"] == name
        assert total["flexion_deg"] == pytest.approx(42, abs=2)
        assert total["extension_deg"] == pytest.approx(16, abs=2)

    played(story, tmp_path, late_s=late_s)


def test_a_unit_whose_link_is_lost_after_their_clock_wrapped_still_shares_it(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        await back.at(50.0)  # the clock wrapped ten seconds ago, and a codec that begins now has not seen it
        back.hosts[1].drop_link()
        total = await measure(back)
        assert total["method"] == "device"
        assert total["movements"] == 2

    played(story, tmp_path, zero_ns=2**32 * 1000 - 40_000_000_000)


def test_a_tap_on_both_does_as_well_where_units_share_no_clock(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        total = await measure(back)
        assert (total["method"], total["movements"]) == ("tap", 2)
        assert total["flexion_deg"] == pytest.approx(42, abs=2)
        (calibration,) = back.clinic.records("lumbar/calibration")
        assert (calibration["trunk_deg"], calibration["pelvis_deg"]) == (75, 30)
        (alignment,) = back.clinic.records("lumbar/alignment")
        assert alignment["error_s"] < 0.01
        one, other = back.units
        assert one.clock != other.clock

    played(story, tmp_path, alignment="tap")


def test_a_synchronisation_that_fails_leaves_the_pair_by_arrival_and_says_so(tmp_path: Path) -> None:
    from ptdevice.devices.movella_dot.messages import SyncResult  # noqa: PLC0415 - at the top it is for types

    async def story(back: Back) -> None:
        total = await measure(back)
        assert total["method"] == "arrival"
        assert total["error_s"] > 0.0144
        state = back.clinic.said("/unit/upper/state")[-1]["values"]
        assert state["stream_synchronisation"]["value"] == "the clocks are too far apart"

    played(story, tmp_path, verdict=SyncResult.SKEW)


def test_the_person_is_told_what_to_do_and_sees_the_angle(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        await measure(back)
        live = back.clinic.said("/unit/lumbar/telemetry/lumbar")
        phases = [body["phase"] for body in live]
        assert [phase for i, phase in enumerate(phases) if phase != phases[i - 1]] == [
            "idle", "tapping", "standing", "bending", "ready", "measuring", "ready",
        ]  # fmt: skip
        assert phases.count("idle") == 1
        assert next(body["text"] for body in live if body["phase"] == "standing") == "Stand upright and still."
        assert max(body["lumbar_deg"] for body in live if body["phase"] == "measuring") == pytest.approx(43, abs=2)
        assert max(body["movements"] for body in live) == 2

    played(story, tmp_path, alignment="tap")


def test_how_far_the_two_clocks_are_known_is_retained_and_health_counts_both_streams(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        clinic = back.clinic
        await measure(back)
        assert clinic.said("/unit/lumbar/state")[-1]["values"]["alignment"]["value"] == "tap"
        await back.at(250.0)
        first, last = (clinic.said("/unit/lumbar/state")[i]["values"] for i in (0, -1))
        assert first == {} or first["phase"]["value"] == "idle"
        assert (last["phase"]["value"], last["alignment"]["value"]) == ("ready", "tap")
        assert abs(last["skew_ppm"]["value"] - 40.0) <= last["skew_error_ppm"]["value"] < 25.0
        assert 0.008 < last["alignment_error_s"]["value"] < 0.03
        assert len(clinic.said("/unit/lumbar/state")) < 15
        counters = clinic.said("/diag/health")[-1]["counters"]
        for side in ("trunk", "pelvis"):
            assert counters[f"pair.lumbar.{side}.received"] == pytest.approx(60 * 245, abs=300)
            assert counters[f"pair.lumbar.{side}.missing"] == 0

    played(story, tmp_path, alignment="tap")


def test_what_cannot_be_done_is_refused_with_the_reason(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        await back.at(2.0)
        assert await back.ask("calibrate") == ("refused", "sensor_away")
        await back.at(58.0)
        assert await back.ask("begin_range") == ("refused", "not_calibrated")
        assert await back.ask("end_range") == ("refused", "no_range")
        assert await back.ask("begin_set") == ("refused", "unknown_command")
        assert await back.ask("calibrate", "upper") == ("refused", "unknown_command")
        await back.at(60.0)
        assert await back.ask("calibrate") == ("done", None)
        await back.at(75.0)
        assert await back.ask("begin_range") == ("done", None)
        assert await back.ask("begin_range") == ("refused", "measuring")
        assert await back.ask("align") == ("done", None)

    played(story, tmp_path, alignment="tap", late_s=20.0)


def test_records_of_a_pair_are_its_persons_and_the_birth_certificate_names_it(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        await measure(back)
        (info,) = back.clinic.said("/pi-1/info")
        assert info["pairs"] == [{"alias": "lumbar", "trunk": "upper", "pelvis": "lower", "alignment": "tap"}]
        assert "pair/calibrate" in info["commands"]
        for event in back.clinic.said("/evt/lumbar/movement"):
            assert (event["subject"], event["source"]) == ("k3f7q", "/clinic-a/pi-1/lumbar")

    played(story, tmp_path, alignment="tap")


def test_what_is_measured_when_the_daemon_stops_or_a_link_is_lost_is_recorded(tmp_path: Path) -> None:
    async def story(back: Back) -> None:
        clinic = back.clinic
        await back.at(60.0)
        await back.ask("calibrate")
        await back.at(75.0)
        await back.ask("begin_range")
        await back.at(84.5)
        back.hosts[1].vanish()
        await clinic.until(lambda: clinic.records("lumbar/range"), within_s=30.0)
        (total,) = clinic.records("lumbar/range")
        assert (total["reason"], total["movements"]) == ("sensor_lost", 1)
        back.hosts[1].appear()
        await back.at(130.0)
        assert await back.ask("begin_range") == ("done", None)
        await back.at(135.0)
        await clinic.stop()
        assert clinic.records("lumbar/range")[-1]["reason"] == "shutdown"

    played(story, tmp_path, alignment="tap")
