"""A recording worn as a body: its columns, its rows, and what it does not know."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from ptdevice_sim.recording import RecordingError, WornRecording

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
t_s,leg_ax,leg_ay,leg_az,leg_gx,leg_gy,leg_gz,chest_ax,chest_ay,chest_az
0.0,0,0,10,0,-20,4,1,2,3
0.5,2,0,8,10,-40,4,4,5,6
1.0,2,0,8,10,-40,4,4,5,6
"""


def saved(folder: Path, text: str = TEXT) -> Path:
    path = folder / "worn.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_angular_rate_is_read_from_the_same_place_as_acceleration(tmp_path: Path) -> None:
    worn = WornRecording(saved(tmp_path))
    assert worn.has_angular_rate
    assert worn.acceleration(0.25) == (1.0, 0.0, 9.0)
    assert worn.angular_rate(0.25) == (5.0, -30.0, 4.0)


def test_a_recording_starts_when_it_is_told_to(tmp_path: Path) -> None:
    worn = WornRecording(saved(tmp_path), start=100.0)
    assert worn.angular_rate(100.25) == (5.0, -30.0, 4.0)


def test_outside_of_the_recording_the_posture_stays_and_nothing_turns(tmp_path: Path) -> None:
    worn = WornRecording(saved(tmp_path))
    assert (worn.acceleration(-1.0), worn.angular_rate(-1.0)) == ((0.0, 0.0, 10.0), (0.0, 0.0, 0.0))
    assert (worn.acceleration(9.0), worn.angular_rate(9.0)) == ((2.0, 0.0, 8.0), (0.0, 0.0, 0.0))


def test_a_place_without_a_gyroscope_says_so_instead_of_inventing_one(tmp_path: Path) -> None:
    worn = WornRecording(saved(tmp_path), place="chest")
    assert worn.acceleration(0.0) == (1.0, 2.0, 3.0)
    assert not worn.has_angular_rate
    with pytest.raises(RecordingError, match="'chest' had no gyroscope"):
        worn.angular_rate(0.0)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("leg_gz", "leg_g"), "no column leg_gz"),
        (("0.5,2,0,8,10", "0.5,2,0,8,fast"), ":3: not 7 numbers"),
        (("0.5,2,0,8,10", "0.5,2,0,8,nan"), ":3: a value is not finite"),
        (("1.0,2", "0.5,2"), ":4: time 0.5 does not follow 0.5"),
        (("t_s", "time"), ":1: needs the columns t_s"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(RecordingError, match=complaint):
        WornRecording(saved(tmp_path, TEXT.replace(*change)))


def test_a_gzipped_file_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "worn.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert WornRecording(path).angular_rate(0.5) == (10.0, -40.0, 4.0)
