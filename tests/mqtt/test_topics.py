from __future__ import annotations

import dataclasses
import json
import math
import re
from datetime import datetime
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ptdevice import model
from ptdevice.latest import Known
from ptdevice.model.privacy import Reason
from ptdevice.mqtt import contract, diag, telemetry, topics
from ptdevice.mqtt.topics import Entry, Names, Stamp

if TYPE_CHECKING:
    from ptdevice.model import Record

NAMES = Names("clinic-a", "pi-1", simulated=False)
# 2026-11-23T16:36:00Z is 1795451760 s after 1970; the gateway has been up for 1000 s then.
STAMP = Stamp("boot-1", 1_795_451_760_000_000_000, 1000.0, synced=True)

RECORDS: list[Record] = [
    model.Repetition("s", "situp", 7, 990.0, 991.5, 993.0, 62, (1.4, 0.3, 1.2), valid=True, confidence=0.94),
    model.ExerciseSet("s", "situp", 900.0, 999.5, 12, 12, 0, 61, model.SetEnd.TARGET, 0.99, 12),
    model.RejectedMovement("s", "situp", 994.0, 995.0, 996.0, 12, model.Rejection.SHORT_ROM),
    model.SuggestedSet(960.0, 995.0, 9, 42, 3.6),
    model.Bout("s", "walking_bouts", 1, 900.0, 960.0, 104, 104),
    model.Hold("s", "plank", 1, 900.0, 960.0, 55.5, 1.3, 1, 4.5, model.Rejection.HOLD_SHORT),
    model.StimulationSegment("t", 900.0, 960.0, 2, None, 5, 15, None, model.Contact.OK, 58.0),
    model.StimulationSession(
        "t", "observed", 900.0, 960.0, model.SessionEnd.UNVERIFIED, model.StopReason.LINK_LOST, 58.0, 6, 5.1, 3, 15, 1, 2.0,
        model.Output.UNKNOWN,
    ),
    model.Gap("acc", 900.0, 902.5, "link_lost", 250),
    model.ClockStep(1000.0, 86400.0),
    model.Alarm(1000.0, "low_battery", "Charge it."),
    model.ProgrammeBegun(1000.0, "core", 1, "2026-12-01"),
    model.SetOutcome(
        "core", 3, "2026-11-23", 2, "sit_up", 2, 3, "partial", "idle", 900.0, 999.5, model.Measure.MOTION,
        prescribed_repetitions=10, done_repetitions=7, set_id="s",
    ),
    model.PainRating(1000.0, 3, model.Moment.BEFORE, None, "core"),
    model.Adherence(
        1000.0, "day", "2026-11-23", "2026-11-23", "core", 3, 1, 1, 0, 3, 1, 1, 1, 0, 0, 0, 30, 17, 0, 0, 1, 4, False, 0.57, 0,
    ),
    model.Suggestion(1000.0, "core", 3, "sit_up", model.Direction.PROGRESS, "dose_met", 3, "Three sessions in a row."),
    model.Watch(400.0, 1000.0),
    model.Assignment(300.0, assigned=True, reason=Reason.REQUEST, until="2026-11-24T16:36:00.000000Z", by="desk"),
    model.Forgotten(301.0, 3, ((7, 8), (11, 11)), "desk"),
    model.RemotePress(1000.0, 1, model.Press.LONG_PRESS, model.Meaning.PAIN, "chest", effective=True),
    model.Audit(
        1000.0, "desk", "mqtt", "arm", model.Decision.CLAMPED, "prescription", ("prescription", "device"), False, "s",
    ),
    model.Screening(1000.0, "stimulation", 1, "blocked", ("child",), (), ("epilepsy",), 30, "t7"),
    model.ElectrodePlacement(1000.0, "a", "lumbar_left", 25.0, 2, "t7"),
    model.Reinstated(1000.0, "t7"),
    model.AlarmsAcknowledged(1000.0, 2, "t7"),
    model.ModalityEntry(1000.0, -800.0, model.Modality.HEAT, 20, "lumbar", "t7"),
    model.Assessment(
        1000.0, model.Category.NONSPECIFIC, 3, model.Recurrence.FIRST, (model.RedFlag.MAJOR_TRAUMA,), True, ("red_flag",), "S",
    ),
    model.LumbarAlignment(1000.0, model.AlignmentMethod.TAP, 0.008, None, 39.6, 2.1),
    model.LumbarCalibration(980.0, 1000.0, 75, 30, 0.98, model.AlignmentMethod.DEVICE, 0.0144),
    model.LumbarMovement("m", 1, model.BendDirection.FLEXION, 990.0, 991.5, 993.0, 43, 68, 25, 9, gap=True),
    model.LumbarRange(
        "m", 900.0, 1000.0, 2, 43, None, 9, model.RangeEnd.ENDED, model.AlignmentMethod.ARRIVAL, 0.03, 0.04, 0.99, 5940, 60,
    ),
]  # fmt: skip


