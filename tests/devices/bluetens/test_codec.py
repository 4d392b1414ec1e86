from __future__ import annotations

import contextlib
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.devices.vectors import AT, Vector, load, named, same

from ptdevice.devices import CATALOGUE
from ptdevice.devices.bluetens.codec import BluetensCodec
from ptdevice.devices.device import Advertisement
from ptdevice.errors import WireError
from ptdevice.link import Packet, Write
from ptdevice.model import (
    Battery,
    DeviceFault,
    DeviceInformation,
    Event,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
)

PROFILE = CATALOGUE["bluetens"]
VECTORS = load("bluetens")
SAID = [vector for vector in VECTORS if vector.kind == "event"]
RUNNING = named(VECTORS, "level 5, running for 12 s")
VERSION, BATTERY, STATUS = (
    Write("shell", named(VECTORS, f"read the {what}").data) for what in ("version", "battery", "status")
)
SHELL = "0000ffe0-0000-1000-8000-00805f9b34fb"
LINE_MAX = 256
CHUNK = 20

said = pytest.mark.parametrize("vector", SAID, ids=[vector.name for vector in SAID])


def hear(codec: BluetensCodec, data: bytes, at: float = AT) -> tuple[list[Event], str]:
    """The events of one notification, and what was wrong with it."""
    events: list[Event] = []
    try:
        events.extend(codec.decode(Packet(at, "shell", data)))
    except WireError as error:
        return events, error.why
    return events, ""


def statuses(events: list[Event]) -> list[StimulationStatus]:
    return [event for event in events if isinstance(event, StimulationStatus)]


def answered(codec: BluetensCodec, now: float) -> list[Write]:
    """What is asked from now on, where each question is answered at once, until nothing is asked."""
    asked = []
    while due := codec.due(now):
        asked += due
        hear(codec, RUNNING.data, now)
    return asked


# --- what the unit hears ---


def test_it_is_asked_for_version_battery_and_status_one_after_the_other() -> None:
    assert answered(BluetensCodec(), 100.0) == [VERSION, BATTERY, STATUS]


def test_a_question_waits_for_the_answer_of_the_one_before() -> None:
    codec = BluetensCodec()
    assert codec.due(100.0) == [VERSION]
    assert codec.due(101.75) == []
    hear(codec, b"v.3.3.7\r\n", 101.8)
    assert codec.due(101.8) == [BATTERY]


def test_what_the_unit_says_by_itself_answers_no_question() -> None:
    codec = BluetensCodec()
    codec.due(100.0)
    hear(codec, b"NOTIFY strength 6\r\n", 100.1)
    hear(codec, b"\r\n", 100.15)
    assert codec.due(100.2) == []


def test_a_question_that_is_not_answered_is_given_up_after_two_seconds() -> None:
    codec = BluetensCodec()
    codec.due(100.0)
    assert codec.due(102.0) == [BATTERY]


def test_the_status_is_asked_for_every_second_and_the_battery_every_minute() -> None:
    codec = BluetensCodec()
    asked = [(at / 4, write) for at in range(400, 653) for write in answered(codec, at / 4)]
    assert [at for at, write in asked if write == STATUS] == [float(at) for at in range(100, 164)]
    assert [at for at, write in asked if write == BATTERY] == [100.0, 160.0]
    assert [at for at, write in asked if write == VERSION] == [100.0]


def test_a_stall_is_not_made_up_for() -> None:
    codec = BluetensCodec()
    answered(codec, 100.0)
    assert answered(codec, 107.3) == [STATUS]
    assert answered(codec, 107.9) == []
    assert answered(codec, 108.0) == [STATUS]


def test_nothing_that_could_start_a_unit_is_among_the_queries() -> None:
    assert PROFILE.queries == {VERSION, BATTERY, STATUS}


# --- lines in chunks, cut and joined ---


@said
def test_a_line_in_two_pieces_is_the_same_wherever_it_is_cut(vector: Vector) -> None:
    for cut in range(1, len(vector.data)):
        codec = BluetensCodec()
        for data in vector.before:
            hear(codec, data)
        assert hear(codec, vector.data[:cut], AT - 0.04) == ([], "")
        (event,), wrong = hear(codec, vector.data[cut:])
        assert same(event, vector.event())
        assert wrong == ""


def test_a_notification_between_the_chunks_of_an_answer_breaks_neither() -> None:
    status, key = RUNNING.data, named(VECTORS, "the key: level 6").data
    for cut in range(CHUNK, len(status), CHUNK):
        codec = BluetensCodec()
        assert hear(codec, status[:cut], AT) == ([], "")
        assert hear(codec, key, AT + 0.02) == ([LevelChanged(AT + 0.02, 6, by_hand=True)], "")
        events, wrong = hear(codec, status[cut:], AT + 0.04)
        assert [event.level for event in statuses(events)] == [5]
        assert wrong == ""


