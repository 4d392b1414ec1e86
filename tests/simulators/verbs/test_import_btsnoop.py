"""`ptdevice-sim import-btsnoop` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulators.tapes import snooping
from tests.simulators.tapes.snooping import Script

from ptdevice.tape.reading import Tape
from ptdevice_sim.cli import main

BTMON = Path(__file__).parents[1] / "tapes/captures/btmon.btsnoop"
EDITCAP = BTMON.with_name("editcap.btsnoop")


def lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in Tape(file, str(path)))


def test_without_an_output_it_tells_who_is_in_it_and_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-btsnoop", str(BTMON)]) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "1  polar (Polar H10 [hidden]): 1 connection, 24 values in 3.3 s, 12 characteristics",
        "2  beurer_em70 (LT1102S): 1 connection, 8 values in 3.2 s, 10 characteristics",
    ]
    assert told.err == ""


def test_a_unit_becomes_a_tape_that_the_codec_understands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = tmp_path / "belt.tape"
    assert main(["import-btsnoop", str(BTMON), "--link", "2", "-o", str(tape)]) == 0
    assert "1 connected, 1 disconnected, 4 notify, 1 subscribe, 3 write" in capsys.readouterr().err
    assert main(["replay", str(tape), "--decode"]) == 0
    assert capsys.readouterr().out.count('"stimulation_status"') == 3


def test_several_units_have_to_be_chosen_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-btsnoop", str(BTMON), "-o", str(tmp_path / "x")]) == 1
    told = capsys.readouterr().err
    assert "there are 2 units in it; choose one with --link:\n  1  polar" in told
    assert main(["import-btsnoop", str(BTMON), "-o", str(tmp_path / "x"), "--link", "3"]) == 1
    assert "there is no unit 3; there are 1 to 2" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_what_is_wrong_with_a_capture_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script().connected().knows().answers(b"\x99").answers(bytes.fromhex("1b0300aabb"))
    script.answers(bytes.fromhex("1b5000aa")).acl(b"\x1b\x03\x00" + bytes(40), sent=False, sizes=(27,))
    script.records.pop()  # a message without its end
    *_, cut = script.answers(bytes.fromhex("1b0300aabbccdd")).records
    script.records[-1] = snooping.Raw(cut.flags, cut.data[:-2], cut.original, cut.t_us - 9000, drops=3)
    path = script.to(tmp_path / "bad.btsnoop")
    path.write_bytes(path.read_bytes() + b"\0" * 7)
    assert main(["import-btsnoop", str(path), "-o", str(tmp_path / "x")]) == 0
    told = capsys.readouterr().err
    for sentence in (
        "it breaks off inside its last record",
        "the program that captured lost 3 packets",
        "its clock was set back 1 times",
        "1 records are not whole (a filtered log?)",
        "0 fragments have no beginning, 1 messages no end",
        "by opcode: 0x99 1 times",
        "1 values are not whole, and are marked as cut",
        "1 entries of handle 0x0050 were left out: nothing tells what it is (--map 0x0050=UUID)",
    ):
        assert sentence in told


def test_a_filtered_log_s_values_are_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-btsnoop", str(EDITCAP), "--link", "1", "-o", str(tmp_path / "x")]) == 0
    assert "15 records are not whole" in capsys.readouterr().err
    assert '"missing":' in (tmp_path / "x").read_text()


def test_a_map_names_what_was_not_discovered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = Script().connected().asks(bytes.fromhex("1226000100")).answers(b"\x13")
    path, tape = script.answers(bytes.fromhex("1b2500163c0004")).to(tmp_path / "c"), tmp_path / "t"
    assert main(["import-btsnoop", str(path), "-o", str(tape)]) == 1
    assert "nothing could be named, so there is no tape; see --map" in capsys.readouterr().err
    assert not tape.exists()
    maps = ["--map", "0x25=2a37", "--map", "38=00002902-0000-1000-8000-00805f9b34fb"]
    assert main(["import-btsnoop", str(path), "-o", str(tape), "--device", "polar", *maps]) == 0
    assert '"dir":"subscribe","port":"heart_rate"' in tape.read_text()
    assert '"dir":"notify","port":"heart_rate","hex":"163c0004"' in tape.read_text()


@pytest.mark.parametrize("wrong", ["0x25", "0x25=", "=2a37", "0x25=xyz", "0=2a37", "0x10000=2a37", "0x25=2a3"])
def test_a_map_that_makes_no_sense_is_wrong_usage(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["import-btsnoop", "x", "--map", wrong])
    assert caught.value.code == 2
    assert "is not HANDLE=UUID, e.g. 0x0025=2a37" in capsys.readouterr().err


def test_a_tape_that_is_there_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x").write_text("precious")
    assert main(["import-btsnoop", str(BTMON), "--link", "1", "-o", str(tmp_path / "x")]) == 1
    assert "is there already, and is not overwritten" in capsys.readouterr().err
    assert (tmp_path / "x").read_text() == "precious"


@pytest.mark.parametrize(
    ("octets", "why"), [(b"", "not a btsnoop file"), (b"btsnoop\0\0\0\0\1\0\0\x03\xea", "nobody exchanged attributes")]
)
def test_a_file_with_nothing_in_it_is_told(
    tmp_path: Path, octets: bytes, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c").write_bytes(octets)
    assert main(["import-btsnoop", str(tmp_path / "c"), "-o", str(tmp_path / "x")]) == 1
    assert why in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


def test_a_tape_without_a_date_has_none(tmp_path: Path) -> None:
    for name, options in (("a", []), ("b", ["--date"])):
        assert main(["import-btsnoop", str(BTMON), "--link", "1", "-o", str(tmp_path / name), *options]) == 0
    assert '"started":null' in (tmp_path / "a").read_text()
    assert '"started":"1970-01-01T00:00:00Z"' in (tmp_path / "b").read_text()
    assert lines(tmp_path / "a") == lines(tmp_path / "b")
