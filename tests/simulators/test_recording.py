from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from ptdevice_sim.recording import RecordingError, WornRecording

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "t_s,chest_ax,chest_ay,chest_az,chest_gx,wrist_ax,wrist_ay,wrist_az"
ROWS = [
    "10.0,0.0,1.0,9.8,99,5,5,5",
    "10.5,1.0,1.0,9.8,99,6,6,6",
    "11.5,1.0,3.0,9.8,99,7,7,7",
]


def written(folder: Path, *rows: str, header: str = HEADER, name: str = "person.csv") -> Path:
    file = folder / name
    text = "\n".join([header, *rows]) + "\n"
    if name.endswith(".gz"):
        file.write_bytes(gzip.compress(text.encode()))
    else:
        file.write_text(text)
    return file


@pytest.mark.parametrize("name", ["person.csv", "person.csv.gz"])
def test_the_first_place_is_worn_plain_or_gzipped(tmp_path: Path, name: str) -> None:
    worn = WornRecording(written(tmp_path, *ROWS, name=name))
    assert worn.place == "chest"
    assert worn.duration_s == 1.5
    assert worn.acceleration(0.0) == (0.0, 1.0, 9.8)


def test_another_place_is_worn_where_it_is_asked_for(tmp_path: Path) -> None:
    assert WornRecording(written(tmp_path, *ROWS), place="wrist").acceleration(0.0) == (5.0, 5.0, 5.0)


def test_the_first_row_happens_at_the_start(tmp_path: Path) -> None:
    worn = WornRecording(written(tmp_path, *ROWS), start=100.0)
    assert worn.acceleration(100.0) == (0.0, 1.0, 9.8)
    assert worn.acceleration(100.5) == (1.0, 1.0, 9.8)


def test_between_rows_it_is_linear_in_time(tmp_path: Path) -> None:
    worn = WornRecording(written(tmp_path, *ROWS))
    assert worn.acceleration(0.25) == pytest.approx((0.5, 1.0, 9.8))
    assert worn.acceleration(0.75) == pytest.approx((1.0, 1.5, 9.8))
    assert worn.acceleration(1.0) == pytest.approx((1.0, 2.0, 9.8))


def test_before_and_after_the_body_holds_still(tmp_path: Path) -> None:
    worn = WornRecording(written(tmp_path, *ROWS), start=100.0)
    assert worn.acceleration(0.0) == worn.acceleration(99.0) == (0.0, 1.0, 9.8)
    assert worn.acceleration(101.5) == worn.acceleration(1e6) == (1.0, 3.0, 9.8)


@pytest.mark.parametrize(
    ("rows", "header", "why"),
    [
        ((), HEADER, "fewer than two rows"),
        (ROWS[:1], HEADER, "fewer than two rows"),
        (ROWS, "time,chest_ax,chest_ay,chest_az", "person.csv:1: needs the columns t_s and"),
        (ROWS, "t_s,x,y,z", "person.csv:1: needs the columns t_s and"),
        (ROWS, "t_s,chest_ax,chest_ay,x", "person.csv:1: no column chest_az; places here: chest"),
        ((*ROWS, "12.0,0,0"), HEADER, "person.csv:5: not four numbers: 12.0,0,0"),
        ((*ROWS, "12.0,0,zero,0,0,0,0,0"), HEADER, "person.csv:5: not four numbers"),
        ((*ROWS, "12.0,0,nan,0,0,0,0,0"), HEADER, "person.csv:5: a value is not finite"),
        ((*ROWS, "inf,0,0,0,0,0,0,0"), HEADER, "person.csv:5: a value is not finite"),
        ((*ROWS, "11.5,0,0,0,0,0,0,0"), HEADER, "person.csv:5: time 11.5 does not follow 11.5"),
        ((*ROWS, "11.0,0,0,0,0,0,0,0"), HEADER, "person.csv:5: time 11.0 does not follow 11.5"),
    ],
)
def test_a_file_that_is_no_recording_is_told_with_its_line(
    tmp_path: Path, rows: tuple[str, ...], header: str, why: str
) -> None:
    with pytest.raises(RecordingError, match=why):
        WornRecording(written(tmp_path, *rows, header=header))


