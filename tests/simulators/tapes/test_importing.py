"""A capture becomes a tape: what another program wrote down is what the link's own tap saw."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import io
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.simulators.carriers.observing import LyingStill
from tests.simulators.tapes import snooping
from tests.simulators.tapes.captured import Spoken, capture
from tests.simulators.tapes.snooping import Script

from ptdevice.devices import CATALOGUE
from ptdevice.devices.sig import assigned
from ptdevice.errors import TapeError
from ptdevice.link import SIMULATED_SERVICE
from ptdevice.tape.reading import Tape
from ptdevice.tape.words import Direction, Entry
from ptdevice_sim.tapes.dubbing import Dubbed, dub
from ptdevice_sim.tapes.importing import Contents, survey
from ptdevice_sim.tapes.playing import Playing
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from ptdevice.devices.device import Profile
    from ptdevice_sim.unit import Unit

CAPTURES = Path(__file__).parent / "captures"
FFF1, FFF2, FFF3 = (assigned(number) for number in (0xFFF1, 0xFFF2, 0xFFF3))


def dubbed(
    path: Path,
    number: int = 1,
    *,
    told: dict[int, str] | None = None,
    profile: Profile | None = None,
    dated: bool = False,
) -> tuple[Tape, list[Entry], Dubbed]:
    """The tape of a unit, read back."""
    contents = survey(path)
    unit = contents.units[number - 1]
    unit.attributes.told.update(told or {})
    result = Dubbed()
    lines = b"".join(dub(path, contents, unit, result, profile=profile or unit.profile, dated=dated))
    tape = Tape(io.BytesIO(lines), "dubbed")
    return tape, list(tape), result


def untimed(entries: list[Entry]) -> list[tuple[str, str, bytes, int]]:
    return [(entry.direction, entry.uuid, entry.data, entry.missing) for entry in entries]


def tapped(one: Spoken) -> list[Entry]:
    return list(Tape(io.BytesIO(b"".join(one.lines)), "tapped"))


def enough(spoken: list[Spoken]) -> bool:
    return all(one.has("notify", 3) for one in spoken)


# --- captures that bumble wrote ---


async def test_bumble_s_capture_of_a_central_is_what_the_links_taps_saw(tmp_path: Path) -> None:
    path = tmp_path / "hci.btsnoop"
    units: list[Unit] = [PolarSensor(LyingStill()), BeurerEm70()]
    spoken = await capture(path, units, enough)
    contents = survey(path)
    assert sorted(unit.profile.name for unit in contents.units if unit.profile) == ["beurer_em70", "polar"]
    assert not contents.unhandled
    assert (contents.losses.orphans, contents.losses.unfinished, contents.losses.cut_records) == (0, 0, 0)
    for unit in contents.units:
        (one,) = [one for one in spoken if one.unit.address == unit.address]
        tape, entries, result = dubbed(path, unit.number)
        expected = tapped(one)
        assert untimed(entries) == untimed(expected)
        assert not result.nameless
        header = Tape(io.BytesIO(b"".join(one.lines)), "tapped").header
        ours = [service for service in tape.header.services if service.uuid[4:8] not in {"1800", "1801"}]
        theirs = [service for service in header.services if service.uuid[4:8] not in {"1800", "1801"}]
        assert ours == theirs
        assert (tape.header.device, tape.header.simulated, tape.header.name) == (one.device, True, header.name)
        # The tap opens when discovery is over, the capture with the connection; from then on they agree.
        offsets = [ours.t_us - theirs.t_us for ours, theirs in zip(entries, expected, strict=True)][1:]
        assert max(offsets) - min(offsets) < 500_000


@pytest.mark.parametrize("fragment", [27, 251])
async def test_bumble_s_capture_of_a_unit_s_own_side_is_the_same_in_whatever_fragments(
    tmp_path: Path, fragment: int
) -> None:
    path = tmp_path / "hci.btsnoop"
    spoken = await capture(path, [PolarSensor(LyingStill())], enough, side="peripheral", fragment=fragment)
    data = [raw for raw in snooping.read(path) if raw.data[0] == snooping.ACL and raw.sent]
    assert fragment - 20 < max(len(raw.data) for raw in data) - 5 <= fragment
    tape, entries, _ = dubbed(path, profile=CATALOGUE["polar"])
    assert untimed(entries) == untimed(tapped(spoken[0]))
    assert tape.header.simulated


def test_the_tape_of_a_capture_goes_through_the_codec_as_the_unit_did(tmp_path: Path) -> None:
    path = tmp_path / "hci.btsnoop"
    asyncio.run(capture(path, [PolarSensor(LyingStill())], enough))
    tape, entries, _ = dubbed(path)
    contents = survey(path)
    again = Dubbed()
    lines = b"".join(dub(path, contents, contents.units[0], again, profile=CATALOGUE["polar"], dated=False))
    playing = Playing(Tape(io.BytesIO(lines), "dubbed"), CATALOGUE["polar"])
    kinds = Counter(type(event).__name__ for event in playing)
    frames = [entry for entry in entries if entry.uuid == tape.header.ports["pmd_data"] and entry.data]
    assert kinds["MotionSamples"] == len(frames) >= 2
    assert playing.report.faithful
    assert playing.wire_errors == 0


# --- captures that btmon and editcap wrote; tshark is the second opinion ---


@pytest.mark.parametrize("number", [1, 2])
def test_btmon_s_capture_has_the_values_that_tshark_sees_in_it(number: int) -> None:
    path = CAPTURES / "btmon.btsnoop"
    unit = survey(path).units[number - 1]
    _, entries, result = dubbed(path, number)
    ways = {"0x12": Direction.WRITE, "0x1b": Direction.NOTIFY, "0x1d": Direction.INDICATE}
    with (CAPTURES / "btmon.tsv").open() as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if row[1] == f"0x{number:04x}" and row[4]]
    expected = [(ways[row[2]], unit.attributes.value(int(row[3], 16)), bytes.fromhex(row[4])) for row in rows]
    assert len(expected) >= 7
    assert [(e.direction, e.uuid, e.data) for e in entries if e.direction in ways.values()] == expected
    assert not result.nameless


def test_btmon_s_capture_tells_reads_subscriptions_and_a_refusal_too() -> None:
    tape, entries, _ = dubbed(CAPTURES / "btmon.btsnoop")
    counts = Counter(entry.direction for entry in entries)
    assert counts[Direction.SUBSCRIBE] == 3
    assert counts[Direction.READ] == 5
    refused = [entry for entry in entries if entry.direction is Direction.ERROR]
    assert [(entry.uuid, entry.data) for entry in refused] == [(tape.header.ports["heart_rate"], b"\x02")]
    assert tape.header.simulated
    assert SIMULATED_SERVICE in {service.uuid for service in tape.header.services}


def test_what_editcap_cut_off_is_marked_and_counted_and_never_taken_for_whole() -> None:
    whole = dubbed(CAPTURES / "btmon.btsnoop")[1]
    _, cut, result = dubbed(CAPTURES / "editcap.btsnoop")
    pairs = [(a, b) for a, b in zip(cut, whole, strict=True) if a.direction is not Direction.CONNECTED]
    assert all(a.data + b.data[len(a.data) :] == b.data for a, b in pairs)
    assert all(len(a.data) + a.missing == len(b.data) for a, b in pairs)
    assert result.cut == sum(1 for a, _ in pairs if a.missing) >= 3
    assert survey(CAPTURES / "editcap.btsnoop").losses.cut_records == 15


# --- captures by hand ---


def made(tmp_path: Path, script: Script) -> Path:
    return script.to(tmp_path / "hand.btsnoop")


def passed(tmp_path: Path, script: Script, **options: dict[int, str]) -> list[tuple[str, str, str]]:
    _, entries, _ = dubbed(made(tmp_path, script), **options)  # type: ignore[arg-type]
    return [(str(entry.direction), entry.uuid[4:8], entry.data.hex()) for entry in entries][1:]


def test_every_way_of_passing_a_value_is_understood(tmp_path: Path) -> None:
    script = Script().connected().knows()
    script.asks(bytes.fromhex("1204000100")).answers(b"\x13")  # subscribe
    script.answers(bytes.fromhex("1b0300aabb"))
    script.answers(bytes.fromhex("1d0800cc")).asks(b"\x1e")
    script.answers(bytes.fromhex("23 0300 0200 0102 0800 0100 03"))  # two values in one
    script.asks(bytes.fromhex("120600dd")).answers(b"\x13")
    script.asks(bytes.fromhex("520600ee"))
    script.asks(bytes.fromhex("d20600ff" + "00" * 12))  # signed
    script.asks(bytes.fromhex("0a0600")).answers(bytes.fromhex("0b1122"))
    script.asks(bytes.fromhex("160600 0000 0102")).answers(bytes.fromhex("170600 0000 0102"))
    script.asks(bytes.fromhex("160600 0200 0304")).answers(bytes.fromhex("170600 0200 0304"))
    script.asks(bytes.fromhex("1801")).answers(b"\x19")
    script.asks(bytes.fromhex("1204000000")).answers(b"\x13")  # unsubscribe
    script.disconnected()
    assert passed(tmp_path, script) == [
        ("subscribe", "fff1", ""),
        ("notify", "fff1", "aabb"),
        ("indicate", "fff3", "cc"),
        ("notify", "fff1", "0102"),
        ("notify", "fff3", "03"),
        ("write", "fff2", "dd"),
        ("write-without-response", "fff2", "ee"),
        ("write-without-response", "fff2", "ff"),
        ("read", "fff2", "1122"),
        ("write", "fff2", "01020304"),
        ("unsubscribe", "fff1", ""),
        ("disconnected", "", ""),
    ]


def test_a_value_that_is_read_in_parts_is_one_value(tmp_path: Path) -> None:
    script = Script().connected().knows()
    parts = bytes(range(22)), bytes(range(22, 44)), b"end"
    script.asks(bytes.fromhex("0a0600")).answers(b"\x0b" + parts[0])
    script.asks(bytes.fromhex("0c0600 1600")).answers(b"\x0d" + parts[1])
    script.answers(bytes.fromhex("1b0300aa"))
    script.asks(bytes.fromhex("0c0600 2c00")).answers(b"\x0d" + parts[2])
    script.asks(bytes.fromhex("0a0600")).answers(b"\x0b" + parts[0])  # the same length, and no more of it
    script.asks(bytes.fromhex("0c0600 1600")).answers(bytes.fromhex("010c060007"))
    script.asks(bytes.fromhex("0a0600")).answers(b"\x0b" + parts[0])  # nobody asks for more
    script.disconnected()
    whole = b"".join(parts).hex()
    assert passed(tmp_path, script)[:-1] == [
        ("notify", "fff1", "aa"),
        ("read", "fff2", whole),
        ("read", "fff2", parts[0].hex()),
        ("read", "fff2", parts[0].hex()),
    ]


def test_a_refusal_is_about_the_characteristic_even_of_a_subscription(tmp_path: Path) -> None:
    script = Script().connected().knows()
    script.asks(bytes.fromhex("120600dd")).answers(bytes.fromhex("0112060003"))
    script.asks(bytes.fromhex("1204000100")).answers(bytes.fromhex("0112040005"))
    script.asks(bytes.fromhex("080100ffff0328")).answers(bytes.fromhex("010801000a"))  # of discovery: of no interest
    assert passed(tmp_path, script) == [
        ("write", "fff2", "dd"),
        ("error", "fff2", "03"),
        ("subscribe", "fff1", ""),
        ("error", "fff1", "05"),
    ]


def test_discovery_of_one_service_and_reading_by_type_tell_names_too(tmp_path: Path) -> None:
    script = Script().connected()
    script.asks(bytes.fromhex("06 0100 ffff 0028 f0ff")).answers(bytes.fromhex("07 1000 2000"))
    script.asks(bytes.fromhex("080100ffff002a")).answers(bytes.fromhex("0905 0300 414243"))  # the device name
    script.asks(bytes.fromhex("0411002000")).answers(bytes.fromhex("0501 1100 0328 1200 f1ff 1300 0229"))
    script.answers(bytes.fromhex("1b1200aa"))
    script.asks(bytes.fromhex("1213000100"))
    assert passed(tmp_path, script) == [
        ("read", "2a00", "414243"),
        ("notify", "fff1", "aa"),
        ("subscribe", "fff1", ""),
    ]
    (service,) = dubbed(made(tmp_path, script))[0].header.services
    assert (service.uuid, [each.uuid for each in service.characteristics]) == (assigned(0xFFF0), [FFF1])


def test_a_subscription_is_known_without_its_descriptor(tmp_path: Path) -> None:
    script = Script().connected()
    script.asks(bytes.fromhex("080100 0900 0328")).answers(bytes.fromhex("0907 0200100300f1ff 05000a0600f2ff"))
    script.asks(bytes.fromhex("1204000100")).answers(b"\x13")
    script.asks(bytes.fromhex("1206000100")).answers(b"\x13")  # a value that only looks like one
    script.asks(bytes.fromhex("1204000300")).answers(b"\x13")  # no subscription has this value
    assert passed(tmp_path, script) == [("subscribe", "fff1", ""), ("write", "fff2", "0100")]
    assert dubbed(made(tmp_path, script))[2].nameless == {4: 1}


def test_without_discovery_the_user_tells_what_handles_are(tmp_path: Path) -> None:
    script = Script().connected()
    script.asks(bytes.fromhex("1226000100")).answers(b"\x13").answers(bytes.fromhex("1b2500163c0004"))
    script.answers(bytes.fromhex("1b3000aa"))
    path = made(tmp_path, script)
    assert "no discovery" in str(survey(path).units[0])
    tape, entries, result = dubbed(path)
    assert [entry.direction for entry in entries] == ["connected"]
    assert result.nameless == {0x25: 1, 0x26: 1, 0x30: 1}
    assert tape.header.simulated is None
    _, entries, result = dubbed(path, told={0x25: assigned(0x2A37), 0x26: assigned(0x2902)})
    assert [(entry.direction, entry.uuid[4:8]) for entry in entries[1:]] == [("subscribe", "2a37"), ("notify", "2a37")]
    assert result.nameless == {0x30: 1}


def test_a_connection_from_before_the_capture_counts_from_its_first_message(tmp_path: Path) -> None:
    script = Script().knows().answers(bytes.fromhex("1b0300aa")).disconnected()
    assert passed(tmp_path, script) == [("notify", "fff1", "aa"), ("disconnected", "", "")]


@pytest.mark.parametrize("subevent", [0x01, 0x0A, 0x29])
def test_one_unit_is_one_whatever_handles_its_connections_have(tmp_path: Path, subevent: int) -> None:
    script = Script()
    for handle, address in ((1, "C0:DE:00:00:00:77"), (2, "C0:DE:00:00:00:88"), (3, "C0:DE:00:00:00:77")):
        script.connected(address, handle=handle, subevent=subevent)
        if handle < 3:
            script.asks(bytes.fromhex("080100 0900 0328"), handle=handle)
            script.answers(bytes.fromhex("0907 0200100300f1ff"), handle=handle)
        script.answers(bytes.fromhex("1b0300") + bytes((handle,)), handle=handle).disconnected(handle=handle)
    contents = survey(made(tmp_path, script))
    assert [(unit.number, unit.links, unit.values) for unit in contents.units] == [(1, 2, 2), (2, 1, 1)]
    _, entries, _ = dubbed(made(tmp_path, script), 1)
    assert [entry.data.hex() for entry in entries if entry.data] == ["01", "03"]  # discovery of the first connection
    assert not any("77" in str(unit) or "C0:DE" in str(unit) for unit in contents.units)


def test_fragments_are_put_together_and_what_is_lost_of_them_is_counted(tmp_path: Path) -> None:
    value = bytes(range(100))
    script = Script().connected().knows()
    script.acl(b"\x1b\x03\x00" + value, sent=False, sizes=(27, 27, 27))
    middle = len(script.records) - 2
    script.acl(b"\x1b\x03\x00" + value, sent=False, sizes=(27, 27, 27))
    script.answers(bytes.fromhex("1b0300aa"))
    assert [row for row in passed(tmp_path, script) if row[0] == "notify"] == [
        ("notify", "fff1", value.hex()),
        ("notify", "fff1", value.hex()),
        ("notify", "fff1", "aa"),
    ]
    del script.records[middle]  # a fragment is lost: the message never ends, and the next one is whole
    path = made(tmp_path, script)
    assert survey(path).losses.unfinished == 1
    assert [entry.data for entry in dubbed(path)[1] if entry.direction is Direction.NOTIFY] == [value, b"\xaa"]
    script.records = script.records[:1] + script.records[middle:]  # the capture begins inside a message
    assert survey(made(tmp_path, script)).losses.orphans == 1


def test_a_fragment_that_was_cut_takes_the_rest_of_its_message_with_it(tmp_path: Path) -> None:
    script = Script().connected().knows().acl(b"\x1b\x03\x00" + bytes(range(50)), sent=False, sizes=(27,))
    first = len(script.records) - 2
    script.records[first] = snooping.shortened(15)(script.records[first])
    _, entries, result = dubbed(made(tmp_path, script))
    (value,) = [entry for entry in entries if entry.direction is Direction.NOTIFY]
    assert value.data == bytes(
        range(3)
    )  # of 15 octets 12 are headers; the second fragment's are no more its continuation
    assert len(value.data) + value.missing == 50
    assert result.cut == 1


def test_what_is_not_about_attributes_is_counted_and_left_aside(tmp_path: Path) -> None:
    script = Script().connected().knows().acl(b"\x12\x34", sent=True, cid=6).answers(b"\x99\x00").answers(b"")
    script.answers(bytes.fromhex("1b0300aa"))
    contents = survey(made(tmp_path, script))
    assert contents.losses.other_channels == 1
    assert contents.unhandled == {0x99: 1, -1: 1}


def test_a_clock_that_was_set_back_is_told_and_time_stands_still(tmp_path: Path) -> None:
    script = Script().connected().knows().answers(bytes.fromhex("1b0300aa")).answers(bytes.fromhex("1b0300bb"))
    last = script.records[-1]
    script.records[-1] = snooping.Raw(last.flags, last.data, last.original, last.t_us - 5_000_000)
    assert survey(made(tmp_path, script)).clock_steps == 1
    _, entries, _ = dubbed(made(tmp_path, script))
    assert entries[-1].t_us == entries[-2].t_us


def test_times_that_no_tape_can_have_are_refused(tmp_path: Path) -> None:
    script = Script().connected().knows().answers(bytes.fromhex("1b0300aa"))
    last = script.records[-1]
    script.records[-1] = snooping.Raw(last.flags, last.data, last.original, last.t_us + 2 * 10**15)
    with pytest.raises(TapeError, match="more than thirty years apart"):
        dubbed(made(tmp_path, script))


def test_the_date_is_on_the_tape_only_when_asked_for(tmp_path: Path) -> None:
    path = made(tmp_path, Script().connected().knows().answers(bytes.fromhex("1b0300aa")))
    assert dubbed(path)[0].header.started is None
    assert dubbed(path, dated=True)[0].header.started == "1970-01-01T00:00:00Z"


def test_nothing_that_identifies_the_unit_or_the_phone_is_on_the_tape(tmp_path: Path) -> None:
    unit, phone = "C0:DE:AB:CD:EF:77", "C0:DE:12:34:56:88"
    octets = {address: bytes.fromhex(address.replace(":", "")) for address in (unit, phone)}
    script = Script()
    script.add(snooping.EVENT, b"\x0e\x0a\x01\x09\x10\x00" + octets[phone][::-1], sent=False)  # Read BD_ADDR
    name = b"Polar H10 A1B2C3D4"
    advertisement = b"\x02\x01\0\1" + octets[unit][::-1] + bytes((len(name) + 2, len(name) + 1, 9)) + name + b"\xc8"
    script.add(snooping.EVENT, b"\x3e" + bytes((len(advertisement),)) + advertisement, sent=False)
    script.connected(unit).knows()
    script.asks(bytes.fromhex("080100ffff252a")).answers(bytes.fromhex("090a 5000") + b"A1B2C3D4")  # the serial number
    for value in (octets[unit], octets[phone][::-1], b"A1B2C3D4", name, unit.encode(), phone.encode()):
        script.asks(bytes.fromhex("0a0600")).answers(b"\x0b" + value)
    path = made(tmp_path, script)
    contents = survey(path)
    assert str(contents.units[0]).startswith("1  polar (Polar H10 [hidden]): 1 connection")
    result = Dubbed()
    whole = b"".join(dub(path, contents, contents.units[0], result, profile=CATALOGUE["polar"], dated=False)).decode()
    texts = (unit, phone, "A1B2C3D4")
    for secret in (*octets.values(), *(value[::-1] for value in octets.values()), *(text.encode() for text in texts)):
        assert secret.hex() not in whole
    assert not any(text in whole for text in texts)
    assert (result.left_out, result.masked) == (1, 6)


def test_a_stranger_s_name_is_not_shown_and_not_stored(tmp_path: Path) -> None:
    script = Script()
    octets = bytes.fromhex("C0DE00000077")[::-1]
    extended = b"\x0d\x01" + b"\x13\0\1" + octets + bytes(14) + b"\x0d\x0c\x09" + b"Anna's belt"
    script.add(snooping.EVENT, b"\x3e" + bytes((len(extended),)) + extended, sent=False)
    script.connected().knows().answers(bytes.fromhex("1b0300aa"))
    path = made(tmp_path, script)
    (unit,) = survey(path).units
    assert unit.name == "Anna's belt"
    assert "Anna" not in str(unit)
    assert dubbed(path)[0].header.name is None


def test_what_a_device_keeps_private_and_others_addresses_are_not_on_the_tape_either(tmp_path: Path) -> None:
    device = CATALOGUE["movella_dot"]
    information, control = (next(p.uuid for p in device.ports if p.name == name) for name in ("information", "device"))
    other = "C0:DE:AB:CD:EF:88"
    script = Script().connected(other, handle=2).connected().knows()
    script.asks(bytes.fromhex("0a0300")).answers(b"\x0b" + bytes(20) + b"SERIAL!!" + b"XS-T02"[:2])
    script.asks(bytes.fromhex("120600") + bytes(8) + b"Anna, left knee!" + bytes(8)).answers(b"\x13")
    script.asks(bytes.fromhex("120800020701") + bytes.fromhex(other.replace(":", ""))[::-1]).answers(b"\x13")
    path = made(tmp_path, script)
    told = {3: information, 6: control}
    _, entries, result = dubbed(path, told=told, profile=device)
    values = b"".join(entry.data for entry in entries)
    assert b"SERIAL" not in values
    assert b"Anna" not in values
    assert b"XS" in values
    assert bytes.fromhex(other.replace(":", ""))[::-1] not in values
    assert result.masked == 3


@pytest.mark.parametrize("extended", [False, True])
def test_several_advertisements_in_one_event_are_told_apart(tmp_path: Path, *, extended: bool) -> None:
    reports = b""
    for name, last in ((b"LT1102S", 0x76), (b"Polar H10 A1B2C3D4", 0x77)):
        octets, data = bytes((last, 0, 0, 0, 0xDE, 0xC0)), bytes((len(name) + 1, 9)) + name
        if extended:
            reports += b"\x13\0\1" + octets + bytes(14) + bytes((len(data),)) + data
        else:
            reports += b"\0\1" + octets + bytes((len(data),)) + data + b"\xc8"
    body = bytes((0x0D if extended else 0x02, 2)) + reports
    script = Script().add(snooping.EVENT, b"\x3e" + bytes((len(body),)) + body, sent=False)
    script.connected().knows().answers(bytes.fromhex("1b0300aa"))
    (unit,) = survey(made(tmp_path, script)).units
    assert unit.name == "Polar H10 A1B2C3D4"


def test_a_connection_whose_end_was_not_captured_ends_when_its_handle_is_given_to_another(tmp_path: Path) -> None:
    script = Script().connected().knows().acl(b"\x1b\x03\x00" + bytes(40), sent=False, sizes=(27,))
    script.records.pop()
    script.connected("C0:DE:00:00:00:88").answers(bytes.fromhex("1b0300bb"))
    path = made(tmp_path, script)
    assert survey(path).losses.unfinished == 1
    script.answers(bytes.fromhex("1b0300cc"))
    script.connected().answers(bytes.fromhex("1b0300aa"))
    assert passed(tmp_path, script) == [("disconnected", "", ""), ("connected", "", ""), ("notify", "fff1", "aa")]


# --- anything at all ---


def all_of(path: Path) -> Contents:
    contents = survey(path)
    for unit in contents.units:
        unit.attributes.told[0x25] = FFF1
        tape = Tape(io.BytesIO(b"".join(dub(path, contents, unit, Dubbed(), profile=None, dated=True))), "t")
        assert all(len(entry.data) + entry.missing <= 2 * 512 for entry in tape)  # whatever is written can be read
    return contents


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_damaged_capture_is_a_tape_or_a_tape_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    octets = bytearray((CAPTURES / "btmon.btsnoop").read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        octets[data.draw(st.integers(16, len(octets) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("damaged") / "x"
    path.write_bytes(octets)
    with contextlib.suppress(TapeError):
        all_of(path)


PACKETS = st.lists(st.tuples(st.sampled_from([1, 2, 4]), st.binary(max_size=40), st.booleans()), max_size=20)
MESSAGES = st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=20)


@settings(max_examples=100, deadline=None)
@given(PACKETS, MESSAGES)
def test_any_packets_and_messages_are_a_tape_or_a_tape_error(
    tmp_path_factory: pytest.TempPathFactory, packets: list[tuple[int, bytes, bool]], messages: list[tuple[bytes, bool]]
) -> None:
    script = Script().connected()
    for pdu, sent in messages:
        script.acl(pdu, sent=sent)
    for kind, octets, sent in packets:
        script.add(kind, octets, sent=sent)
    with contextlib.suppress(TapeError):
        all_of(script.to(tmp_path_factory.mktemp("any") / "x"))
