"""What must hold whatever a unit, a broker or a file says: functions of plain bytes that any fuzzer can drive.

A target returns when all was well. What it raises is a finding: an exception that the room under test did not foresee, or an
AssertionError about what came out. The first byte of an input picks the target.

The bytes for a codec are a story, told in steps that `NEXT` stands between: how long to wait (two bits), whether to ask what is
due (one bit), the port (two bits), and in the other octets the packet.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING

from tests.fuzz.commanding import commanded

from ptdevice.config import document
from ptdevice.devices import CATALOGUE
from ptdevice.errors import ConfigError, LinkError, WireError
from ptdevice.link import Packet, Write
from ptdevice.model import (
    Battery,
    ButtonPressed,
    DeviceInformation,
    HeartRate,
    LevelChanged,
    MotionSamples,
    Output,
    StimulationStatus,
    Temperature,
)
from ptdevice.mqtt.commands import REMEMBERED, Command, Door
from ptdevice.mqtt.topics import Arrival, Names, Stamp
from ptdevice.stimulation.channels import Channels
from ptdevice.stimulation.session import SessionObserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.devices.device import Codec
    from ptdevice.model import Event

NEXT = b"\xde\xad"  # a mark instead of lengths, so that inserting an octet does not change what all others mean
WAITS_S = (0.0, 0.02, 1.0, 20.0)
SIG_PORTS = ("battery", "heart_rate", "model_number")
# What a step's two bits for the port mean, by target.
PORTS = {
    "beurer_em70": ("control", "control", "control", "model_number"),
    "bluetens": ("shell",) * 4,
    "coyote": ("notify", "notify", "battery", "notify"),
    "openemsstim": ("battery", "control", "battery", "model_number"),
    "yokonex": ("notify",) * 4,
    "polar": ("pmd_control", "pmd_data", "pmd_data", "heart_rate"),
    "movesense": ("data", "data", "data", "battery"),
    "thingy52": ("raw", "button", "config", "battery"),
    "capture2go": ("data", "data", "data", "command"),
    "bthome": ("advertisement",) * 4,
    "health_thermometer": ("temperature", "temperature", "temperature_type", "battery"),
}

# Frames from outside (tests/devices): after any story, the next good frame must be understood.
BLUETENS_RUNNING = b"tick=12,lmd5=2c6da37f8c710620843d0f23e05e4f91,str=5\r\n"
EM70_RUNNING = bytes.fromhex("5a0c07010901031d3b3b00010e")
H10_SAMPLES = bytes.fromhex("02ea54a2428b4552080145ffe4ffb50345ffe4ffb803")
THINGY_SAMPLE = bytes.fromhex("f3ffbdff02fceaff0500f6ff000000000000")
MOVESENSE_SAMPLES = bytes.fromhex(
    "0263aca1020094b578bf399b8840cdb20d4155ff7cbf6a60884092c70c4182627cbfa2e988405da00c418bf871bf71248940c38c0c41"
    "48e17abf713daabf3333b3bec3f568bf713daabf3e0ad7beae4721bff628bcbf3e0ad7beae4721bf3333b3bf3e0ad7be"
)
C2G_CLEARED = bytes.fromhex("0274c4a75d005901")
C2G_SAMPLE = bytes.fromhex("ff0226ee89ed1f5402005a8c38fe9c9717a400b8fe00400000000000080000080080000008000004")


def one(data: bytes) -> None:
    """Hand an input to the target that its first byte picks."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def beurer_em70(data: bytes) -> None:
    """The stimulator's codec, and the session machine that listens to it."""
    codec, sessions = CATALOGUE["beurer_em70"].codec(), SessionObserver(lambda: "id")
    began = now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["beurer_em70"]):
        if port == "model_number" and not packet:  # an empty string: here, the link is lost and comes back
            sessions.link_lost(now)
            sessions.link_restored(now)
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, StimulationStatus | LevelChanged):
                assert 0 <= event.level <= 15
            if isinstance(event, StimulationStatus):
                assert event.remaining_s is not None
                assert 0 <= event.remaining_s <= 3659
                assert (event.output is Output.OFF) == (event.level == 0)
            sessions.observe(event)
        sessions.tick(now)
        if sessions.snapshot:
            assert 0 <= sessions.snapshot.delivered_s <= now - began + 1e-6
    (status,) = _events(codec, Packet(now + 1.0, "control", EM70_RUNNING))
    assert isinstance(status, StimulationStatus)
    assert (status.level, status.remaining_s, status.output) == (3, 1799, Output.ON)


