"""A daemon that is killed leaves what it committed and nothing else; one that is stopped leaves nothing open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulators.clinic.played import HEAD, bodies, play, records, said, truth

from ptdevice_sim import virtual_time
from ptdevice_sim.clinic.engine import opened
from ptdevice_sim.clinic.loading import loads

if TYPE_CHECKING:
    from ptdevice_sim.clinic.log import Run

ON = "00:00:05 press = 'back'; times = 3"


def events(run: Run) -> list[Any]:
    return [body for _, body in said(run, "") if "specversion" in body]


def test_a_killed_daemon_says_no_last_word_and_the_broker_says_its_will() -> None:
    run = play(ON, "00:00:20 daemon = 'kill'; for = '10s'", duration="50s")
    states = [(at_s, body["state"], body["reason"]) for at_s, body in said(run, "/gateway-1/status")]
    assert [state[1:] for state in states] == [
        ("online", None),
        ("offline", "the connection was lost"),
        ("online", None),
        ("offline", "stopped"),
    ]
    assert states[1][0] == 20.0
    assert not [message for message in run.said if 20.0 < message.t_s < 30.0]
    assert [what for what in ("started", "killed", "stopped") for _ in truth(run, "daemon", what)] == [
        "started", "started", "killed", "stopped",
    ]  # fmt: skip


def test_the_session_that_was_open_at_a_kill_has_no_end_and_the_next_life_sees_another() -> None:
    run = play(ON, "00:00:20 daemon = 'kill'; for = '5s'", "00:00:40 press = 'back'; key = 'down'; times = 3")
    begun = {segment["session_id"] for segment in records(run, "stimulation/segment")}
    ended = [session["id"] for session in records(run, "stimulation/session")]
    assert len(begun) == 2
    assert len(ended) == 1
    assert set(ended) < begun


def test_what_was_committed_before_a_kill_is_published_by_the_next_life_once_and_in_order() -> None:
    run = play(
        "00:00:04 broker = 'down'; for = '40s'",
        ON,
        "00:00:20 daemon = 'kill'; for = '5s'",
        "00:00:22 press = 'back'",
        duration="90s",
    )
    found = events(run)
    assert [int(event["sequence"]) for event in found] == list(range(1, len(found) + 1))
    assert len({event["id"] for event in found}) == len(found)
    assert len({event["epoch"] for event in found}) == 1
    assert any(event["data"].get("level") == 2 for event in found)  # seen by the first life, said by the second


def test_what_was_not_committed_at_a_kill_is_lost() -> None:
    run = play("00:00:04 disk = 'full'; for = '10s'", ON, "00:00:08 daemon = 'kill'; for = '10s'", duration="50s")
    assert {segment["level"] for segment in records(run, "stimulation/segment")} == {
        3
    }  # 1 and 2 nobody has written down


def test_a_restart_in_order_records_what_is_open_and_says_so() -> None:
    run = play(ON, "00:00:20 daemon = 'restart'; for = '5s'", duration="40s")
    states = [body["reason"] for body in bodies(run, "/gateway-1/status")]
    assert states == [None, "stopped", None, "stopped"]
    sessions = records(run, "stimulation/session")
    assert [session["reason"] for session in sessions] == ["daemon_stop", "daemon_stop"]


def test_a_daemon_that_is_wanted_back_before_it_has_ended_starts_when_it_has() -> None:
    run = play(ON, "00:00:09 daemon = 'restart'; for = '10ms'", "00:00:08 broker = 'down'; for = '5s'", duration="40s")
    steps = [(h.t_s, h.what) for h in run.truth if h.who == "daemon" and h.what in {"started", "stopped"}]
    assert [what for _, what in steps] == ["started", "stopped", "started", "stopped"]
    assert steps[1][0] <= steps[2][0] < 12.5
    assert bodies(run, "/gateway-1/status")[-2]["state"] == "online"


def test_a_daemon_that_cannot_make_its_journal_is_started_again_until_it_can() -> None:
    run = play("00:00:00 disk = 'full'; for = '12s'", duration="40s")
    failed = [(at_s, detail["why"]) for at_s, detail in truth(run, "daemon", "stopped") if detail]
    assert [at_s for at_s, _ in failed] == [0.0, 5.0, 10.0]
    assert all("journal /var/lib/ptdevice/journal.sqlite" in why for _, why in failed)
    assert said(run, "/gateway-1/status")[0][0] > 15.0


def test_a_full_disk_does_not_keep_a_daemon_from_starting_on_the_journal_it_has() -> None:
    run = play("00:00:05 disk = 'full'; for = '30s'", "00:00:04 daemon = 'restart'; for = '2s'", duration="50s")
    assert [detail for _, detail in truth(run, "daemon", "stopped")] == [{}, {}]
    assert [at_s for at_s, body in said(run, "/gateway-1/status") if body["state"] == "online"][1] < 7.0


def test_the_second_life_has_the_same_boot_and_other_ids() -> None:
    run = play(ON, "00:00:20 daemon = 'kill'; for = '5s'", duration="50s")
    assert len({body["boot_id"] for body in bodies(run, "/info")}) == 1
    assert len(bodies(run, "/info")) == 2


def test_units_that_lose_their_links_at_once_are_told_in_their_own_order() -> None:
    aliases = "fedcba"
    head = 'title = "Six"\nduration = "{duration}"\n'
    head += "".join(f'[units.{alias}]\ndevice = "beurer_em70"\n' for alias in aliases)
    run = play("00:00:10 daemon = 'restart'; for = '5s'", duration="12s", head=head)
    gone = [h.who for h in run.truth if h.what == "link" and h.t_s >= 10.0 and not h.detail["connected"]]
    assert gone == list(aliases)


def test_a_kill_drops_every_link_at_that_moment() -> None:
    async def main() -> None:
        async with opened(loads(HEAD.format(duration="1m")), hear=lambda _: None) as clinic:
            await clinic.until(10.0)
            hosts = [unit.host for unit in clinic.units.values()]
            assert all(host.is_connected for host in hosts)
            clinic.daemon.kill()
            assert not any(host.is_connected for host in hosts), "before any task of the dead has run"

    virtual_time.run(main())
