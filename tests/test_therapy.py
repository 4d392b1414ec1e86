"""What one unit's events mean together: the latest state, alarms, and that unknown stays unknown."""

from __future__ import annotations

from itertools import count

import pytest

from ptdevice.devices import CATALOGUE
from ptdevice.model import (
    Alarm,
    Battery,
    Contact,
    DeviceFault,
    DeviceInformation,
    FaultKind,
    HeartRate,
    LevelChanged,
    MotionSamples,
    Output,
    Record,
    Steps,
    StimulationSession,
    StimulationStatus,
    StreamChanged,
    TreatmentEnded,
)
from ptdevice.motion.exercises import EXERCISES
from ptdevice.therapy import LOW_BATTERY_PCT, Therapy


def stimulator() -> Therapy:
    numbers = count(1)
    return Therapy(CATALOGUE["beurer_em70"], lambda: f"session-{next(numbers)}")


def sensor() -> Therapy:
    return Therapy(CATALOGUE["polar"], lambda: "set", exercise=EXERCISES["sit_up"], target=None)


def status(at: float, level: int, *, remaining_s: int = 1800) -> StimulationStatus:
    return StimulationStatus(at, Output.ON if level else Output.OFF, level, 15, 9, 1, remaining_s)


def values(therapy: Therapy) -> dict[str, object]:
    return {name: known.value for name, known in therapy.state.values.items()}


def alarms(records: list[Record]) -> list[str]:
    return [record.code for record in records if isinstance(record, Alarm)]


def test_the_latest_of_everything_a_stimulator_said_is_known_with_its_time() -> None:
    therapy = stimulator()
    therapy.hear(status(10.0, 3))
    therapy.hear(Battery(11.0, 80))
    therapy.hear(DeviceInformation(12.0, "firmware_revision", "1.0"))
    assert values(therapy)["level"] == 3
    assert values(therapy)["output"] is Output.ON
    assert values(therapy)["battery_pct"] == 80
    assert therapy.state.values["firmware_revision"].at == 12.0
    assert values(therapy)["current_ma"] is None  # this unit never tells


def test_a_key_on_the_unit_changes_the_known_level_before_the_next_status() -> None:
    therapy = stimulator()
    therapy.hear(status(10.0, 3))
    therapy.hear(LevelChanged(10.4, 4, by_hand=True))
    assert values(therapy)["level"] == 4


def test_a_lost_link_makes_output_and_contact_unknown_and_alarms_where_it_was_on() -> None:
    therapy = stimulator()
    therapy.hear(status(10.0, 3))
    records = therapy.link_lost(11.0)
    assert alarms(records) == ["link_lost_while_on"]
    assert values(therapy)["output"] is Output.UNKNOWN
    assert values(therapy)["contact"] is Contact.UNKNOWN
    assert therapy.output is Output.UNKNOWN


def test_a_lost_link_to_a_stimulator_at_rest_is_unknown_without_an_alarm() -> None:
    therapy = stimulator()
    therapy.hear(status(10.0, 0))
    assert alarms(therapy.link_lost(11.0)) == []
    assert values(therapy)["output"] is Output.UNKNOWN


def test_confirmed_time_is_part_of_the_state_while_a_session_is_open() -> None:
    therapy = stimulator()
    for second in range(6):
        therapy.hear(status(10.0 + second, 3, remaining_s=1800 - second))
    assert values(therapy)["delivered_s"] == 5.0
    therapy.hear(TreatmentEnded(16.0))
    assert values(therapy)["delivered_s"] is None
    assert values(therapy)["output"] is Output.OFF


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_complaint_of_the_unit_is_an_alarm_that_says_what_to_do(kind: FaultKind) -> None:
    (alarm,) = [record for record in stimulator().hear(DeviceFault(5.0, kind)) if isinstance(record, Alarm)]
    assert alarm.code == kind.value
    assert len(alarm.text) > 30


def test_a_low_battery_alarms_once_until_it_was_charged() -> None:
    therapy = sensor()
    percents = (50, LOW_BATTERY_PCT, 10, 60, 12)
    said = [alarms(therapy.hear(Battery(30.0 * i, percent))) for i, percent in enumerate(percents)]
    assert said == [[], ["battery_low"], [], [], ["battery_low"]]


