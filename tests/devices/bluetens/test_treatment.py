from __future__ import annotations

import hashlib

import pytest
from tests.devices.commanding import SCRIPT, Bench
from tests.devices.vectors import load, named

from ptdevice.devices import CATALOGUE
from ptdevice.model.command import Wish
from ptdevice_sim.misbehaviour import Misbehaviour

VECTORS = load("bluetens")
DIGEST = hashlib.md5(SCRIPT.encode(), usedforsecurity=False).hexdigest()
FILE = DIGEST[:8]


def lines(bench: Bench) -> list[str]:
    """What was told that is no question of an observer, put together."""
    text = b"".join(write.data for _, write in bench.writes if write not in bench.profile.queries).decode()
    return [line for line in text.replace("\r", "").split("\n") if line]


def up(level: int = 3, **options: object) -> Bench:
    bench = Bench("bluetens", **options)  # type: ignore[arg-type] # names and types are those of the bench
    bench.run(6.0, level)
    return bench


def test_a_script_is_looked_for_sent_looked_at_started_with_its_cut_and_then_raised() -> None:
    assert lines(up())[:6] == [
        f">md5 {FILE}",
        f">cat {FILE} -l={len(SCRIPT)}",
        f"{SCRIPT}>md5 {FILE}",
        f">ssta {FILE} -cut=240",
        ">str 2",
        ">str 3",
    ]


def test_a_script_that_is_there_is_not_sent_again() -> None:
    bench = up()
    bench.stop()
    bench.run(2.0, None)
    bench.writes.clear()
    bench.run(4.0, 2)
    assert lines(bench)[0] == f">ssta {FILE} -cut=240"


def test_a_file_of_that_name_with_another_content_is_replaced() -> None:
    bench = Bench("bluetens")
    bench.unit.console.files[FILE] = "V1D10{|R65535P400F1000}"
    bench.run(6.0, 1)
    assert bench.unit.console.files[FILE] == SCRIPT
    assert bench.level == 1


def test_a_file_that_does_not_come_to_be_is_given_up_and_nothing_is_started() -> None:
    bench = Bench("bluetens")
    keep = bench.unit.console.do

    def forgetful(words: list[str]) -> list[str] | None:
        said: list[str] | None = keep(words)
        bench.unit.console.files.pop(FILE, None)
        return said

    bench.unit.console.do = forgetful
    bench.run(30.0, 1)
    assert bench.unit.flow.rises == 0
    assert sum(line.startswith(">cat") for line in lines(bench)) == 2


def test_the_script_is_started_once_in_a_run_whatever_becomes_of_it() -> None:
    bench = up()
    bench.do(lambda unit, now: unit.pads_off(now))
    bench.run(10.0, 3)
    bench.do(lambda unit, now: unit.pads_on(now))
    bench.run(10.0, 3)
    assert sum(line.startswith(">ssta") for line in lines(bench)) == 1
    assert not bench.unit.flow.flows


def test_a_start_that_fails_is_not_tried_again() -> None:
    bench = Bench("bluetens")
    keep = bench.unit.console.do

    def losing(words: list[str]) -> list[str] | None:
        said: list[str] | None = keep(words)
        if words[:1] == ["md5"] and said == [DIGEST]:
            del bench.unit.console.files[FILE]
        return said

    bench.unit.console.do = losing
    bench.run(20.0, 1)
    assert sum(line.startswith(">ssta") for line in lines(bench)) == 1


def test_without_a_timer_nothing_is_started() -> None:
    bench = Bench("bluetens")
    wish = Wish(2, None, SCRIPT, 100.0, 200.0, None)
    assert bench.commanding.objection(wish) is None  # a session in its last second has none, and goes on
    for _ in range(60):
        bench.run(0.1, None)
        bench.tell(bench.codec.encode(bench.admit(wish), bench.now))
    assert bench.unit.flow.rises == 0


# --- `str` never to a unit that stands still ---


