from __future__ import annotations

import dataclasses

import pytest
from benchmarks.accuracy import goals, guided
from benchmarks.accuracy.cost import Cost, faster
from benchmarks.accuracy.daily import DAILY, Found
from benchmarks.accuracy.disturbances import AS_RECORDED, GAP, GOALS
from benchmarks.accuracy.page import around
from benchmarks.accuracy.ranges import Ranges
from benchmarks.accuracy.report import Report
from benchmarks.accuracy.scores import score
from benchmarks.recordings import Signal

GOOD = score([("a", 0)] * 50 + [("b", 0)] * 50)
BAD = score([("a", 0)] * 50 + [("b", 5)] * 50)
FAR_OFF = score([("a", 0)] * 99 + [("a", 11)])  # 99 % exact and within one, mean error 0.11
CHEAP = Cost(1.0, 1.5, 1.0, 9000.0)
ALL_GOOD = goals.Findings(
    guided=dict.fromkeys(guided.GROUPS, (GOOD, GOOD)),
    loose=GOOD,
    free={DAILY: Found(4, 4.4)},
    robust=dict.fromkeys((AS_RECORDED, GAP, *GOALS), GOOD),
    late=[0.1, 0.2, 0.3],
    cost={"25 Hz": CHEAP},
    memory=600_000,
)


def test_all_are_reached_where_all_is_good() -> None:
    assert all(goal.reached for goal in goals.judge(ALL_GOOD))
    assert len(goals.judge(ALL_GOOD)) == 19


@pytest.mark.parametrize(
    ("worse", "missed"),
    [
        ({"guided": {guided.CORE: (BAD, GOOD)}}, "core"),
        ({"guided": {guided.CORE: (GOOD, BAD)}}, "core, recount"),
        ({"guided": {guided.CORE: (FAR_OFF, GOOD)}}, "core"),
        ({"guided": {guided.LOW: (BAD, GOOD)}}, "low-amplitude physiotherapy"),
        ({"loose": BAD}, "core, loosely: from 3 s before to 2 s after"),
        ({"free": {DAILY: Found(5, 4.4)}}, "free: false repetitions in daily life, chest"),
        ({"robust": ALL_GOOD.robust | {"10 ms jitter": BAD}}, "10 ms jitter: within one falls"),
        ({"robust": ALL_GOOD.robust | {GAP: BAD}}, GAP),
        ({"late": [0.1, 0.31, 0.9]}, "count after the true end, median / p95 of 3"),
        ({"late": [0.1, 0.2, 1.1]}, "count after the true end, median / p95 of 3"),
        ({"cost": {"25 Hz": dataclasses.replace(CHEAP, free_us=5.1)}}, "a sample, live / with recount / free: 25 Hz"),
        ({"cost": {"25 Hz": dataclasses.replace(CHEAP, times_life=1999)}}, "a recording counted: 25 Hz"),
        ({"ranges": Ranges(700, 2.1, 7.9, 0.0)}, "range of motion against VQF, mean / p95 of 700"),
        ({"ranges": Ranges(700, 1.9, 8.1, 0.0)}, "range of motion against VQF, mean / p95 of 700"),
        ({"memory": 1_000_001}, "memory of one stream"),
    ],
)
def test_a_goal_that_is_missed_is_said_to_be(worse: dict[str, object], missed: str) -> None:
    found = goals.judge(dataclasses.replace(ALL_GOOD, **worse))  # type: ignore[arg-type]

    assert [goal.what for goal in found if not goal.reached] == [missed]


def test_the_table_shows_what_was_missed(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report()
    goals.show(report, dataclasses.replace(ALL_GOOD, memory=2_000_000))
    lines = [line for line in report.page().splitlines() if "MISSED" in line]

    assert len(lines) == 1
    assert "2.00 MB" in lines[0]
    assert lines[0] in capsys.readouterr().out  # the page says what was printed


def test_the_page_says_how_it_was_made() -> None:
    whole, quick = (around("TABLES", quick=quick) for quick in (False, True))

    assert 'make accuracy DATA=DIR ARGS="--markdown docs/accuracy.md"' in whole
    assert whole.endswith("TABLES")
    assert ("quick run" in quick, "quick run" in whole) == (True, False)


def test_a_faster_sensor_sees_the_same_movement() -> None:
    slow = Signal([0.0, 0.04, 0.08], [(0.0, 0.0, 8.0), (4.0, 0.0, 8.0), (4.0, 8.0, 0.0)], None, 25.0)
    fast = faster(slow, 4)

    assert fast.rate_hz == 100.0
    assert fast.t == pytest.approx([0.01 * k for k in range(8)])
    assert fast.acc[::4] == slow.acc[:2]
    assert fast.acc[2] == (2.0, 0.0, 8.0)
