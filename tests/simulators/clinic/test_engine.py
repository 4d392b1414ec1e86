"""What a scenario says happens, happens to the real gateway, and shows in what it says."""

from __future__ import annotations

import json
import time

import pytest
from tests.simulators.clinic.played import HEAD, bodies, play, reach, records, said, truth, values

from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.loading import loads
from ptdevice_sim.clinic.log import Said, line

EXERCISING = HEAD.replace("[people.k3f7q]", '[people.k3f7q]\nexercises = [{{ time = "00:00:05", sets = [6] }}]')
ON = "00:00:05 press = 'back'; times = 3"


def test_a_hand_on_the_keys_is_seen_by_the_gateway_and_is_in_the_truth() -> None:
    run = play(ON, "00:00:20 press = 'back'; key = 'down'")
    assert values(run, "back", "level") == [0, 2, 3, 2]  # asked once a second
    outputs = [(at_s, detail["output"], detail["level"]) for at_s, detail in truth(run, "back", "output")]
    assert outputs == [(0.0, "off", 0), (5.0, "on", 1), (5.6, "on", 2), (6.2, "on", 3), (20.0, "on", 2)]


def test_a_body_that_exercises_is_counted_and_its_true_repetitions_are_told() -> None:
    run = play(head=EXERCISING)
    true = truth(run, "chest", "repetition")
    (done,) = records(run, "exercise/set")
    assert done["repetitions"] == len(true) == 6
    assert all(at_s == pytest.approx(detail["end_s"], abs=1e-3) for at_s, detail in true)
    assert truth(run, "back", "repetition") == [], "a stimulator on the same body does not feel them"
    assert all(detail["start_s"] < detail["turn_s"] <= detail["hold_end_s"] < detail["end_s"] for _, detail in true)


def test_what_was_said_and_what_was_true_is_in_order() -> None:
    run = play(ON, "00:00:10 vanish = 'back'; for = '10s'", head=EXERCISING)
    for moments in ([message.t_s for message in run.said], [happened.t_s for happened in run.truth]):
        assert moments == sorted(moments)
        assert len(moments) > 20


def test_a_link_that_drops_is_unknown_and_back_when_its_span_is_over() -> None:
    run = play("00:00:10 drop_link = 'back'; for = '8s'")
    assert reach(run, "back")[-3:] == [("online", "data"), ("unknown", "link_lost"), ("online", "data")]
    back_at = [at_s for at_s, body in said(run, "/unit/back/availability") if body["availability"] == "online"][-1]
    assert 18.0 <= back_at < 20.0


def test_a_link_that_drops_without_a_span_comes_back_as_soon_as_it_can() -> None:
    run = play("00:00:10 drop_link = 'back'")
    back_at = [at_s for at_s, body in said(run, "/unit/back/availability") if body["availability"] == "online"][-1]
    assert 10.0 < back_at < 12.0


def test_a_unit_that_vanishes_stays_away_until_it_appears() -> None:
    run = play("00:00:10 vanish = 'back'", "00:02:00 appear = 'back'", duration="3m")
    steps = [("online", "data"), ("unknown", "link_lost"), ("unknown", "no_adverts"), ("online", "data")]
    assert reach(run, "back")[-4:] == steps
    assert said(run, "/unit/back/availability")[-1][0] > 120.0


def test_a_unit_that_starts_off_is_not_there_before_it_is_switched_on() -> None:
    head = HEAD.replace("[units.back]", "[units.back]\nstarts_off = true")
    run = play("00:00:40 switch_on = 'back'", duration="2m", head=head)
    assert reach(run, "back") == [("unknown", "starting"), ("offline", "no_adverts"), ("online", "data")]


def test_a_unit_that_is_switched_off_ends_its_output_and_is_not_seen_any_more() -> None:
    run = play(ON, "00:00:20 switch_off = 'back'", duration="2m")
    assert truth(run, "back", "output")[-1][1] == {"output": "off", "level": 0}
    assert truth(run, "back", "link")[-1] == (20.0, {"connected": False, "in_reach": False})
    assert reach(run, "back")[-2:] == [("unknown", "link_lost"), ("unknown", "no_adverts")]


def test_a_unit_that_freezes_keeps_its_link_and_the_gateway_notices_its_silence() -> None:
    run = play("00:00:10 freeze = 'back'; for = '15s'")
    assert ("unknown", "silent") in reach(run, "back")
    assert reach(run, "back")[-1] == ("online", "data")


def test_connections_can_be_refused() -> None:
    run = play("00:00:10 refuse_connects = 'back'; times = 2", "00:00:11 drop_link = 'back'")
    assert reach(run, "back")[-3:] == [("unknown", "link_lost"), ("unknown", "connect_failed"), ("online", "data")]