def test_a_battery_about_the_limit_is_no_flood_of_alarms() -> None:
    therapy = sensor()
    said = [alarms(therapy.hear(Battery(i / 100, 90 if i % 2 else 10))) for i in range(1000)]
    assert [codes for codes in said if codes] == [["battery_low"]]
    assert alarms(therapy.hear(Battery(61.0, 10))) == ["battery_low"]  # put off, and not forgotten


def test_a_battery_that_tells_nothing_is_unknown_and_no_alarm() -> None:
    therapy = sensor()
    assert therapy.hear(Battery(1.0, None)) == []
    assert values(therapy)["battery_pct"] is None


def test_heart_rate_and_streams_are_known() -> None:
    therapy = sensor()
    therapy.hear(HeartRate(1.0, 72, Contact.OK))
    therapy.hear(StreamChanged(2.0, "acceleration", running=False, reason="the unit is in its charger"))
    assert values(therapy)["heart_rate_bpm"] == 72
    assert values(therapy)["contact"] is Contact.OK
    assert values(therapy)["stream_acceleration"] == "the unit is in its charger"


def test_changes_are_counted_only_where_something_changed() -> None:
    therapy = sensor()
    therapy.hear(Battery(1.0, 90))
    changes = therapy.state.changes
    therapy.hear(Battery(2.0, 90))
    assert therapy.state.changes == changes
    therapy.hear(Battery(3.0, 89))
    assert therapy.state.changes == changes + 1


def test_stopping_records_an_open_session_whose_end_nobody_saw() -> None:
    therapy = stimulator()
    therapy.hear(status(10.0, 3))
    (session,) = [record for record in therapy.close(12.0) if isinstance(record, StimulationSession)]
    assert session.final_output is Output.UNKNOWN


def test_a_sensor_without_an_exercise_counts_nothing_and_has_no_progress() -> None:
    therapy = Therapy(CATALOGUE["polar"], lambda: "set")
    assert therapy.progress is None
    assert therapy.sitting.end_set(5.0, None) == []
    assert therapy.tick(6.0) == []


def streamed(therapy: Therapy, seconds: range) -> None:
    """A sensor at rest whose clock is 100 ppm fast, and every hundredth of whose packets is lost."""
    for second in seconds:
        if second % 100 != 50:
            ns = tuple(round((second + i / 10) * (1 + 100e-6) * 1e9) for i in range(10))
            therapy.hear(MotionSamples(second + 0.92, 10.0, ns, ((0.0, 0.0, 9.81),) * 10))
        therapy.tick(second + 0.95)


def test_how_well_a_counted_sensors_clock_is_known_is_part_of_its_state() -> None:
    therapy = sensor()
    streamed(therapy, range(301))
    told = values(therapy)
    assert told["clock_skew_ppm"] == pytest.approx(100.0, abs=1.0)
    assert isinstance(told["clock_uncertainty_s"], float)
    assert 0.03 <= told["clock_uncertainty_s"] < 0.04
    assert told["completeness"] == pytest.approx(0.99, abs=0.005)
    assert therapy.counters() == {"received": 2980, "missing": 30}


def test_the_next_set_begins_with_what_is_known_of_the_sensors_clock() -> None:
    therapy = sensor()
    streamed(therapy, range(200))
    therapy.sitting.begin_set(EXERCISES["squat"], None, 200.0)
    streamed(therapy, range(200, 202))
    therapy.tick(260.0)
    assert values(therapy)["clock_skew_ppm"] == pytest.approx(100.0, abs=1.0)


def test_a_voltage_is_told_as_such_and_raises_no_alarm() -> None:
    unit = stimulator()
    assert unit.hear(Battery(1.0, None, 3700)) == []
    assert unit.state.values["battery_mv"].value == 3700
    assert "battery_pct" not in unit.state.values


