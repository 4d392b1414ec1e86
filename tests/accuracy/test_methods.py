"""What is compared with must be able to count: clear movements are counted right by every method but the naive one."""

from __future__ import annotations

import pytest
from benchmarks.accuracy import compared, methods
from benchmarks.accuracy.guided import count
from benchmarks.accuracy.report import Report
from benchmarks.recordings import Set, Signal
from tests.motion.movement import measured, repetitions


def signal(reps: int, degrees: float) -> Signal:
    samples = measured(repetitions(reps, degrees=degrees))
    return Signal(samples.t, samples.force, samples.spin, samples.rate_hz)


@pytest.mark.parametrize("reps", [5, 8, 12])
@pytest.mark.parametrize("name", [name for name in compared.OTHERS if "threshold" not in name])
def test_a_clear_movement_is_counted(name: str, reps: int) -> None:
    _, method = compared.OTHERS[name]

    assert abs(method(signal(reps, 60.0)) - reps) <= (1 if name == "autocorrelation" else 0)


def test_by_the_gyroscope_means_by_the_gyroscope() -> None:
    clear = signal(8, 60.0)
    still = Signal(clear.t, [clear.acc[0]] * len(clear.t), clear.gyr, clear.rate_hz)

    assert (methods.pca_peaks(still, gyroscope=True), methods.pca_peaks(still)) == (8, 0)


def test_a_threshold_counts_jolts() -> None:
    still = (0.0, 0.0, 9.81)
    jolt = (0.0, 0.0, 19.81)
    acc = [jolt if 100 < k < 900 and k % 100 < 10 else still for k in range(1000)]

    assert methods.threshold(Signal([k / 50 for k in range(1000)], acc, None, 50.0)) == 8


def test_rest_is_no_repetition() -> None:
    still = Signal([k / 25 for k in range(500)], [(0.0, 0.1 * (k % 2), 9.81) for k in range(500)], None, 25.0)

    assert (methods.threshold(still), methods.autocorrelation(still)) == (0, 0)


def test_every_method_has_its_row_beside_ours() -> None:
    report = Report()
    each = Set("yurtman_barshan", "somebody", "leg_raise/fast", 8, (), signal(8, 60.0))
    compared.show(report, [count(each)], quick=True)
    rows = [line for line in report.page().splitlines() if line.startswith("| ")]

    assert len(rows) == 2 + 2 + len(compared.OTHERS)
    assert all("100.0 / 100.0 / 0.00" in row for row in rows if "this counter" in row)