def test_a_bad_radio_damages_values_for_its_span_only() -> None:
    run = play("00:00:10 bad_radio = 'back'; for = '10s'; corrupt = 1.0", duration="40s")
    counters = [(at_s, body["counters"]["unit.back.wire_errors"]) for at_s, body in said(run, "/diag/health")]
    before, during, after = ([count for at_s, count in counters if low <= at_s < high]
                             for low, high in ((0, 10), (20, 22), (30, 40)))  # fmt: skip
    assert before[-1] == 0
    assert during[-1] == after[-1] > 3
    assert reach(run, "back")[-1] == ("online", "data")


def test_a_sensor_off_the_body_has_no_contact_and_after_45_s_no_link() -> None:
    run = play("00:00:10 take_off = 'chest'", "00:01:20 put_on = 'chest'", duration="2m")
    assert values(run, "chest", "contact") == ["ok", "open", "ok"]
    links = [(at_s, detail["connected"], detail["in_reach"]) for at_s, detail in truth(run, "chest", "link")]
    assert (55.0, False, False) in links
    assert (80.1, True, True) in links
    assert [detail["worn"] for _, detail in truth(run, "chest", "contact")] == [True, False, True]


def test_a_sensor_that_is_put_on_again_in_time_keeps_its_link() -> None:
    run = play("00:00:10 take_off = 'chest'; for = '30s'", duration="2m")
    assert reach(run, "chest")[-1] == ("online", "data")
    assert ("unknown", "link_lost") not in reach(run, "chest")


def test_pads_that_come_off_stop_the_unit_and_raise_an_alarm() -> None:
    run = play(ON, "00:00:20 pads_off = 'back'")
    assert [alarm["code"] for alarm in records(run, "alarm")] == ["overload"]
    assert truth(run, "back", "output")[-1] == (20.0, {"output": "off", "level": 0})


def test_a_battery_that_is_empty_ends_the_unit_without_a_word() -> None:
    run = play(ON, "00:00:10 battery = 'back'; percent = 8", "00:00:20 battery = 'back'; percent = 0")
    assert [alarm["code"] for alarm in records(run, "alarm")] == ["low_battery", "battery_low", "link_lost_while_on"]
    assert truth(run, "back", "link")[-1] == (20.0, {"connected": False, "in_reach": False})


def test_a_set_is_asked_for_and_ended_over_mqtt() -> None:
    head = EXERCISING.replace('exercise = "sit_up"\n', "")
    run = play(
        "00:00:02 begin_set = 'chest'; exercise = 'sit_up'; target = 30", "00:00:28 end_set = 'chest'", head=head
    )
    answers = [(body["command"], body["state"]) for body in bodies(run, "/res/scenario")]
    assert answers == [("chest/begin_set", "done"), ("chest/end_set", "done")]
    (done,) = records(run, "exercise/set")
    assert (done["target"], done["reason"], done["repetitions"]) == (30, "ended", 6)


def test_a_broker_that_is_down_says_the_will_and_gets_everything_afterwards_in_order() -> None:
    run = play("00:00:10 broker = 'down'; for = '30s'", "00:00:12 press = 'back'; times = 4", duration="90s")
    states = [(body["state"], body["reason"]) for body in bodies(run, "/gateway-1/status")]
    assert states == [
        ("online", None),
        ("offline", "the connection was lost"),
        ("online", None),
        ("offline", "stopped"),
    ]
    assert not [message for message in run.said if 10.0 < message.t_s < 40.0]
    sequences = [int(body["sequence"]) for message in run.said if "/evt/" in message.topic for body in [_json(message)]]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) >= 4


def test_a_broker_that_refuses_turns_the_gateway_away_for_its_span() -> None:
    run = play("00:00:10 broker = 'refuses'; for = '30s'", duration="90s")
    assert not [message for message in run.said if 10.0 < message.t_s < 40.0]
    assert bodies(run, "/gateway-1/status")[-2]["state"] == "online"


def test_a_request_that_nobody_hears_is_in_the_truth() -> None:
    run = play("00:00:10 broker = 'down'; for = '30s'", "00:00:20 end_set = 'chest'")
    assert truth(run, "broker", "request_lost") == [(20.0, {"unit": "chest", "command": "end_set"})]


def test_a_full_disk_is_told_without_the_folder_that_the_run_happens_to_use() -> None:
    run = play("00:00:05 disk = 'full'; for = '20s'", "00:00:06 press = 'back'; times = 3")
    degraded, mended = bodies(run, "/gateway-1/status")[1:3]
    assert degraded["state"] == "degraded"
    assert " /var/lib/ptdevice/journal.sqlite." in degraded["reason"]
    assert mended["state"] == "online"
    assert not [message for message in run.said if "/evt/" in message.topic and 5.0 <= message.t_s < 25.0]
    assert [segment["level"] for segment in records(run, "stimulation/segment")] == [2, 3]


