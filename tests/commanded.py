"""A clinic in virtual time whose stimulator is commanded: its files, the requests, and what a controller has to do.

The EM 70 is the simulated unit in process; nobody here plays the guard, the charts or the journal: they are the daemon's.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.clinic import NOON_NS, Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival, rfc3339
from ptdevice.treatment.screening import QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
PERSON = "k3f7q"
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[programmes]
timezone = "UTC"
[prescriptions]
folder = "prescriptions"
[units.back]
device = "beurer_em70"
subject = "k3f7q"
site = "lumbar_left"
[units.back.command]
enabled = true
accept_timer = "beurer_em70"
accept_unproven = "beurer_em70"
lease_s = {lease_s}
max_level = 12
"""
PRESCRIPTION = """\
[prescription]
name = "tens"
version = 1
person = "k3f7q"
prescriber = "pt-17"
valid_from = 2026-01-01
valid_until = 2027-12-31
device = "beurer_em70"
mode = "conventional"
max_level = 8
minutes = 30
per_day = 3
min_gap_min = 0
sites = ["lumbar_left"]
"""


@dataclass
class Controller:
    """Somebody who asks. `skew_s` is by how much the requester's clock is ahead."""

    clinic: Clinic
    requester: str = "tablet"
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def say(
        self, name: str, /, target: str = "back", *, retain: bool = False, raw: bytes | None = None, **body: Any
    ) -> str:
        """Ask for less, or for anything that needs no stamp. Returns the request's id."""
        id_ = f"{self.requester}-{next(self.ids)}"
        payload = raw if raw is not None else json.dumps({"id": id_, "requester": self.requester, **body}).encode()
        self.clinic.broker.ask(Arrival(f"{PREFIX}/cmd/{target}/{name}", payload, retain=retain))
        return id_

    def more(self, name: str, /, *, age_s: float = 0.0, retain: bool = False, **body: Any) -> str:
        """Ask for more, issued so long ago. What is in `body` goes before what would stand there."""
        number = next(self.ids)
        now_ns = NOON_NS + round((asyncio.get_running_loop().time() + self.clinic.wall_jump_s[0] - age_s) * 1e9)
        said = {
            "id": f"{self.requester}-{number}",
            "requester": self.requester,
            "actor": "pt-17",
            "issued_at": rfc3339(now_ns),
            "expires_in_s": 5,
            "nonce": f"{self.requester}-n{number}",
            "sequence": number,
        } | body
        self.clinic.broker.ask(Arrival(f"{PREFIX}/cmd/back/{name}", json.dumps(said).encode(), retain=retain))
        return str(said["id"])

    async def answer(self, id_: str) -> Any:
        """What was answered to it, last."""
        found: list[Any] = []
        async with asyncio.timeout(10.0):
            while not found:
                await asyncio.sleep(0.05)
                found = [body for body in self.answers() if body["id"] == id_]
        return found[-1]

    def answers(self) -> list[Any]:
        return [json.loads(message.payload) for message in self.clinic.broker.heard if "/res/" in message.topic]

    async def prepare(self) -> None:
        """The unit is heard, and the person was asked and looked at."""
        await self.clinic.until(
            lambda: self.clinic.gateway.bedsides["back"].report.availability == "online", within_s=20
        )
        await asyncio.sleep(3.0)
        screened = self.say(
            "screen",
            questionnaire="stimulation",
            version=1,
            answers=dict.fromkeys(QUESTIONS, "no"),
            entered_by="pt-17",
            valid_days=7,
        )
        assert (await self.answer(screened))["state"] == "done"
        pads = self.say("confirm_pads", site="lumbar_left", area_cm2=25.0, pads=2, entered_by="pt-17")
        assert (await self.answer(pads))["state"] == "done"

    async def armed(self, level: int = 4, **body: Any) -> Any:
        """Ready to be started: the answer's data."""
        answer = await self.answer(self.more("arm", prescription="tens", level=level, **body))
        assert answer["state"] == "done", answer
        return answer["data"]

    async def started(self, level: int = 4, *, run_s: float = 8.0) -> Any:
        """Armed, started at the unit's own key, and gone on for so long."""
        armed = await self.armed(level)
        self.clinic.press_up()
        await asyncio.sleep(run_s)
        assert self.session["state"] == "running", self.session
        return armed

    @property
    def session(self) -> Any:
        """The session as everybody was told last."""
        return self.clinic.said("/unit/back/session")[-1]

    def audits(self) -> list[tuple[str, str, str | None]]:
        return [(body["action"], body["decision"], body["rule"]) for body in self.clinic.records("audit")]


def in_commanded_clinic(
    story: Callable[[Clinic, Controller], Awaitable[None]], folder: Path, *, lease_s: float = 0.0, **options: Any
) -> None:
    """Run a story in a clinic whose EM 70 is commanded."""
    (folder / "prescriptions").mkdir()
    (folder / "prescriptions/tens.toml").write_text(PRESCRIPTION)

    async def told(clinic: Clinic) -> None:
        await story(clinic, Controller(clinic))

    options.setdefault("config", CONFIG.format(lease_s=lease_s))
    in_virtual_time(told, folder, **options)
