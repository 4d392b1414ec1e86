"""Golden files: what counts as the same, what as different, and how a difference reads."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.simulators.story import Pen, two_sets

from ptdevice_sim.clinic.log import Said, lines
from ptdevice_sim.kit import golden

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def written(folder: Path, log: list[Said], **options: Any) -> Path:
    path = folder / "golden" / "two_sets.jsonl"
    golden.update(log, path, **options)
    return path


def edited(log: list[Said], topic: str, number: int, edit: Callable[[dict[str, Any]], None]) -> list[Said]:
    """The log with the payload of the `number`-th message (from 1) on topics that end like this changed."""
    at = [i for i, said in enumerate(log) if said.topic.endswith(topic)][number - 1]
    body = json.loads(log[at].payload)
    edit(body)
    return [*log[:at], replace(log[at], payload=json.dumps(body).encode()), *log[at + 1 :]]


def test_a_log_is_as_expected_by_the_file_made_of_it(tmp_path: Path) -> None:
    assert golden.compare(two_sets(), written(tmp_path, two_sets())) == []


def test_other_ids_and_another_version_of_the_program_are_the_same(tmp_path: Path) -> None:
    assert two_sets(seed=2) != two_sets()
    assert golden.compare(two_sets(seed=2, version="7.1.0"), written(tmp_path, two_sets())) == []


def test_records_state_of_the_gateway_and_availability_are_kept_and_live_values_are_not(tmp_path: Path) -> None:
    rows = written(tmp_path, two_sets()).read_text().splitlines()
    kept = [json.loads(row)["topic"].split("/", 4)[4] for row in rows[1:]]
    assert sorted(set(kept)) == ["evt/exercise/repetition", "status", "unit/chest/availability"]
    assert len(kept) == 9


def test_a_line_shows_the_message_with_what_is_random_masked(tmp_path: Path) -> None:
    row = json.loads(written(tmp_path, two_sets()).read_text().splitlines()[4])
    assert (row["t"], row["qos"], row["retain"]) == (13.0, 1, False)
    assert row["topic"] == "ptdevice-sim/v1/clinic-a/pi-1/evt/exercise/repetition"
    assert (row["payload"]["id"], row["payload"]["sequence"], row["payload"]["bootid"]) == (
        "<id>",
        "<sequence>",
        "<bootid>",
    )
    assert row["payload"]["data"]["set_id"] == "<id 1>"
    assert row["payload"]["data"]["range_deg"] == 60
    assert row["payload"]["subject"] == "k3f7q"


def test_a_changed_value_is_told_with_time_topic_field_and_both_values(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    log = edited(two_sets(), "repetition", 2, lambda body: body["data"].update(range_deg=45, valid=False))
    summary, told = golden.compare(log, path)
    assert summary == "1 changed; 9 messages expected"
    assert told.splitlines() == [
        "changed: 00:00:17.000  evt/exercise/repetition  (message 5)",
        "    data.range_deg  expected 61, got 45",
        "    data.valid      expected true, got false",
    ]


def test_a_value_inside_a_list_is_told_by_its_place(tmp_path: Path) -> None:
    log = edited(two_sets(), "repetition", 1, lambda body: body["data"].update(tempo_s=[1.2, 0.9, 1.3]))
    assert "data.tempo_s[1]  expected 0.3, got 0.9" in golden.compare(log, written(tmp_path, two_sets()))[1]


def test_a_field_that_is_new_or_gone_is_a_difference(tmp_path: Path) -> None:
    def rename(body: dict[str, Any]) -> None:
        body["data"]["angle_deg"] = body["data"].pop("range_deg")

    (_, told) = golden.compare(edited(two_sets(), "repetition", 1, rename), written(tmp_path, two_sets()))
    assert "data.range_deg  expected 60, got nothing" in told
    assert "data.angle_deg  expected nothing, got 60" in told


def test_a_missing_record_is_told_once_and_those_behind_it_are_not_in_the_way(tmp_path: Path) -> None:
    pen = Pen(5)
    set_id, other = pen.new_id(0), pen.new_id(1)
    for i in range(6):
        pen.repetition(i + 1, set_id if i < 3 else other, start=10 + 5.0 * i)
    path = written(tmp_path, pen.said)
    sequence_shifted = [
        *pen.said[:2],
        *edited(pen.said[3:], "repetition", 1, lambda body: body.update(sequence="3")),
    ]
    told = golden.compare(sequence_shifted, path)
    assert told[0] == "1 missing; 6 messages expected"
    assert told[1].startswith("missing: 00:00:23.000  evt/exercise/repetition  (message 3)\n")
    assert len(told) == 2


def test_an_additional_record_is_unexpected_and_shows_what_it_says(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    log = two_sets()
    log.insert(6, replace(log[5], t_s=19.5))
    told = golden.compare(log, path)
    assert told[0] == "1 unexpected; 9 messages expected"
    assert "unexpected: 00:00:19.500  evt/exercise/repetition" in told[1]
    assert '"exercise": "sit_up"' in told[1]


def test_one_set_more_at_the_start_makes_no_strangers_of_the_sets_behind_it(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    pen = Pen(9)
    pen.repetition(1, pen.new_id(3), start=4.0)
    told = golden.compare([*two_sets()[:3], *pen.said, *two_sets()[3:]], path)
    assert told[0] == "1 unexpected; 9 messages expected"


def test_a_repetition_that_went_to_another_set_is_a_difference_though_ids_are_masked(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    first = json.loads(two_sets()[3].payload)["data"]["set_id"]
    log = edited(two_sets(), "repetition", 4, lambda body: body["data"].update(set_id=first))
    told = golden.compare(log, path)
    assert 'data.set_id  expected "<id 2>", got "<id 1>"' in told[1]


def test_records_said_later_are_paired_with_themselves_and_the_time_is_told(tmp_path: Path) -> None:
    told = golden.compare(two_sets(shift_s=0.25), written(tmp_path, two_sets()))
    assert told[0] == "5 changed; 9 messages expected"
    assert "t           expected 00:00:13.000, got 00:00:13.250" in told[1]


def test_thousands_of_differences_are_summed_up(tmp_path: Path) -> None:
    def long(range_deg: int) -> list[Said]:
        pen = Pen()
        for i in range(2000):
            pen.repetition(i + 1, "x", start=4.0 * i, range_deg=range_deg)
        return pen.said

    told = golden.compare(long(61), written(tmp_path, long(60)))
    assert told[0] == "2000 changed; 2000 messages expected"
    assert told[-1] == "... and 1980 more; most often data.range_deg (1980)"
    assert len("\n".join(told).splitlines()) < 50


def test_days_are_told_in_the_time(tmp_path: Path) -> None:
    pen = Pen()
    pen.repetition(1, "x", start=2 * 86_400 + 8 * 3600)
    told = golden.compare([], written(tmp_path, pen.said))
    assert "missing: 2 d 08:00:03.000" in told[1]


def test_filters_choose_the_messages_and_the_file_remembers_them(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), topics=("unit/+/state",))
    assert len(golden.read(path).lines) == 2
    changed = edited(two_sets(), "state", 1, lambda body: body["values"]["heart_rate_bpm"].update(value=99))
    assert "values.heart_rate_bpm.value  expected 80, got 99" in golden.compare(changed, path)[1]
    assert golden.compare(edited(two_sets(), "repetition", 1, lambda body: body.update(type="x")), path) == []


def test_fields_can_be_left_out_and_the_file_remembers_which(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), ignore=("data.range_deg",))
    assert "range_deg" not in path.read_text().split("\n", 1)[1]
    log = edited(two_sets(), "repetition", 1, lambda body: body["data"].update(range_deg=1))
    assert golden.compare(log, path) == []


def test_an_update_keeps_the_filters_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), topics=("unit/+/state",), ignore=("time",), tolerance={"t": 1})
    golden.update(two_sets(), path)
    assert golden.read(path).terms.topics == ("unit/+/state",)
    assert golden.read(path).terms.ignore == ("time",)
    assert golden.read(path).terms.tolerance == {"t": 1}


def test_values_may_be_off_by_as_much_as_the_file_allows(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), tolerance={"data.range_deg": 2, "data.tempo_s": 0.5})
    near = edited(two_sets(), "repetition", 2, lambda body: body["data"].update(range_deg=63, tempo_s=[1.6, 0.3, 1.3]))
    assert golden.compare(near, path) == []
    far = edited(two_sets(), "repetition", 2, lambda body: body["data"].update(range_deg=64, tempo_s=[1.2, 0.9, 1.3]))
    assert [line.split() for line in golden.compare(far, path)[1].splitlines()[1:]] == [
        ["data.range_deg", "expected", "61,", "got", "64"],
        ["data.tempo_s[1]", "expected", "0.3,", "got", "0.9"],
    ]


def test_times_may_be_off_by_seconds(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), tolerance={"t": 0.25, "time": 0.25, "data.*": 0.25})
    assert golden.compare(two_sets(shift_s=0.25), path) == []
    told = golden.compare(two_sets(shift_s=0.3), path)
    assert told[0] == "5 changed; 9 messages expected"
    assert [line.split()[0] for line in told[1].splitlines()[1:]] == [
        "t",
        "time",
        "data.start",
        "data.turn",
        "data.end",
    ]


def test_the_first_path_that_fits_counts(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), tolerance={"data.index": 0, "data.*": 100})
    wrong = edited(two_sets(), "repetition", 1, lambda body: body["data"].update(index=2, range_deg=99))
    assert golden.compare(wrong, path)[1].splitlines()[1:] == ["    data.index  expected 1, got 2"]


def test_a_tolerance_is_for_numbers_and_times_and_makes_no_true_of_a_false(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), tolerance={"*": 1000})
    wrong = edited(two_sets(), "repetition", 1, lambda body: body["data"].update(valid=False, exercise="squat"))
    assert [line.split()[0] for line in golden.compare(wrong, path)[1].splitlines()[1:]] == [
        "data.exercise",
        "data.valid",
    ]


def test_a_plain_log_will_do_as_a_golden_file(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f"{line}\n" for line in lines(two_sets())))
    assert golden.compare(two_sets(seed=4), path) == []
    assert golden.compare(two_sets(seed=4)[:-1], path)[0] == "1 missing; 9 messages expected"


def test_numbers_edited_by_hand_need_not_have_the_machines_digits(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    path.write_text(path.read_text().replace('"range_deg": 60', '"range_deg": 60.0').replace("13.0,", "13,"))
    assert golden.compare(two_sets(), path) == []


def test_true_is_not_one(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    path.write_text(path.read_text().replace('"valid": true', '"valid": 1', 1))
    assert "data.valid  expected 1, got true" in golden.compare(two_sets(), path)[1]


def test_a_payload_that_is_no_json_is_compared_byte_by_byte(tmp_path: Path) -> None:
    odd = [Said(1.0, "ptdevice-sim/v1/a/b/evt/odd", b"\xff\x00", 1, retain=False)]
    path = written(tmp_path, odd)
    assert golden.compare(odd, path) == []
    assert 'expected "ff00", got "ff01"' in golden.compare([replace(odd[0], payload=b"\xff\x01")], path)[1]


def test_an_update_leaves_no_half_file_behind(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    before = path.read_bytes()
    broken = [replace(two_sets()[0], topic=7)]  # type: ignore[arg-type] # a bug of the caller
    with pytest.raises(AttributeError):
        golden.update(broken, path)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"ptdevice_golden": 9}\n', ":1: format 9 is not known"),
        ('{"ptdevice_golden": 1, "topics": "evt/#"}\n', ":1: topics must be a list of strings"),
        ('{"ptdevice_golden": 1, "tolerance": {"t": true}}\n', ":1: tolerance must be a table of numbers, 0 or more"),
        ('{"ptdevice_golden": 1, "tolerance": {"t": -1}}\n', ":1: tolerance must be a table of numbers, 0 or more"),
        ('{"ptdevice_golden": 1, "tolerances": {}}\n', ":1: unknown: tolerances"),
        ('{"ptdevice_golden": 1}\n\n{"t": 1}\n', ":3: not a log line"),
        ("hello\n", ":1: not a log line"),
    ],
)
def test_what_is_no_golden_file_is_told_with_its_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(golden.GoldenError, match=why):
        golden.read(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(golden.GoldenError, match="it is not there"):
        golden.compare([], tmp_path / "none.jsonl")


def test_one_set_more_at_the_start_and_a_record_less_at_the_end_are_two_differences(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets())
    pen = Pen(9)
    pen.repetition(1, pen.new_id(3), start=4.0)
    log = [*two_sets()[:3], *pen.said, *two_sets()[3:]]
    last = max(i for i, said in enumerate(log) if said.topic.endswith("repetition"))
    told = golden.compare([*log[:last], *log[last + 1 :]], path)
    assert told[0] == "1 missing, 1 unexpected; 9 messages expected"


def test_a_value_that_is_off_by_exactly_as_much_as_is_allowed_is_as_expected(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), tolerance={"data.tempo_s": 0.1})
    log = edited(two_sets(), "repetition", 1, lambda body: body["data"].update(tempo_s=[1.2, 0.4, 1.3]))
    assert 0.4 - 0.3 > 0.1, "floats"
    assert golden.compare(log, path) == []


def test_records_that_are_far_apart_in_time_are_two_and_not_one_that_was_changed(tmp_path: Path) -> None:
    def at(*starts: float) -> list[Said]:
        pen = Pen()
        for index, start in enumerate(starts, 1):
            pen.repetition(index, "x", start=start)
        return pen.said

    path = written(tmp_path, at(10.0))
    assert golden.compare(at(500.0, 900.0), path)[0] == "1 missing, 2 unexpected; 1 messages expected"
    assert golden.compare(at(12.0, 900.0), path)[0] == "1 changed, 1 unexpected; 1 messages expected"


def test_whether_a_message_was_retained_is_part_of_it(tmp_path: Path) -> None:
    log = two_sets()
    path = written(tmp_path, log)
    at = next(i for i, said in enumerate(log) if said.topic.endswith("/repetition"))
    log[at] = replace(log[at], retain=True)
    assert "retain  expected false, got true" in golden.compare(log, path)[1]


def test_differences_are_told_in_the_order_of_time_whatever_the_topic(tmp_path: Path) -> None:
    def log(value: int) -> list[Said]:
        topics = "evt/alarm", "evt/gap", "evt/alarm", "evt/gap"
        body = f'{{"value": {value}}}'.encode()
        return [Said(float(t), f"ptdevice-sim/v1/a/b/{topic}", body, 1, retain=False) for t, topic in enumerate(topics)]

    told = golden.compare(log(2), written(tmp_path, log(1)))
    assert [line.split()[1] for line in told[1:]] == [f"00:00:0{second}.000" for second in range(4)]


def test_a_golden_file_can_be_read_by_whoever_reads_the_repository(tmp_path: Path) -> None:
    assert written(tmp_path, two_sets()).stat().st_mode & 0o777 == 0o644


def test_what_cannot_be_put_in_its_place_is_not_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a folder"
    (path / "with something in it").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        golden.update(two_sets(), path)
    assert list(tmp_path.iterdir()) == [path]


def test_the_time_of_saying_can_be_left_out(tmp_path: Path) -> None:
    path = written(tmp_path, two_sets(), ignore=("t", "time", "data.start", "data.turn", "data.end"))
    assert golden.compare(two_sets(shift_s=0.25), path) == []


@pytest.mark.parametrize("terms", [{"tolerance": {"t": -1.0}}, {"tolerance": {"t": float("inf")}}, {"topics": (7,)}])
def test_terms_that_could_not_be_read_again_are_not_written(tmp_path: Path, terms: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        golden.update(two_sets(), tmp_path / "x.jsonl", **terms)
    assert list(tmp_path.iterdir()) == []
