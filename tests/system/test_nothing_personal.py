"""Every device that can be played, heard by one gateway: nothing that it says or logs tells whose units they are."""

from __future__ import annotations

import asyncio
import io
import re
from typing import TYPE_CHECKING

import pytest
from tests.clinic import CONFIG, Clinic, in_virtual_time
from tests.requests.test_assignments import ANNA, assign
from tests.simulators.carriers.observing import LyingStill

from ptdevice.devices import CATALOGUE
from ptdevice.logs import set_up
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.scenario import Unit as UnitTable
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice_sim.unit import Unit

OWNER = "Annas Gurt"  # a name that somebody gave to a unit
# A prefix of its own for each: parts of it must not be found by chance.
ADDRESSES = {device: f"DE:AD:BE:EF:{number:02X}:5A" for number, device in enumerate(sorted(DEVICES), 0xA0)}
OTHERS = {device: address for device, address in ADDRESSES.items() if device not in {"polar", "beurer_em70"}}


@pytest.fixture
def log() -> io.StringIO:
    """What a person reads of a daemon that logs at info."""
    stream = io.StringIO()
    set_up("info", stream, {})
    return stream


def config() -> str:
    units = [f'[units.{device}]\ndevice = "{device}"\naddress = "{address}"\n' for device, address in OTHERS.items()]
    return CONFIG.replace('subject = "k3f7q"', 'subject = "k3f7q"\nname = "{chest}"') + "".join(
        [*units, f'[units.absent]\ndevice = "polar"\nname = "{OWNER}"\n']
    )


def forms(address: str) -> set[str]:
    """The ways in which an address may be written."""
    octets = address.split(":")
    both = ["".join(octets), "".join(reversed(octets))]
    return {joined.join(octets) for joined in ":-_"} | set(both)


def serials(unit: Unit) -> set[str]:
    """What looks like a serial number in what the unit says of itself."""
    name = (unit.advertising.name or b"").decode("utf-8", "replace")
    told = [name, str(getattr(unit, "serial", ""))]
    found = {each for text in told for each in re.findall(r"[0-9A-Za-z]{6,}", text) if not each.isalpha()}
    return {
        each for each in found if not any(each in profile.title for profile in CATALOGUE.values())
    }  # a model is none


def test_no_address_serial_or_name_is_in_a_topic_a_payload_or_the_log(tmp_path: Path, log: io.StringIO) -> None:
    chest = (PolarSensor(LyingStill()).advertising.name or b"").decode()  # has its serial number in it
    private: set[str] = {OWNER, *OWNER.split()}
    heard: list[str] = []

    async def story(clinic: Clinic) -> None:
        body = LyingStill()
        units: list[Unit] = [clinic.polar, clinic.em70]
        for device, address in OTHERS.items():
            units.append(DEVICES[device].build(UnitTable(device=device), address, body))
            clinic.air.publish(units[-1])
        for unit in units:
            private.update(forms(unit.address), serials(unit))
        await asyncio.sleep(45)  # longer than the search for the one that is not there
        assert await assign(clinic, "chest", ANNA) in {("done", None), ("refused", "open")}
        clinic.back.faults.corrupt = 1.0  # what makes no sense is logged, and so is what is lost
        await asyncio.sleep(20)
        clinic.back.vanish()
        await asyncio.sleep(40)
        online = {alias for alias, bedside in clinic.gateway.bedsides.items() if bedside.connection.progress.packets}
        assert online >= {"chest", "back", *OTHERS} - {"bthome"}, "each of them was heard"
        heard.extend(f"{message.topic} {message.payload.decode()}" for message in clinic.broker.heard)

    in_virtual_time(story, tmp_path, config=config().replace("{chest}", chest))
    text = log.getvalue()
    assert "no_adverts" in text
    assert len(heard) > 200
    assert len(private) > 5 * len(DEVICES)
    found = {secret for secret in private if any(secret.lower() in said.lower() for said in [*heard, text])}
    assert found == set()
    retained = [said for said in heard if "/unit/" in said or "/status" in said or "/info" in said]
    assert not [said for said in retained if ANNA in said or "k3f7q" in said]


def test_every_device_of_the_catalogue_is_looked_at() -> None:
    assert set(DEVICES) == set(CATALOGUE), "one that cannot be played cannot be looked at here"