def said(record: Record, names: Names = NAMES, unit: str | None = "chest") -> tuple[str, dict[str, object]]:
    draft = topics.draft(record, unit=unit, subject="k3f7q", stamp=STAMP)
    message = topics.event(names, Entry(1234, "0193", "01J", draft))
    assert (message.qos, message.retain) == (1, False)
    return message.topic, json.loads(message.payload)


def test_a_repetition_is_said_as_the_contract_shows_it() -> None:
    topic, body = said(RECORDS[0])
    assert topic == "ptdevice/v1/clinic-a/pi-1/evt/exercise/repetition"
    assert body == {
        "specversion": "1.0",
        "id": "0193",
        "source": "/clinic-a/pi-1/chest",
        "type": "dev.ptdevice.exercise.repetition.v1",
        "time": "2026-11-23T16:35:53.000000Z",
        "subject": "k3f7q",
        "sequence": "1234",
        "epoch": "01J",
        "bootid": "boot-1",
        "monous": 993_000_000,
        "clock": "synced",
        "simulated": False,
        "datacontenttype": "application/json",
        "data": {
            "set_id": "s",
            "exercise": "situp",
            "index": 7,
            "start": "2026-11-23T16:35:50.000000Z",
            "turn": "2026-11-23T16:35:51.500000Z",
            "end": "2026-11-23T16:35:53.000000Z",
            "range_deg": 62,
            "tempo_s": [1.4, 0.3, 1.2],
            "valid": True,
            "confidence": 0.94,
            "gap": False,
            "rejected": None,
            "smoothness": None,
            "unmeasured": None,
            "velocity_peaks": None,
        },
    }


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_every_record_is_a_valid_event_of_the_published_models(record: Record) -> None:
    topic, body = said(record)
    event = contract.Event.model_validate_json(json.dumps(body))
    kind = event.type.removeprefix("dev.ptdevice.").removesuffix(".v1")
    assert topic.endswith("/evt/" + kind.replace(".", "/"))
    contract.EVENTS[kind].model_validate_json(json.dumps(event.data))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_no_field_of_a_record_is_forgotten_on_its_way(record: Record) -> None:
    _, body = said(record)
    data = body["data"]
    assert isinstance(data, dict)
    assert {field.name for field in dataclasses.fields(record)} <= set(data)


def test_every_kind_of_record_can_be_said() -> None:
    assert {type(record) for record in RECORDS} == set(get_args(model.Record))


def test_a_gap_tells_how_long_it_was() -> None:
    data = said(next(record for record in RECORDS if isinstance(record, model.Gap)))[1]["data"]
    assert isinstance(data, dict)
    assert data["duration_s"] == 2.5


def test_simulated_things_have_another_root_and_say_so_in_every_body() -> None:
    names = Names("clinic-a", "pi-1", simulated=True)
    topic, body = said(RECORDS[0], names)
    assert topic.startswith("ptdevice-sim/v1/clinic-a/pi-1/")
    assert body["simulated"] is True
    for message in retained(names):
        assert message.topic.startswith("ptdevice-sim/v1/")
        assert json.loads(message.payload)["simulated"] is True


def retained(names: Names) -> list[topics.Message]:
    known = {"battery_pct": Known(80, 990.0), "output": Known(model.Output.UNKNOWN, 995.0)}
    return [
        topics.info(names, [], version="1", stamp=STAMP),
        topics.status(names, "online", boot_id="boot-1", version="1", time=STAMP.rfc3339()),
        topics.availability(names, "chest", "online", code=None, text=None, at=999.0, stamp=STAMP),
        topics.state(names, "chest", known, stamp=STAMP),
        diag.health(names, {"journal.queued": 0}, stamp=STAMP),
    ]


def test_what_is_retained_is_retained_and_acknowledged() -> None:
    assert [(message.topic.removeprefix(NAMES.prefix), message.qos, message.retain) for message in retained(NAMES)] == [
        ("/info", 1, True),
        ("/status", 1, True),
        ("/unit/chest/availability", 1, True),
        ("/unit/chest/state", 1, True),
        ("/diag/health", 1, True),
    ]


def test_state_tells_each_value_with_the_time_at_which_the_unit_said_it() -> None:
    values = json.loads(retained(NAMES)[3].payload)["values"]
    assert values == {
        "battery_pct": {"value": 80, "time": "2026-11-23T16:35:50.000000Z"},
        "output": {"value": "unknown", "time": "2026-11-23T16:35:55.000000Z"},
    }