def test_a_unit_that_finds_no_load_is_told_with_its_contact() -> None:
    unit = stimulator()
    (alarm,) = unit.hear(DeviceFault(1.0, FaultKind.LEAD_OFF, stopped=True))
    assert isinstance(alarm, Alarm)
    assert alarm.code == "lead_off"
    assert unit.state.values["contact"].value is Contact.OPEN


def test_the_time_a_unit_has_run_is_told_where_it_counts_it() -> None:
    unit = stimulator()
    unit.hear(StimulationStatus(1.0, Output.ON, 1, 60, elapsed_s=7))
    assert unit.state.values["elapsed_s"].value == 7


# --- a unit with channels ---


def coyote() -> Therapy:
    numbers = count(1)
    return Therapy(CATALOGUE["dglab_coyote3"], lambda: f"session-{next(numbers)}")


def test_what_is_said_of_a_channel_is_known_under_its_name_and_the_output_of_all_under_its_own() -> None:
    unit = coyote()
    unit.hear(StimulationStatus(1.0, Output.UNKNOWN, 11, 200, channel="a"))
    unit.hear(StimulationStatus(1.0, Output.OFF, 0, 200, channel="b"))
    known = values(unit)
    assert (known["a_level"], known["b_level"], known["a_contact"]) == (11, 0, Contact.UNKNOWN)
    assert (known["output"], known["a_output"], known["b_output"]) == (Output.UNKNOWN, Output.UNKNOWN, Output.OFF)
    assert "level" not in known


def test_a_link_that_is_lost_while_a_session_is_in_doubt_is_an_alarm_once() -> None:
    unit = stimulator()
    unit.hear(status(1.0, 3))
    unit.hear(DeviceFault(2.0, FaultKind.OVERLOAD))
    assert unit.output is Output.UNKNOWN
    assert alarms(unit.link_lost(3.0)) == ["link_lost_in_doubt"]
    assert alarms(unit.link_lost(4.0)) == []
    unit.link_restored(5.0)
    assert alarms(unit.link_lost(6.0)) == []


def test_of_two_channels_one_in_doubt_is_enough_for_an_alarm() -> None:
    unit = Therapy(CATALOGUE["yokonex_ems"], lambda: "session")
    unit.hear(StimulationStatus(1.0, Output.ON, 40, 276, channel="a"))
    unit.hear(StimulationStatus(1.0, Output.OFF, 0, 276, channel="b"))
    unit.hear(StimulationStatus(2.0, Output.UNKNOWN, 40, 276, contact=Contact.OPEN, channel="a"))
    assert alarms(unit.link_lost(3.0)) == ["link_lost_in_doubt"]


def test_a_lost_link_makes_every_channel_unknown() -> None:
    unit = coyote()
    unit.hear(StimulationStatus(1.0, Output.OFF, 0, 200, channel="a"))
    unit.link_lost(2.0)
    assert [values(unit)[name] for name in ("output", "a_output", "b_output", "a_contact", "b_contact")] == [
        "unknown"
    ] * 5


def test_a_level_of_a_channel_is_known_under_its_name() -> None:
    unit = coyote()
    unit.hear(LevelChanged(1.0, 7, by_hand=True, channel="b"))
    assert values(unit)["b_level"] == 7


def test_confirmed_time_is_known_by_channel() -> None:
    unit = coyote()
    for second in range(4):
        unit.hear(StimulationStatus(float(second), Output.ON, 5, 200, channel="b"))
    assert [values(unit)[name] for name in ("delivered_s", "a_delivered_s", "b_delivered_s")] == [3.0, None, 3.0]


def test_steps_are_what_the_unit_s_own_counter_shows() -> None:
    unit = stimulator()
    unit.hear(Steps(1.0, 1000))
    assert values(unit)["steps"] == 1000


def test_the_site_of_a_session_is_that_of_its_channel() -> None:
    unit = coyote()
    unit.place_pads({"b": "lumbar_right"})
    records: list[Record] = []
    for channel in ("a", "b"):
        for second in range(4):
            records += unit.hear(StimulationStatus(float(second), Output.ON, 5, 200, channel=channel))
    records += unit.close(5.0)
    sites = {each.channel: each.site for each in records if isinstance(each, StimulationSession)}
    assert sites == {"a": None, "b": "lumbar_right"}