@pytest.mark.parametrize("ends", ["pads_off", "switch_off", "plug_in"])
def test_no_level_is_told_to_a_unit_that_has_ended_it(ends: str) -> None:
    bench = up()
    bench.do(lambda unit, now: getattr(unit, ends)(now))
    bench.run(3.5, 3)
    bench.writes.clear()
    bench.run(5.0, 5)
    assert not [line for line in lines(bench) if line.startswith(">str")]


def test_no_level_is_told_in_the_last_seconds_of_a_script_which_ends_without_a_word() -> None:
    bench = Bench("bluetens")
    levels = iter([1, 2] * 10_000)
    bench.run(6.0, 1)
    bench.run(300.0, lambda _: next(levels))
    starts = [at for at, write in bench.writes if write.data.startswith(b">ssta")]
    told = [at for at, write in bench.writes if write.data.startswith(b">str")]
    assert told
    assert max(told) < starts[0] + 240.0 - 2.0
    assert len(starts) == 1
    assert bench.unit.flow.rises == 1


def test_a_script_that_a_key_has_started_is_not_raised_and_ends_by_a_level_of_0() -> None:
    bench = Bench("bluetens")
    bench.run(1.0, None)
    bench.do(lambda unit, now: unit.press_up(now))
    bench.run(6.0, 4)
    assert bench.level == 1
    assert not [line for line in lines(bench) if line.startswith((">str", ">ssta"))]
    bench.run(2.0, 0)
    assert not bench.unit.flow.flows


def test_a_script_that_a_key_has_started_after_ours_is_not_raised() -> None:
    bench = up()
    bench.stop()
    bench.run(2.0, None)
    bench.do(lambda unit, now: unit.press_up(now))
    bench.run(1.5, None)  # a status has shown it
    bench.writes.clear()
    bench.run(6.0, 4)
    assert not [line for line in lines(bench) if line.startswith((">str", ">ssta"))]


def test_an_old_status_is_not_believed() -> None:
    bench = up()
    bench.lag_s = 60.0  # from here on nothing is heard
    bench.run(2.0, 3)
    bench.writes.clear()
    bench.run(20.0, 5)
    assert not [line for line in lines(bench) if line.startswith(">str")]


# --- one at a time ---


def test_one_line_is_outstanding_at_a_time() -> None:
    bench = Bench("bluetens", Misbehaviour(keeps_acks=True))
    bench.run(5.0, 1)
    # A start that is not answered: the next line comes after the patience for it, though the answer to `stat` would be there.
    when = {write.data[:5]: at for at, write in bench.writes}
    later = [at for at, _ in bench.writes if at > when[b">ssta"]]
    assert min(later) - when[b">ssta"] >= 1.9 if later else True


# --- the stop ---


def test_the_stop_is_the_published_line_twice() -> None:
    commanding = CATALOGUE["bluetens"].commanding
    assert commanding is not None
    assert [write.data for write in commanding.stop] == [named(VECTORS, "stop").data * 2]


@pytest.mark.parametrize("cut", range(1, 20))
def test_after_a_line_that_was_cut_anywhere_the_stop_is_still_a_stop(cut: int) -> None:
    bench = up()
    (port,) = bench.profile.ports
    bench.unit.write(port.uuid, f">ssta {FILE} -cut=1800".encode()[:cut], bench.now)
    bench.stop()
    assert not bench.unit.flow.flows


def test_the_first_level_of_our_own_start_is_no_hand_and_the_next_press_is() -> None:
    bench = up(1)
    assert bench.by_hand() == []
    bench.do(lambda unit, now: unit.press_up(now))
    bench.run(0.5, 1)
    assert [event.level for event in bench.by_hand()] == [2]


def test_only_one_word_of_level_1_is_that_of_our_start() -> None:
    bench = Bench("bluetens")
    while not bench.level:
        bench.run(0.1, 1)
    bench.run(0.3, 1)
    bench.do(lambda unit, now: unit.press_down(now))  # it stays at 1, and says so
    bench.run(0.3, 1)
    assert [event.level for event in bench.by_hand()] == [1]