def test_an_unknown_place_is_told_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"no column ankle_ax, ankle_ay, ankle_az; places here: chest, wrist"):
        WornRecording(written(tmp_path, *ROWS), place="ankle")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", gzip.compress(b"t_s", mtime=0)[:-4], b"\x1f\x8b", b""])
@pytest.mark.parametrize("name", ["broken.csv", "broken.csv.gz"])
def test_bytes_that_are_no_table_are_told_with_their_file(tmp_path: Path, name: str, content: bytes) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(RecordingError, match="broken"):
        WornRecording(file)


def test_a_damaged_archive_is_told_with_its_file(tmp_path: Path) -> None:
    file = written(tmp_path, *ROWS * 50, name="damaged.csv.gz")
    data = bytearray(file.read_bytes())
    for damaged in range(10, len(data) - 8):
        file.write_bytes(bytes((*data[:damaged], data[damaged] ^ 0xFF, *data[damaged + 1 :])))
        with pytest.raises(RecordingError, match="damaged"):
            WornRecording(file)


def test_a_missing_file_is_told_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"nowhere\.csv: cannot be read as CSV"):
        WornRecording(tmp_path / "nowhere.csv")


def test_a_recording_knows_no_heart_and_shows_one_at_rest(tmp_path: Path) -> None:
    assert WornRecording(written(tmp_path, *ROWS)).heart_rate(1.0) == 70.0


TURNING = """\
t_s,leg_ax,leg_ay,leg_az,leg_gx,leg_gy,leg_gz,chest_ax,chest_ay,chest_az,chest_gx
0.0,0,0,10,0,-20,4,1,2,3,99
0.5,2,0,8,10,-40,4,4,5,6,99
1.0,2,0,8,10,-40,4,4,5,6,99
"""


def turning(folder: Path, text: str = TURNING, *, place: str | None = None, start: float = 0.0) -> WornRecording:
    file = folder / "turning.csv"
    file.write_text(text)
    return WornRecording(file, place=place, start=start)


def test_angular_rate_is_that_of_the_same_place_and_time(tmp_path: Path) -> None:
    worn = turning(tmp_path, start=100.0)
    assert worn.has_angular_rate
    assert worn.acceleration(100.25) == (1.0, 0.0, 9.0)
    assert worn.angular_rate(100.25) == (5.0, -30.0, 4.0)


def test_before_and_after_nothing_turns(tmp_path: Path) -> None:
    worn = turning(tmp_path)
    assert worn.angular_rate(-1.0) == worn.angular_rate(9.0) == (0.0, 0.0, 0.0)
    assert worn.angular_rate(0.0) == (0.0, -20.0, 4.0)
    assert worn.angular_rate(1.0) == (10.0, -40.0, 4.0)


def test_a_place_without_three_axes_of_a_gyroscope_has_none_and_says_so_instead_of_inventing_one(
    tmp_path: Path,
) -> None:
    worn = turning(tmp_path, place="chest")
    assert worn.acceleration(0.0) == (1.0, 2.0, 3.0)
    assert not worn.has_angular_rate
    with pytest.raises(RecordingError, match="'chest' had no gyroscope"):
        worn.angular_rate(0.0)


@pytest.mark.parametrize(
    ("row", "why"),
    [("1.5,2,0,8,10,fast,4", ":5: not seven numbers"), ("1.5,2,0,8,10,nan,4", ":5: a value is not finite")],
)
def test_an_angular_rate_that_is_none_is_told_with_its_line(tmp_path: Path, row: str, why: str) -> None:
    with pytest.raises(RecordingError, match=why):
        turning(tmp_path, TURNING + row + "\n")