def test_all_lines_in_one_piece_are_all_events_in_order() -> None:
    codec = BluetensCodec()
    events, wrong = hear(codec, b"".join(vector.data for vector in SAID))
    told = [event for event in events if not (isinstance(event, DeviceInformation) and event.field == "script_md5")]
    assert len(told) == len(SAID)
    assert all(same(event, vector.event()) for event, vector in zip(told, SAID, strict=True))
    assert wrong == ""


def test_half_a_line_whose_rest_never_comes_does_not_hold_up_the_next_answer() -> None:
    codec = BluetensCodec()
    hear(codec, RUNNING.data[:CHUNK], AT - 1.0)
    events, wrong = hear(codec, RUNNING.data)
    assert [event.level for event in statuses(events)] == [5]
    assert wrong == "half a line of 20 octets whose rest never came"


def test_a_lost_chunk_loses_its_line_and_gives_no_wrong_one() -> None:
    pieces = [RUNNING.data[i : i + CHUNK] for i in range(0, len(RUNNING.data), CHUNK)]
    for lost in range(len(pieces)):
        codec = BluetensCodec()
        for i, piece in enumerate(pieces):
            if i != lost:
                assert statuses(hear(codec, piece, AT + i / 100)[0]) == []


# --- nonsense ---


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello\r\n", "a line that is not understood"),
        (b"tick=1,str=1\r\n", "a status without tick, lmd5 and str, each once"),
        (b"tick=1,lmd5=" + b"0" * 31 + b",str=1\r\n", "a digest of not 32 hexadecimal digits"),
        (b"tick=1,lmd5=" + b"0" * 33 + b",str=1\r\n", "a digest of not 32 hexadecimal digits"),
        (b"tick=1,lmd5=" + b"0" * 32 + b",str=61\r\n", "an intensity above 60"),
        (b"tick=1,lmd5=" + b"0" * 32 + b",str=1,str=2\r\n", "a status without tick, lmd5 and str, each once"),
        (b"tick=-1,lmd5=" + b"0" * 32 + b",str=1\r\n", "'-1' is no number"),
        (b"tick=1,lmd5=" + b"0" * 32 + b",str=\r\n", "a status of a strange shape"),
        (b"tick=1tick=2,lmd5=" + b"0" * 32 + b",str=1\r\n", "a status of a strange shape"),
        (b"NOTIFY strength 61\r\n", "an intensity above 60"),
        (b"NOTIFY strength\r\n", "'' is no number"),
        (b"NOTIFY party\r\n", "a notification that is not understood: 'party'"),
        (b"100000 mv\r\n", "a line that is not understood"),
    ],
)
def test_what_the_protocol_cannot_mean_is_refused_with_its_reason(line: bytes, why: str) -> None:
    assert hear(BluetensCodec(), line) == ([], why)


def test_a_line_that_is_no_text_is_refused() -> None:
    events, wrong = hear(BluetensCodec(), b"\xff\xfe\r\n")
    assert events == []
    assert "ascii" in wrong


def test_a_line_without_an_end_is_given_up() -> None:
    codec = BluetensCodec()
    heard = [hear(codec, b"x" * CHUNK, AT + i / 100) for i in range(13)]
    assert [wrong for _, wrong in heard] == [""] * 12 + ["a line that does not end"]
    assert statuses(hear(codec, RUNNING.data, AT + 0.2)[0])


def test_what_is_good_around_nonsense_is_heard_and_the_nonsense_is_told() -> None:
    events, wrong = hear(BluetensCodec(), b"what?\r\n" + RUNNING.data)
    assert [event.level for event in statuses(events)] == [5]
    assert wrong == "a line that is not understood"


def test_an_empty_notification_is_refused() -> None:
    assert hear(BluetensCodec(), b"") == ([], "an empty notification")


def test_a_port_that_nobody_knows_is_refused() -> None:
    with pytest.raises(WireError, match="unexpected data on port 'shell2'"):
        list(BluetensCodec().decode(Packet(AT, "shell2", RUNNING.data)))


packets = st.lists(
    st.tuples(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([vector.data for vector in VECTORS]).flatmap(
                lambda data: st.integers(0, len(data)).map(lambda cut: data[cut:])
            ),
            st.sampled_from([b"NOTIFY ", b"tick=", b"\r\n", b"\n", b"str="]),
        ),
        st.sampled_from([0.0, 0.03, 0.4, 0.6, 1.0]),
    ),
    max_size=12,
)


