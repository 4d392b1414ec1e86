"""Every vector means to the codec what it says. (That the simulated units speak them: tests/simulators/units.)"""

from __future__ import annotations

import pytest
from tests.devices.movesense import conversation as movesense
from tests.devices.polar.conversation import sense, streaming
from tests.devices.thingy52 import conversation as thingy52
from tests.devices.vectors import AT, Vector, every, load, parse, same

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Codec, Kind
from ptdevice.errors import WireError
from ptdevice.link import Packet, Write
from ptdevice.model import Battery

ALL = every()
SAID = [(device, vector) for device, vector in ALL if vector.kind != "do"]
IDS = [f"{device}: {vector.name}" for device, vector in ALL]


def codec_for(device: str, vector: Vector) -> Codec:
    """The device's codec, having gone through what comes before; those of the SIG services by way of any device."""
    if "also" in vector.unit:
        return sense("gyroscope", *(what for what in vector.unit["also"] if what != "gyroscope"))
    if vector.port == "pmd_data" and "model" in vector.unit:
        return streaming(vector.unit["model"])
    if device == "movesense" and vector.unit:
        return movesense.streaming(vector.unit.get("resource", "IMU6"), vector.unit.get("rate_hz", 52))
    if device == "thingy52" and vector.port == "raw":
        return thingy52.streaming()
    return CATALOGUE["polar" if device == "sig" else device].codec()


@pytest.mark.parametrize(("device", "vector"), SAID, ids=[f"{device}: {vector.name}" for device, vector in SAID])
def test_the_codec_reads_what_the_vector_means(device: str, vector: Vector) -> None:
    codec = codec_for(device, vector)
    *before, last = vector.packets()
    for packet in before:
        list(codec.decode(packet))
    match vector.kind:
        case "event" | "events":
            heard, meant = list(codec.decode(last)), vector.events()
            assert len(heard) == len(meant)
            assert all(same(event, other, vector.within) for event, other in zip(heard, meant, strict=True)), heard
        case "nothing":
            assert list(codec.decode(last)) == []
        case "error":
            with pytest.raises(WireError) as caught:
                list(codec.decode(last))
            assert vector.means["error"] in str(caught.value)
            assert (caught.value.port, caught.value.data) == (last.port, last.data)


@pytest.mark.parametrize(("device", "vector"), ALL, ids=IDS)
def test_a_vector_is_of_a_port_that_there_is(device: str, vector: Vector) -> None:
    ports = {port.name for port in CATALOGUE["polar" if device == "sig" else device].ports}
    assert vector.port in ports


@pytest.mark.parametrize("device", [*CATALOGUE, "sig"])
def test_a_device_is_known_by_bytes_that_we_did_not_make(device: str) -> None:
    outside = [vector for vector in load(device) if vector.source != "derived"]
    assert len(outside) >= 10
    says = device == "sig" or any(port.subscribe and port.name != "battery" for port in CATALOGUE[device].ports)
    assert not says or {vector.kind for vector in outside} & {"event", "events"}


@pytest.mark.parametrize("device", [name for name, profile in CATALOGUE.items() if Kind.STIMULATOR in profile.kinds])
def test_a_stimulator_hears_only_bytes_that_were_heard_on_air_or_printed_by_its_vendor(device: str) -> None:
    proven = {
        (vector.port, vector.data)
        for vector in load(device)
        if vector.source in {"capture", "vendor"} and vector.means.get("do", "").startswith("read_")
    }
    assert {(write.port, write.data) for write in CATALOGUE[device].queries} <= proven


@pytest.mark.parametrize("device", ["dglab_coyote3", "openemsstim"])
def test_a_stimulator_that_has_no_questions_hears_nothing(device: str) -> None:
    profile = CATALOGUE[device]
    assert not profile.queries
    codec = profile.codec()
    assert not [wish for second in range(600) for wish in codec.due(float(second)) if isinstance(wish, Write)]


VECTOR = """
[[vector]]
name = "battery at 85 %"
source = "capture"
cite = "unit A"
port = "battery"
hex = "55"
means = { event = "Battery", percent = 85 }
"""


def test_a_right_vector_is_taken() -> None:
    (vector,) = parse(VECTOR)
    assert vector.event() == Battery(AT, 85)
    assert vector.packets() == [Packet(AT, "battery", b"\x55")]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"capture"', '"hearsay"'),
        ('"unit A"', '""'),
        ("event =", "occasion ="),
        ("percent = 85", 'percent = 85, do = "read"'),
        ('hex = "55"', 'hex = "5"'),
        ('hex = "55"', ""),
        ('port = "battery"', 'port = "battery"\nprot = "battery"'),
        ('port = "battery"', 'port = "battery"\nanswers = "nobody"'),
    ],
)
def test_a_vector_that_breaks_the_rules_is_refused_by_name(right: str, wrong: str) -> None:
    assert right in VECTOR
    with pytest.raises(ValueError, match="battery at 85 %"):
        parse(VECTOR.replace(right, wrong))


def test_a_name_that_occurs_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        parse(VECTOR + VECTOR)
