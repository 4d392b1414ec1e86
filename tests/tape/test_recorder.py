"""What a recorder writes, and what it does not."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ptdevice.tape.reading import Tape
from ptdevice.tape.recorder import Recorder
from ptdevice.tape.redaction import Redaction, stored_name
from ptdevice.tape.words import Characteristic, Direction, Entry, Service

SERIAL, SYSTEM_ID = (f"0000{number}-0000-1000-8000-00805f9b34fb" for number in ("2a25", "2a23"))
NAME, BATTERY = (f"0000{number}-0000-1000-8000-00805f9b34fb" for number in ("2a00", "2a19"))
MARK = "b1dcbd1c-5b70-4a4e-9f5c-70746465ad00"
ADDRESS = "C0:DE:1A:2B:3C:4D"
TABLE = (Service(BATTERY, (Characteristic(BATTERY, frozenset({"read", "notify"})),)),)


class Recorded:
    """A recorder in front of memory."""

    def __init__(self, **options: Any) -> None:
        self.lines: list[bytes] = []
        self.recorder = Recorder(
            self.lines.append, device="polar", ports={"battery": BATTERY}, mark=MARK, software="test", **options
        )

    def tape(self) -> Tape:
        return Tape(io.BytesIO(b"".join(self.lines)), "t")


def test_times_count_from_the_first_opening_on_through_every_link() -> None:
    recorded = Recorded()
    recorded.recorder.opened(100.25, ADDRESS, None, TABLE)
    recorded.recorder.passed(100.2500014, Direction.NOTIFY, BATTERY, b"\x01")
    recorded.recorder.closed(101.0)
    recorded.recorder.opened(200.0, ADDRESS, None, TABLE)
    tape = recorded.tape()
    assert tape.header.start_s == 100.25
    assert [(entry.t_us, entry.direction) for entry in tape] == [
        (0, "connected"),
        (1, "notify"),
        (750_000, "disconnected"),
        (99_750_000, "connected"),
    ]


def test_a_clock_that_was_read_late_does_not_make_time_go_back() -> None:
    recorded = Recorded()
    recorded.recorder.opened(10.0, ADDRESS, None, TABLE)
    recorded.recorder.passed(11.0, Direction.NOTIFY, BATTERY, b"\x01")
    recorded.recorder.passed(10.9, Direction.NOTIFY, BATTERY, b"\x02")
    assert [entry.t_us for entry in recorded.tape()] == [0, 1_000_000, 1_000_000]


def test_a_value_that_no_air_can_carry_is_cut_and_says_so() -> None:
    recorded = Recorded()
    recorded.recorder.opened(0.0, ADDRESS, None, TABLE)
    recorded.recorder.passed(0.1, Direction.NOTIFY, BATTERY, bytes(600))
    assert list(recorded.tape())[1] == Entry(100_000, Direction.NOTIFY, BATTERY, bytes(512), missing=88)


@pytest.mark.parametrize(("services", "simulated"), [(TABLE, False), ((*TABLE, Service(MARK)), True)])
def test_the_header_tells_a_simulated_unit_from_a_real_one(services: tuple[Service, ...], *, simulated: bool) -> None:
    recorded = Recorded()
    recorded.recorder.opened(0.0, ADDRESS, None, services)
    assert recorded.tape().header.simulated is simulated
    assert recorded.tape().header.services == services


def test_there_is_no_wall_time_unless_it_is_asked_for() -> None:
    silent, asked = Recorded(), Recorded(started=lambda: "2026-11-24T19:00:00Z")
    for recorded in (silent, asked):
        recorded.recorder.opened(0.0, ADDRESS, None, TABLE)
    assert silent.tape().header.started is None
    assert asked.tape().header.started == "2026-11-24T19:00:00Z"


@pytest.mark.parametrize("uuid", [SERIAL, SYSTEM_ID])
def test_serial_number_and_system_id_are_never_stored(uuid: str) -> None:
    recorded = Recorded()
    recorded.recorder.opened(0.0, ADDRESS, None, TABLE)
    recorded.recorder.passed(0.1, Direction.READ, uuid, b"A1B2C3D4")
    assert [entry.direction for entry in recorded.tape()] == ["connected"]
    assert recorded.recorder.redaction.left_out == 1


def test_nothing_that_identifies_the_unit_is_on_the_tape() -> None:
    recorded = Recorded()
    recorded.recorder.opened(0.0, ADDRESS, "Polar H10 1A2B3C4D", TABLE)
    address = bytes.fromhex(ADDRESS.replace(":", ""))
    for data in (address, b"x" + address[::-1] + b"y", b"id=1A2B3C4D", b"Polar H10 1A2B3C4D", ADDRESS.encode()):
        recorded.recorder.passed(0.1, Direction.READ, NAME, data)
    whole = b"".join(recorded.lines).decode()
    assert "1A2B3C4D" not in whole
    assert ADDRESS not in whole
    values = [entry.data for entry in recorded.tape() if entry.data]
    assert values == [bytes(6), b"x" + bytes(6) + b"y", b"id=00000000", b"Polar H10 00000000", b"0" * 17]
    assert recorded.recorder.redaction.masked == 5
    assert recorded.tape().header.name == "Polar H10 [hidden]"


def test_neither_is_what_a_unit_says_of_itself_in_a_notification() -> None:
    recorded = Recorded()
    recorded.recorder.opened(0.0, ADDRESS, "Movesense 174630000192", TABLE)
    greeting = b"\x01\x01\x01174630000192\0Movesense\0AA:BB:CC:DD:EE:FF\0app\0001.0.0\0"
    for way in (Direction.NOTIFY, Direction.INDICATE):
        recorded.recorder.passed(0.1, way, NAME, greeting)
    values = [entry.data for entry in recorded.tape() if entry.data]
    hidden = greeting.replace(b"174630000192", b"0" * 12).replace(b"AA:BB:CC:DD:EE:FF", b"0" * 17)
    assert values == [hidden] * 2
    assert recorded.tape().header.name == "Movesense [hidden]"


def test_a_movesense_s_greeting_is_without_its_serial_number_also_where_nobody_heard_its_name() -> None:
    recorded = Recorded()
    recorded.recorder.opened(0.0, ADDRESS, None, TABLE)
    greeting = b"\x01\x01\x01799127657276\0Movesense\x000C:8C:DC:1A:2B:3C\0app\x001.0.0\0"
    recorded.recorder.passed(0.1, Direction.NOTIFY, NAME, greeting)
    (_, heard) = recorded.tape()
    assert heard.data == b"\x01\x01\x01" + b"0" * 12 + b"\0Movesense\0" + b"0" * 17 + b"\0app\x001.0.0\0"


def test_octets_that_a_device_keeps_private_are_zeros_whichever_way_they_pass() -> None:
    recorded = Recorded(private={BATTERY: ((0, 2), (4, 8))})
    recorded.recorder.opened(0.0, ADDRESS, None, TABLE)
    for way in (Direction.READ, Direction.WRITE, Direction.NOTIFY):
        recorded.recorder.passed(0.1, way, BATTERY, b"abcdefghij")
    recorded.recorder.passed(0.2, Direction.READ, BATTERY, b"abcde")
    recorded.recorder.passed(0.3, Direction.ERROR, BATTERY, b"a")
    recorded.recorder.passed(0.4, Direction.READ, NAME, b"abcde")
    values = [entry.data for entry in recorded.tape() if entry.data]
    assert values == [*[b"\0\0cd\0\0\0\0ij"] * 3, b"\0\0cd\0", b"a", b"abcde"]
    assert recorded.recorder.redaction.masked == 4


def test_what_identifies_nobody_stays_as_it_is() -> None:
    redaction = Redaction()
    redaction.learn("00:00:00:00:00:00", "LT1102S")  # an address that says nothing would blank every zero
    entry = Entry(0, Direction.NOTIFY, BATTERY, bytes(20))
    assert redaction.applied(entry) is entry


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        (None, None),
        ("LT1102S\0\0", "LT1102S"),
        ("Polar Sense 0A1B2C3D", "Polar Sense [hidden]"),
        ("x" * 300, "x" * 248),
        ("\udcff", "?"),
    ],
)
def test_a_name_is_stored_without_its_serial_part(name: str | None, stored: str | None) -> None:
    assert stored_name(name) == stored