def test_unknown_is_null_and_never_zero_or_nan() -> None:
    known = {"angle_deg": Known(math.nan, 1.0), "level": Known(None, 1.0)}
    values = json.loads(topics.state(NAMES, "chest", known, stamp=STAMP).payload)["values"]
    assert [value["value"] for value in values.values()] == [None, None]


def test_a_will_needs_no_time() -> None:
    body = json.loads(topics.status(NAMES, "offline", boot_id="boot-1", version="1").payload)
    assert (body["state"], body["boot_id"], body["time"]) == ("offline", "boot-1", None)


def test_telemetry_is_qos_0_and_expires() -> None:
    samples = model.MotionSamples(999.0, 100.0, (10_000_000, 20_000_000), ((0.0, 0.0, 9.8), (0.1, 0.0, 9.8)))
    messages = [
        telemetry.motion(NAMES, "chest", [samples], dropped=3, stamp=STAMP),
        telemetry.heart_rate(NAMES, "chest", model.HeartRate(999.0, 61, rr_ms=(980.0,)), stamp=STAMP),
        telemetry.stimulation(NAMES, "tens", model.StimulationStatus(999.0, model.Output.ON, 3, 15), stamp=STAMP),
        telemetry.exercise(NAMES, "chest", model.SetProgress("situp", "armed", 3, 12.5, 61), stamp=STAMP),
    ]
    assert {(message.qos, message.retain, message.expiry_s) for message in messages} == {(0, False, telemetry.EXPIRY_S)}
    motion = json.loads(messages[0].payload)
    assert (motion["offset_us"], motion["dropped"]) == ([-10_000, 0], 3)
    assert [message.topic.rsplit("/", 1)[1] for message in messages] == [
        "motion",
        "heart_rate",
        "stimulation",
        "exercise",
    ]


def test_a_live_angle_is_told_in_tenths_of_a_degree_and_an_unknown_one_as_null() -> None:
    def said(angle_deg: float | None) -> object:
        progress = model.SetProgress("situp", "moving", 3, angle_deg, 61)
        return json.loads(telemetry.exercise(NAMES, "chest", progress, stamp=STAMP).payload)["angle_deg"]

    assert (said(12.3456789), said(None), said(0.0)) == (12.3, None, 0.0)


def test_a_number_that_is_not_finite_never_leaves() -> None:
    segment = next(record for record in RECORDS if isinstance(record, model.StimulationSegment))
    assert isinstance(segment, model.StimulationSegment)
    record = dataclasses.replace(segment, delivered_s=math.nan)
    with pytest.raises(ValidationError):
        topics.draft(record, unit=None, subject=None, stamp=STAMP)


def test_a_reader_takes_an_unknown_member_as_other_and_an_unknown_field_as_nothing() -> None:
    data = said(next(record for record in RECORDS if isinstance(record, model.ExerciseSet)))[1]["data"]
    assert isinstance(data, dict)
    newer = json.dumps(data | {"reason": "moon_phase", "novelty": 1})
    read = contract.EVENTS["exercise.set"].model_validate_json(newer)
    assert isinstance(read, contract.ExerciseSetData)
    assert read.reason == "other"


def test_every_model_has_a_schema_and_every_number_with_a_unit_tells_its_ucum_code() -> None:
    suffixes = {"_s": "s", "_deg": "deg", "_ma": "mA", "_hz": "Hz"}
    for body in (
        *contract.EVENTS.values(),
        contract.MotionTelemetry,
        contract.StimulationTelemetry,
        contract.ExerciseTelemetry,
    ):
        for name, schema in body.model_json_schema()["properties"].items():
            for suffix, ucum in suffixes.items():
                if name.endswith(suffix):
                    assert f"'x-ucum': '{ucum}'" in str(schema), (body, name)


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(0, 4_000_000_000_000_000_000))
def test_time_is_rfc_3339_in_utc_whatever_the_clocks_say(at: float, mono_s: float, wall_ns: int) -> None:
    text = Stamp("b", wall_ns + 10**18, mono_s, synced=False).rfc3339(at)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", text)
    exact = (wall_ns + 10**18) / 1e9 + (at - mono_s)
    assert datetime.fromisoformat(text).timestamp() == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("name", ["", "Clinic", "a.b", "a b", "a/b", "a+", "#", "ä", "a" * 33, "a\n"])
def test_a_name_that_would_break_a_topic_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no topic level"):
        Names(name, "pi-1", simulated=False)
    with pytest.raises(ValueError, match="no topic level"):
        NAMES.unit(name, "state")