@given(packets)
@example([(b"NOTIFY NOTIFY NOTIFY strength 1\n", 0.0), (b"a" * 300, 0.0)])
def test_no_bytes_in_any_order_raise_anything_but_a_wire_error_or_are_kept(story: list[tuple[bytes, float]]) -> None:
    codec, now = BluetensCodec(), AT
    for data, wait in story:
        now += wait
        with contextlib.suppress(WireError):
            list(codec.decode(Packet(now, "shell", data)))
        assert len(codec._buffer) <= LINE_MAX
    events, _ = hear(codec, RUNNING.data, now + 1.0)
    (status,) = statuses(events)
    assert (status.at, status.level, status.elapsed_s) == (now + 1.0, 5, 12)


@given(st.lists(st.sampled_from(SAID), min_size=1, max_size=5), st.data())
def test_lines_joined_and_cut_anywhere_are_the_same_events(lines: list[Vector], data: st.DataObject) -> None:
    whole = b"".join(vector.data for vector in lines)
    cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=6)))
    codec = BluetensCodec()
    events: list[Event] = []
    for start, end in itertools.pairwise([0, *cuts, len(whole)]):
        heard, wrong = hear(codec, whole[start:end])
        assert wrong == ""
        events += heard
    told = [event for event in events if not (isinstance(event, DeviceInformation) and event.field == "script_md5")]
    assert len(told) == len(lines)
    assert all(same(event, vector.event()) for event, vector in zip(told, lines, strict=True))


# --- meaning ---


def test_the_digest_of_the_script_is_told_when_it_changes() -> None:
    codec = BluetensCodec()
    hear(codec, named(VECTORS, "never started").data)
    told = [hear(codec, RUNNING.data)[0] for _ in range(2)]
    assert told[0][0] == DeviceInformation(AT, "script_md5", "2c6da37f8c710620843d0f23e05e4f91")
    assert [len(events) for events in told] == [2, 1]


def test_the_digest_of_a_script_that_ran_before_we_came_is_told() -> None:
    told, _ = hear(BluetensCodec(), RUNNING.data)
    assert told[0] == DeviceInformation(AT, "script_md5", "2c6da37f8c710620843d0f23e05e4f91")


def test_a_unit_that_never_ran_a_script_names_none() -> None:
    (event,), _ = hear(BluetensCodec(), named(VECTORS, "never started").data)
    assert isinstance(event, StimulationStatus)


def test_nothing_is_said_of_milliamperes_contact_or_time_left() -> None:
    (status,) = statuses(hear(BluetensCodec(), RUNNING.data)[0])
    assert (status.current_ma, status.contact, status.remaining_s) == (None, "unknown", None)


def test_a_voltage_is_no_percentage() -> None:
    assert hear(BluetensCodec(), b"3700 mv\r\n") == ([Battery(AT, None, 3700)], "")


def test_a_level_alone_is_not_on() -> None:
    (event,), _ = hear(BluetensCodec(), b"NOTIFY strength 1\r\n")
    assert event == LevelChanged(AT, 1, by_hand=True)


def test_a_complaint_that_ends_the_treatment_says_so() -> None:
    assert hear(BluetensCodec(), b"NOTIFY noload\r\n") == ([DeviceFault(AT, FaultKind.LEAD_OFF, stopped=True)], "")


@pytest.mark.parametrize(("tick", "level", "output"), [(0, 0, "off"), (0, 1, "on"), (9, 1, "on"), (9, 0, "unknown")])
def test_what_is_known_of_the_output_is_as_tick_and_level_say(tick: int, level: int, output: str) -> None:
    line = f"tick={tick},lmd5={'0' * 32},str={level}\r\n"
    (status,) = statuses(hear(BluetensCodec(), line.encode())[0])
    assert status.output is Output(output)


# --- discovery ---


@pytest.mark.parametrize("name", ["BluetensQ.BLT", "Bluetens2", "Pinktens", "Medtens", "blt", "PKT", "bluetensx"])
def test_the_unit_is_known_by_its_name_and_its_service(name: str) -> None:
    assert PROFILE.matches(Advertisement(name, frozenset({SHELL})))
    assert not PROFILE.matches(Advertisement(name))


@pytest.mark.parametrize(
    ("project", "known"), [("62 6c 74 00", True), ("70 6b 74 00", True), ("6d 64 74", True), ("62 73 74 00", False)]
)
def test_a_unit_whose_name_was_changed_is_known_by_its_project(project: str, known: bool) -> None:  # noqa: FBT001
    data = bytes.fromhex("33 07 56 34 12 be 7c 08" + project)
    assert PROFILE.matches(Advertisement("Renamed", frozenset({SHELL}), {0xBDFF: data})) is known


@pytest.mark.parametrize("name", [None, "", "HMSoft", "MLT-BT05", "DuoSport2", "DuoSport", "bst", "blt2"])
def test_other_serial_modules_and_units_with_two_channels_are_not_taken_for_it(name: str | None) -> None:
    assert not PROFILE.matches(Advertisement(name, frozenset({SHELL})))
