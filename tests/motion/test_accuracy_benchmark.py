"""The benchmark reads recordings and scores what the counter made of them; so its own reading and scoring are tested."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING

import pytest
from benchmarks import accuracy, reps_adapter
from benchmarks.recordings import Set, disturbances, quiet_of, read, sets_of
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

    assert (found.true, found.core, len(found.ends)) == (REPS, True, REPS)
    assert found.signal.t[0] == pytest.approx(0.52, abs=0.04)
    assert found.signal.gyr is not None


def test_counting_right_is_no_error_and_a_wrong_truth_is_one(recordings: Path) -> None:
    found = one_set(recordings)

    assert accuracy.counts(found) == (0, 0)
    wrong = Set(found.dataset, found.exercise, REPS + 2, found.ends, found.signal)
    assert accuracy.counts(wrong) == (-2, -2)


def test_scores_are_shares_of_sets() -> None:
    score = accuracy.score([0, 0, 1, -3])

    assert (score.sets, score.exact, score.within1, score.mae) == (4, 50.0, 75.0, 1.0)


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

    assert accuracy.free([quiet]) == {"yurtman_barshan": 0.0}


def test_latency_is_told_for_each_labelled_repetition(recordings: Path) -> None:
    late = accuracy.latency([one_set(recordings)])

    assert len(late) == REPS
    assert all(-1.3 < seconds < 0.3 for seconds in late)


@pytest.mark.parametrize("name", disturbances(random.Random(1)))  # noqa: S311 - disturbances, not secrets
def test_no_disturbance_spoils_a_clear_movement(recordings: Path, name: str) -> None:
    found = one_set(recordings)
    disturb = disturbances(random.Random(1))[name]  # noqa: S311

    assert disturb(found.signal) != found.signal
    assert abs(accuracy.counts(found, disturb)[0]) <= 1


def test_without_recordings_it_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        accuracy.find(tmp_path)

    assert ended.value.code == 2
    assert "make accuracy DATA=DIR" in capsys.readouterr().err