def bluetens(data: bytes) -> None:
    """The shell's codec, and the session machine that listens to it."""
    codec, sessions = CATALOGUE["bluetens"].codec(), SessionObserver(lambda: "id")
    began = now = 1000.0
    for now, _, packet in _story(data, codec, PORTS["bluetens"]):
        if not packet:
            sessions.link_lost(now)
            sessions.link_restored(now)
        for event in _events(codec, Packet(now, "shell", packet)):
            if isinstance(event, StimulationStatus | LevelChanged):
                assert 0 <= event.level <= 60
            sessions.observe(event)
        sessions.tick(now)
        if sessions.snapshot:
            assert 0 <= sessions.snapshot.delivered_s <= now - began + 1e-6
    *_, status = _events(codec, Packet(now + 1.0, "shell", BLUETENS_RUNNING))
    assert isinstance(status, StimulationStatus)
    assert (status.level, status.elapsed_s, status.output) == (5, 12, Output.ON)


def coyote(data: bytes) -> None:
    """The codec of a unit to which nothing is written, and the machines of its channels."""
    codec, sessions = CATALOGUE["dglab_coyote3"].codec(), Channels(("a", "b"), lambda: "id")
    for now, port, packet in _story(data, codec, PORTS["coyote"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, StimulationStatus):
                assert 0 <= event.level <= 200
                assert event.output is not Output.ON
            assert not sessions.observe(event)
    assert len(_events(codec, Packet(5000.0, "notify", bytes.fromhex("b1000b00")))) == 2


def openemsstim(data: bytes) -> None:
    """The codec of a unit that says nothing but that it is there."""
    codec = CATALOGUE["openemsstim"].codec()
    for now, port, packet in _story(data, codec, PORTS["openemsstim"]):
        for event in _events(codec, Packet(now, port, packet)):
            assert isinstance(event, Battery | DeviceInformation)
            assert not isinstance(event, Battery) or event.percent is None


def yokonex(data: bytes) -> None:
    """The codec of a stimulator that is a sensor too, and the machines of its channels."""
    codec, sessions = CATALOGUE["yokonex_ems"].codec(), Channels(("a", "b"), lambda: "id")
    now = 1000.0
    for now, _, packet in _story(data, codec, PORTS["yokonex"]):
        for event in _events(codec, Packet(now, "notify", packet)):
            if isinstance(event, MotionSamples):
                _samples(event)
            if isinstance(event, StimulationStatus):
                assert 0 <= event.level <= 276
            sessions.observe(event)
        sessions.tick(now)
    (battery,) = _events(codec, Packet(now + 1.0, "notify", bytes.fromhex("3571044bf5")))
    assert battery == Battery(now + 1.0, 75)


def polar(data: bytes) -> None:
    """The sensor's codec: handshake, raw and compressed frames."""
    codec = CATALOGUE["polar"].codec()
    now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["polar"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, MotionSamples):
                _samples(event)
    # Where a gyroscope runs, acceleration waits for it, for 2.5 s at most.
    events = [event for later in (1.0, 4.0) for event in _events(codec, Packet(now + later, "pmd_data", H10_SAMPLES))]
    samples, *_ = [event for event in events if isinstance(event, MotionSamples) and event.at == now + 1.0]
    assert samples.device_ns[-1] == 599618164814402794
    assert math.isclose(samples.acceleration[-1][2], 0.952 * 9.80665)


def movesense(data: bytes) -> None:
    """The codec of GSP: commands one at a time, results, values in parts."""
    codec = CATALOGUE["movesense"].codec()
    now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["movesense"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, MotionSamples):
                _samples(event)
            if isinstance(event, HeartRate):
                assert event.bpm is None or 1 <= event.bpm <= 1000
    *_, samples = _events(codec, Packet(now + 1.0, "data", MOVESENSE_SAMPLES))
    assert isinstance(samples, MotionSamples)
    assert len(samples.acceleration) == len(samples.angular_rate) == 4
    assert math.isclose(samples.acceleration[0][2], 8.856152534484863)


def thingy52(data: bytes) -> None:
    """The codec of a unit that is timed by arrival."""
    codec = CATALOGUE["thingy52"].codec()
    now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["thingy52"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, MotionSamples):
                _samples(event)
    for later in (60.0, 70.0):
        codec.due(now + later)
    *_, samples = _events(codec, Packet(now + 120.0, "raw", THINGY_SAMPLE))
    assert isinstance(samples, MotionSamples)
    assert math.isclose(samples.acceleration[0][2], 1022 / 1024 * 9.80665)


def capture2go(data: bytes) -> None:
    """The codec of a stream of packages that is cut anywhere."""
    codec = CATALOGUE["capture2go"].codec()
    now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["capture2go"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, MotionSamples):
                _samples(event)
            if isinstance(event, Battery):
                assert event.percent is None or 0 <= event.percent <= 100
    # Whatever was begun ends; and what was told to be forgotten is, with the answer.
    _events(codec, Packet(now + 1.0, "data", b"\xff" + bytes(244) + C2G_CLEARED))
    *_, samples = _events(codec, Packet(now + 1.0, "data", C2G_SAMPLE))
    assert isinstance(samples, MotionSamples)
    assert math.isclose(samples.acceleration[0][2], 9.81)


def bthome(data: bytes) -> None:
    """The codec of advertisements that are repeated."""
    codec = CATALOGUE["bthome"].codec()
    now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["bthome"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, Battery):
                assert event.percent is None or 0 <= event.percent <= 100
    *_, pressed = _events(codec, Packet(now + 10.0, "advertisement", b"\x44\x3a\x01"))
    assert isinstance(pressed, ButtonPressed)


def health_thermometer(data: bytes) -> None:
    """The codec of decimals with reserved values."""
    codec = CATALOGUE["health_thermometer"].codec()
    now = 1000.0
    for now, port, packet in _story(data, codec, PORTS["health_thermometer"]):
        for event in _events(codec, Packet(now, port, packet)):
            if isinstance(event, Temperature):
                assert event.celsius is None or -273.15 <= event.celsius <= 1000.0
    (measured,) = _events(codec, Packet(now, "temperature", b"\0\xa0\x0a\0\xfe"))
    assert isinstance(measured, Temperature)
    assert measured.celsius == 27.2


def sig(data: bytes) -> None:
    """Battery, heart rate and device information, by way of a codec that passes them on."""
    codec = CATALOGUE["polar"].codec()
    if data:
        for event in _events(codec, Packet(1.0, SIG_PORTS[data[0] % 3], data[1:])):
            if isinstance(event, Battery):
                assert event.percent is None or 0 <= event.percent <= 100
            if isinstance(event, HeartRate):
                assert event.bpm is None or 1 <= event.bpm <= 65535
                assert all(0 <= rr <= 64000 for rr in event.rr_ms)


def door(data: bytes) -> None:
    """Whatever arrives over MQTT is admitted, answered or dropped; it never raises, and is not remembered for ever."""
    names, stamp = (
        Names("clinic-a", "pi-1", simulated=False),
        Stamp("boot", 1_795_451_760_000_000_000, 1000.0, synced=True),
    )
    gate = Door(names, ["back"])
    for i, body in enumerate(data.split(b"\xff")):
        topic, _, payload = body.partition(b"\xfe")
        tail = topic.decode("utf-8", "replace")
        arrival = Arrival(f"{names.prefix}/cmd/{tail}" if i % 2 else tail, payload, retain=False)
        if isinstance(admitted := gate.admit(arrival, stamp), Command):
            assert admitted.unit in {None, "back"}
    assert len(gate._answers) <= REMEMBERED


def config(data: bytes) -> None:
    """Any text is a document or a ConfigError."""
    text = data.decode("utf-8", "replace")
    document.find_lines(text)
    with contextlib.suppress(ConfigError):
        document.parse(text, "f.toml")


TARGETS = (
    beurer_em70,
    bluetens,
    polar,
    sig,
    door,
    config,
    movesense,
    thingy52,
    capture2go,
    coyote,
    yokonex,
    bthome,
    health_thermometer,
    openemsstim,
    commanded,
)


def _story(data: bytes, codec: Codec, ports: tuple[str, ...]) -> Iterator[tuple[float, str, bytes]]:
    now = 1000.0
    for told in data.split(NEXT):
        step, packet = (told or b"\0")[0], told[1:]
        now += WAITS_S[step & 3]
        if step & 4:
            with contextlib.suppress(LinkError):
                for wish in codec.due(now):
                    if isinstance(wish, Write):
                        _permitted(codec, wish)
        yield now, ports[step >> 3 & 3], packet


def _permitted(codec: Codec, write: Write) -> None:
    """Writes are those of an observer: one query to the stimulator; to sensors get, start and stop, and a start anew."""
    if isinstance(codec, CATALOGUE["beurer_em70"].codec):  # type: ignore[arg-type] # the profile's codec is its class
        assert write == Write("control", bytes.fromhex("5a0507000066"))
    elif isinstance(codec, CATALOGUE["thingy52"].codec):  # type: ignore[arg-type] # as above
        assert write.port == "config"
        assert len(write.data) == 9
    elif isinstance(codec, CATALOGUE["capture2go"].codec):  # type: ignore[arg-type] # as above
        assert write.port == "command"
        assert write.data[6:8] in {b"\x20\x01", b"\x50\x01", b"\x58\x01"}
    elif isinstance(codec, CATALOGUE["movesense"].codec):  # type: ignore[arg-type] # as above
        assert write.port == "command"
        assert write.data[0] in {0, 1, 2, 4, 7}
    elif isinstance(codec, CATALOGUE["bluetens"].codec):  # type: ignore[arg-type] # likewise
        assert write.port == "shell"
        assert write.data in {b">ver\r\n", b">bat\r\n", b">stat\r\n"}
    elif isinstance(codec, CATALOGUE["yokonex_ems"].codec):  # type: ignore[arg-type] # likewise
        assert write.port == "write"
        assert write.data[:2] == b"\x35\x71"
    else:
        assert write.port == "pmd_control"
        assert write.data[0] in {1, 2, 3}
        assert write.data[1] in {2, 5}


def _events(codec: Codec, packet: Packet) -> list[Event]:
    """The events of a packet, up to the WireError that is the only one allowed."""
    events: list[Event] = []
    with contextlib.suppress(WireError):
        events.extend(codec.decode(packet))
    assert all(event.at <= packet.at for event in events)  # samples may wait for those of another stream
    return events


def _samples(event: MotionSamples) -> None:
    assert 1 <= len(event.acceleration) <= 1024
    assert len(event.device_ns) == len(event.acceleration)
    assert all(a <= b for a, b in zip(event.device_ns, event.device_ns[1:], strict=False))
    assert all(math.isfinite(value) for sample in event.acceleration for value in sample)
    assert event.rate_hz >= 1