def test_a_jump_of_the_wall_clock_is_a_record() -> None:
    run = play("00:00:10 clock_jump = '+1h'", "00:00:20 clock_jump = '-30m'")
    assert [step["step_s"] for step in records(run, "clock")] == [3600.0, -1800.0]


def test_the_wall_clock_begins_where_the_scenario_says() -> None:
    head = HEAD.replace('title = "A test"', 'title = "A test"\nstart = 2026-03-02T10:00:00.25+01:00')
    run = play(head=head)
    assert bodies(run, "/info")[0]["time"].startswith("2026-03-02T09:00:00.26")
    assert run.start_ns == 1_772_442_000_250_000_000


def test_entries_repeat_until_they_should_not() -> None:
    run = play("00:00:10 press = 'back'; every = '5s'; until = '00:00:30'")
    assert [at_s for at_s, _ in truth(run, "back", "press")] == [10.0, 15.0, 20.0, 25.0]


def test_settings_of_the_daemon_hold() -> None:
    run = play(
        head=HEAD + '[settings.gateway]\nsite = "ward-3"\n[settings.telemetry]\nmotion = true\nheart_rate = false\n'
    )
    assert all(message.topic.startswith("ptdevice-sim/v1/ward-3/gateway-1/") for message in run.said)
    assert bodies(run, "/unit/chest/telemetry/motion")
    assert not bodies(run, "/unit/chest/telemetry/heart_rate")


def test_the_skew_of_a_sensors_clock_shows_in_its_samples() -> None:
    head = HEAD.replace("[units.chest]", "[units.chest]\nskew_ppm = 900") + "[settings.telemetry]\nmotion = true\n"
    spans = [
        -body["offset_us"][0] / (len(body["offset_us"]) - 1) for body in bodies(play(head=head), "/telemetry/motion")
    ]
    assert sum(spans) / len(spans) == pytest.approx(10_009.0, abs=1.0)  # 10 ms and 0.9 per mille


def test_the_same_seed_says_the_same_bytes_and_another_seed_other_ids() -> None:
    first, again, other = (play(ON, head=EXERCISING, seed=seed) for seed in (3, 3, 4))
    assert list(map(line, first.said)) == list(map(line, again.said))
    assert first.truth == again.truth
    assert bodies(first, "/info")[0]["boot_id"] != bodies(other, "/info")[0]["boot_id"]


def test_time_that_is_made_to_pass_says_the_same_bytes_only_later() -> None:
    entries = (ON, "00:00:08 disk = 'full'; for = '5s'", "00:00:14 daemon = 'kill'; for = '4s'")
    jumped = play(*entries, duration="30s")
    began = time.monotonic()
    passed = play(*entries, duration="30s", speed=30.0)
    assert time.monotonic() - began >= 1.0
    assert list(map(line, passed.said)) == list(map(line, jumped.said))
    assert passed.truth == jumped.truth


def test_messages_are_heard_while_they_are_said() -> None:
    heard: list[Said] = []
    assert play(hear=heard.append).said == tuple(heard)


def test_a_run_is_never_written_out_as_text_on_the_way() -> None:
    class Title(str):
        __slots__ = ("written",)

        def __repr__(self) -> str:
            self.written = True
            return "for a week it would be a hundred megabytes"

    title = Title("A long run")
    scenario = loads(HEAD.format(duration="10s")).model_copy(update={"title": title})
    assert run_scenario(scenario).title is title
    assert not hasattr(title, "written")


def test_a_bug_in_the_daemon_ends_the_run_with_it() -> None:
    def hear(said: Said) -> None:
        if said.t_s > 10.0:
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:
        play(hear=hear)
    assert caught.value.subgroup(ZeroDivisionError)


def test_a_recording_moves_a_body_from_its_time_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("worn")
    (folder / "turn.csv").write_text("t_s,chest_ax,chest_ay,chest_az\n0,0,0,9.8\n1,9.8,0,0\n")
    text = HEAD.format(duration="20s").replace(
        "[people.k3f7q]", '[people.k3f7q]\nrecording = "turn.csv"\nrecording_time = "00:00:10"'
    )
    run = run_scenario(loads(text + "[settings.telemetry]\nmotion = true\n", folder=folder))
    samples = [(at_s, body["acceleration_mps2"][-1][0]) for at_s, body in said(run, "/telemetry/motion")]
    assert all(abs(x) < 0.1 for at_s, x in samples if at_s < 10.0)
    assert all(x > 9.7 for at_s, x in samples if at_s > 12.0)


def _json(message: Said) -> dict[str, str]:
    body: dict[str, str] = json.loads(message.payload)
    return body
