"""Bluetens, Bluetens 2, Pinktens, Medtens: TENS/EMS units with a shell. Evidence: docs/devices/bluetens.md."""

from __future__ import annotations

from ptdevice.devices.bluetens.codec import QUERIES, BluetensCodec
from ptdevice.devices.bluetens.treatment import STOP, TIMER_S, objection
from ptdevice.devices.bluetens.wire import COMPANY, LEVEL_MAX, SERVICE_UUID, SHELL_UUID
from ptdevice.devices.device import Advertisement, Commanding, Kind, Port, Profile, Traffic

NAMES = frozenset({"blt", "bluetensx", "bluetensq", "bluetens", "bluetens2", "pkt", "pinktens", "medtens"})
PROJECTS = frozenset({b"blt", b"pkt", b"mdt"})  # not "bst": two channels in one number, packed nobody knows how
PROJECT_AT = 8  # in the manufacturer data, after version and address


def _matches(advertisement: Advertisement) -> bool:
    # Thousands of serial modules carry this service, so a name or a project must say more.
    if SERVICE_UUID not in advertisement.service_uuids:
        return False
    name = (advertisement.name or "").lower()
    project = advertisement.manufacturer_data.get(COMPANY, b"")[PROJECT_AT:].rstrip(b"\0")
    return name in NAMES or name.endswith(".blt") or project in PROJECTS


def _near(advertisement: Advertisement) -> str | None:
    if SERVICE_UUID not in advertisement.service_uuids:
        return None
    return "it has the service of one, as thousands of serial modules have, and neither name nor project of one"


PROFILE = Profile(
    name="bluetens",
    title="Bluetens, Pinktens, Medtens TENS/EMS",
    kinds=frozenset({Kind.STIMULATOR}),
    ports=(Port("shell", SHELL_UUID, subscribe=True),),
    matches=_matches,
    near=_near,
    codec=BluetensCodec,
    traffic=Traffic(3.0, 18, asks_hz=1.0),  # a question each second, its answer in lines
    tick_s=0.25,
    quiet_s=6.0,  # three questions in a row without an answer
    queries=QUERIES,
    level_max=LEVEL_MAX,
    commanding=Commanding(
        stop=(STOP,),
        deadman_s=None,  # by its firmware it runs on without a link
        timer_s=TIMER_S,
        readback=True,  # `stat`: level, seconds, digest of the script
        local_stop=True,  # the power key
        local_key=False,  # a unit that stands still starts its default script by its key: that confirms nothing of ours
        refresh_s=0.25,
        proven=False,  # by its published firmware and a description of its app; nobody has published a capture
        firmware=frozenset({"3.3.7"}),  # the revision that was published
        objection=objection,
    ),
)
