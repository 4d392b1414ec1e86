"""The benchmark reads recordings and scores what the counter made of them; so its own reading and scoring are tested."""

from __future__ import annotations

import dataclasses
import gzip
import json
from typing import TYPE_CHECKING

import pytest
from benchmarks import reps_adapter
from benchmarks.accuracy import __main__ as accuracy
from benchmarks.accuracy import daily, guided, lateness
from benchmarks.recordings import Set, quiet_of, read, sets_of
from tests.motion.movement import after, measured, repetitions

if TYPE_CHECKING:
    from pathlib import Path

REPS = 6


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """One recording: an exercise of six repetitions, and then a quiet minute."""
    exercise = repetitions(REPS)
    end = exercise[-1][0]
    samples = measured(after(exercise, [(60.0, 0.0)]))
    lines = ["t_s,chest_ax,chest_ay,chest_az,chest_gx,chest_gy,chest_gz"]
    for t, force, spin in zip(samples.t, samples.force, samples.spin, strict=True):
        lines.append(",".join(f"{value:.4f}" for value in (t, *force, *spin)))
    with gzip.open(tmp_path / "one.csv.gz", "wt") as file:
        file.write("\n".join(lines))
    entry = {
        "dataset": "yurtman_barshan",
        "subject": "somebody",
        "file": "one.csv.gz",
        "rate_hz": 25.0,
        "primary": "chest",
        "kind": "exercise",
        "sets": [{"t0": 1.5, "t1": end, "reps": REPS, "exercise": "leg_raise/fast"}],
        "reps": [[3.0 + 3.7 * k, None, 3.0 + 3.7 * k + 2.9] for k in range(REPS)],
        "quiet": [[end, end + 60.0]],
    }
    (tmp_path / "index.json").write_text(json.dumps([entry]))
    return tmp_path


def one_set(recordings: Path) -> Set:
    (found,) = sets_of(read(recordings), 1.0, 1.0)
    return found


def test_a_set_is_cut_out_with_its_margins(recordings: Path) -> None:
    found = one_set(recordings)

    assert (found.person, found.true, found.core, len(found.ends)) == ("somebody", REPS, True, REPS)
    assert found.signal.t[0] == pytest.approx(0.52, abs=0.04)
    assert found.signal.gyr is not None


def test_counting_right_is_no_error_and_a_wrong_truth_is_one(recordings: Path) -> None:
    found = guided.count(one_set(recordings))
    wrong = dataclasses.replace(found, of=dataclasses.replace(found.of, true=REPS + 2))

    assert (found.live_error, found.recount_error) == (("somebody", 0), ("somebody", 0))
    assert (wrong.live_error, wrong.recount_error) == (("somebody", -2), ("somebody", -2))


def test_the_digest_tells_other_counts_and_other_times(recordings: Path) -> None:
    found = guided.count(one_set(recordings))
    (start, turn, end), *later = found.times
    others = [
        dataclasses.replace(found, recount=REPS + 1),
        dataclasses.replace(found, times=((start, turn + 1, end), *later)),
    ]

    assert guided.digest([found]) == guided.digest([guided.count(found.of)])
    assert len({guided.digest([each]) for each in (found, *others)}) == 3


def test_the_adapter_tells_live_count_recount_and_free_finds(recordings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    s = one_set(recordings).signal
    live = reps_adapter.count(s.t, s.acc, s.gyr, "guided", {"rate_hz": 25.0})
    free = reps_adapter.count(s.t, s.acc, s.gyr, "free", {"rate_hz": 25.0})
    monkeypatch.setenv("PTDEVICE_RECOUNT", "1")
    recount = reps_adapter.count(s.t, s.acc, s.gyr, "guided", {"rate_hz": 25.0})

    assert [len(live), len(free), len(recount)] == [REPS] * 3
    assert [peak for peak, _ in live] == pytest.approx([4.4 + 3.7 * k for k in range(REPS)], abs=0.5)


def test_nothing_is_found_where_it_is_quiet(recordings: Path) -> None:
    (quiet,) = quiet_of(read(recordings))

    found = daily.find([quiet])["yurtman_barshan"]
    assert (found.repetitions, found.rate) == (0, 0.0)
    assert found.hours == pytest.approx((60.0 - 1.4) / 3600)


def test_latency_is_told_for_each_labelled_repetition(recordings: Path) -> None:
    late = lateness.lateness([one_set(recordings)])

    assert len(late) == REPS
    assert all(-1.3 < seconds < 0.3 for seconds in late)


def test_without_recordings_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        accuracy.find(tmp_path)

    assert ended.value.code == 2
    assert "make accuracy DATA=DIR" in capsys.readouterr().err
