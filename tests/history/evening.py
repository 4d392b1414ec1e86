"""An evening that a journal can tell of: stimulation at several levels, a set of sit-ups, pain before and after, heat by hand."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.clinic import CONFIG, NOON_NS, Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival, Stamp

if TYPE_CHECKING:
    from pathlib import Path

EVENING = CONFIG.replace('device = "beurer_em70"\n', 'device = "beurer_em70"\nsubject = "k3f7q"\nsite = "lumbar_left"\n')


def ask(inside: Clinic, command: str, **fields: Any) -> None:
    body = {"id": f"at-{asyncio.get_running_loop().time():.0f}", "requester": "tablet", **fields}
    prefix = "ptdevice-sim/v1/clinic-a/pi-1"
    inside.broker.ask(Arrival(f"{prefix}/cmd/{command}", json.dumps(body).encode()))


async def therapy(inside: Clinic) -> None:
    await inside.until(lambda: inside.broker.session is not None, within_s=10)
    await asyncio.sleep(1)
    ask(inside, "chest/rate_pain", rating=5, moment="before")
    await inside.until(lambda: inside.records("exercise/set"), within_s=300)
    await asyncio.sleep(60)
    ask(inside, "chest/rate_pain", rating=4, moment="after")
    await asyncio.sleep(5)
    began = Stamp("", NOON_NS, 0.0, synced=True).rfc3339(asyncio.get_running_loop().time() - 1500)
    ask(inside, "chest/log_modality", kind="heat", start=began, minutes=20, site="lumbar_left", entered_by="physio-2")
    for presses, minutes in ((3, 5), (2, 10), (1, 3)):
        inside.press_up(presses)
        await asyncio.sleep(60 * minutes)
    for _ in range(3):
        inside.em70.press_down(asyncio.get_running_loop().time())
        inside.back.poke()
        await asyncio.sleep(60)
    await inside.until(lambda: inside.records("stimulation/session"), within_s=3600)
    await asyncio.sleep(60)


def recorded(folder: Path) -> Path:
    """The journal of that evening; the same every time."""
    in_virtual_time(therapy, folder, config=EVENING)
    return folder / "journal.sqlite"
