"""Who commands over MQTT: asks, arms, presses the key at the unit, and holds the session for as long as it lives."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import struct
import time
from typing import TYPE_CHECKING, Any

import aiomqtt
from tests.mqtt.mosquitto import HOST

from ptdevice.mqtt.topics import rfc3339
from ptdevice.treatment.screening import QUESTIONS
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice_sim.host import Host

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
LEVEL = 3
BEAT_S = 1.0
ANSWER_S, READY_S = 20.0, 30.0
PRESS = struct.pack("llHHi", 0, 0, 1, 0x100, 1)
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[mqtt]
host = "{host}"
port = {port}
[programmes]
timezone = "UTC"
[prescriptions]
folder = "prescriptions"
"""
UNIT = """\
[units.{device}]
device = "{device}"
address = "{address}"
subject = "{person}"
{site}
[units.{device}.command]
enabled = true
accept_timer = "{device}"
accept_unproven = "{device}"
lease_s = 3.0
{key}
"""
PRESCRIPTION = """\
[prescription]
name = "tens"
version = 1
person = "{person}"
prescriber = "pt-17"
valid_from = 2020-01-01
valid_until = 2099-12-31
device = "{device}"
mode = "conventional"
max_level = 8
minutes = 30
per_day = 6
min_gap_min = 0
sites = ["lumbar_left"]
{told}
"""
TOLD = {
    "beurer_em70": "",
    "bluetens": 'programme = "V1D16{R12c|F64P32C12c|R6Pc8F2C1}"\nrate_hz = 100.0\npulse_us = 200.0',
    "dglab_coyote3": "rate_hz = 50.0",
}
CHANNELS = {"dglab_coyote3": "a"}  # of units with more than one


def key_of(folder: Path) -> Path:
    """The key beside the Bluetens, which has none that it tells of."""
    return folder / "key"


def configure(folder: Path, port: int, addresses: dict[str, str]) -> None:
    """Everything that has to be said before a unit may be commanded."""
    (folder / "prescriptions").mkdir()
    text = CONFIG.format(host=HOST, port=port)
    for number, (device, address) in enumerate(addresses.items()):
        person = f"k3f7q{number}"
        key = f'key = "{key_of(folder)}"' if device == "bluetens" else ""
        channel = CHANNELS.get(device)
        site = f'site_{channel} = "lumbar_left"' if channel else 'site = "lumbar_left"'
        text += UNIT.format(device=device, address=address, person=person, key=key, site=site)
        said = PRESCRIPTION.format(person=person, device=device, told=TOLD[device])
        (folder / f"prescriptions/{device}.toml").write_text(said)
    (folder / "ptdevice.toml").write_text(text)


class Controller:
    """One client of the broker. It stops holding when it is cancelled."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._numbers = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self.tokens: dict[str, tuple[str, str]] = {}

    async def listen(self) -> None:
        """Answers, until cancelled."""
        await self._client.subscribe(f"{PREFIX}/res/bench", qos=1)
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            body = json.loads(message.payload)
            if (waiting := self._answers.get(body["id"])) is not None and not waiting.done():
                waiting.set_result(body)

    async def ready(self) -> None:
        """Return when the daemon answers."""
        async with asyncio.timeout(READY_S):
            while True:
                with contextlib.suppress(TimeoutError):
                    await self.ask("gateway", "ping", within_s=1.0)
                    return

    async def ask(self, device: str, name: str, within_s: float = ANSWER_S, **body: object) -> Any:
        """Ask, and give back the answer."""
        number = next(self._numbers)
        id_ = f"bench-{number}"
        waiting = self._answers[id_] = asyncio.get_running_loop().create_future()
        said = {"id": id_, "requester": "bench"} | body
        if name == "arm":
            stamp = {"actor": "pt-17", "issued_at": rfc3339(time.time_ns()), "expires_in_s": 5}
            said |= stamp | {"nonce": f"n{number}", "sequence": number}
        await self._client.publish(f"{PREFIX}/cmd/{device}/{name}", json.dumps(said), qos=1)
        async with asyncio.timeout(within_s):
            return await waiting

    async def begin(self, device: str, host: Host, folder: Path) -> None:
        """From the questions to the press at the unit. Raises RuntimeError where it is refused."""
        channel: dict[str, Any] = {"channel": CHANNELS[device]} if device in CHANNELS else {}
        answers = dict.fromkeys(QUESTIONS, "no")
        await self.ask(
            device, "screen", questionnaire="stimulation", version=1, answers=answers, entered_by="pt-17", valid_days=7
        )
        await self.ask(device, "confirm_pads", site="lumbar_left", area_cm2=25.0, pads=2, entered_by="pt-17", **channel)
        while (answer := await self.ask(device, "arm", prescription="tens", level=LEVEL, **channel))["state"] != "done":
            if answer["rule"] not in {"not_heard", "output_not_zero", "unknown_firmware"}:  # it is not heard yet
                raise RuntimeError(f"{device}: {answer}")
            await asyncio.sleep(0.5)
        self.tokens[device] = (answer["data"]["session"], answer["data"]["token"])
        await asyncio.sleep(0.3)
        press(host, folder)

    async def hold(self) -> None:
        """The controller is there, until cancelled."""
        while True:
            for device, (session, token) in list(self.tokens.items()):
                body = {"id": f"hold-{next(self._numbers)}", "requester": "bench", "session": session, "token": token}
                with contextlib.suppress(aiomqtt.MqttError):
                    await self._client.publish(f"{PREFIX}/cmd/{device}/hold", json.dumps(body), qos=0)
            await asyncio.sleep(BEAT_S)


def press(host: Host, folder: Path) -> None:
    """Somebody at the unit."""
    now, unit = asyncio.get_running_loop().time(), host.unit
    if isinstance(unit, BeurerEm70):
        unit.press_up(now)
    elif isinstance(unit, DglabCoyote3):
        unit.turn(now, 0, 1)
    else:
        with key_of(folder).open("r+b", buffering=0) as key:
            key.write(PRESS)
    host.poke()
