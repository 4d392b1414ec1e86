"""Whom to stop is known before a unit is commanded, and forgotten only when it is at zero, whatever dies in between."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from ptdevice.outstanding import NAME, Mark, Outstanding, Unit

if TYPE_CHECKING:
    from pathlib import Path

BACK = Unit("back", "beurer_em70", "C0:DE:00:00:01:00", simulated=True)
KNEE = Unit("knee", "dglab_coyote3", name="47L121000")


@pytest.fixture
def file(tmp_path: Path) -> Outstanding:
    return Outstanding(tmp_path / "journal.sqlite")


def test_nobody_is_outstanding_at_first(file: Outstanding) -> None:
    assert file.units() == {}


def test_a_unit_that_is_about_to_be_commanded_is_on_disk(file: Outstanding, tmp_path: Path) -> None:
    file.begin(BACK)
    file.begin(KNEE)
    assert Outstanding(tmp_path / "journal.sqlite").units() == {"back": BACK, "knee": KNEE}


def test_only_whoever_runs_the_service_can_read_it(file: Outstanding) -> None:
    file.begin(BACK)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_a_unit_at_zero_is_outstanding_no_more(file: Outstanding) -> None:
    file.begin(BACK)
    file.begin(KNEE)
    file.zero("back")
    assert file.units() == {"knee": KNEE}


def test_without_anybody_there_is_no_file(file: Outstanding) -> None:
    file.begin(BACK)
    file.zero("back")
    assert not file.path.exists()


def test_noting_it_again_writes_nothing(file: Outstanding) -> None:
    file.begin(BACK)
    before = file.path.stat().st_ino
    file.begin(BACK)
    assert file.path.stat().st_ino == before


def test_a_stop_by_another_program_is_noted_for_the_daemon(file: Outstanding) -> None:
    file.begin(BACK)
    file.stopped("back", "stopped")
    file.stopped("stranger", "stopped")
    assert {alias: unit.stopped for alias, unit in file.units().items()} == {"back": "stopped"}


def test_a_unit_that_is_commanded_anew_is_outstanding_again(file: Outstanding) -> None:
    file.begin(BACK)
    file.stopped("back", "stopped")
    file.begin(BACK)
    assert file.units()["back"].stopped is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"units": {"back": {}}}', '{"units": {"back": 3}}', '{"units": 3}']
)
def test_a_damaged_file_is_not_the_same_as_nobody(file: Outstanding, content: str) -> None:
    file.path.write_text(content)
    with pytest.raises(OSError, match="is damaged"):
        file.units()


def test_a_damaged_file_does_not_keep_another_unit_from_being_noted(file: Outstanding) -> None:
    file.path.write_text("{")
    file.begin(KNEE)
    assert file.units() == {"knee": KNEE}
    assert file.path.with_suffix(".damaged").read_text() == "{"


def test_a_write_that_was_cut_short_leaves_the_file_as_it_was(file: Outstanding) -> None:
    file.begin(BACK)
    file.path.with_suffix(".new").write_text('{"units": {"kn')  # as a power cut leaves it
    assert file.units() == {"back": BACK}


def test_the_file_is_replaced_whole_and_never_written_over(file: Outstanding) -> None:
    file.begin(BACK)
    with file.path.open("rb") as before:
        file.begin(KNEE)
        assert Outstanding(file.path).units() == {"back": BACK, "knee": KNEE}
        assert b"knee" not in before.read()  # who reads meanwhile reads the one or the other


def test_whoever_stops_waits_for_the_lock_and_then_goes_on_without_it(file: Outstanding) -> None:
    with file.locked() as first, file.locked(wait_s=0.1) as second:
        assert (first, second) == (True, False)


def test_the_lock_is_let_go_of(file: Outstanding) -> None:
    with file.locked():
        pass
    handle = os.open(file.path.with_suffix(".lock"), os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)


class Held:
    """A link whose unit has an address."""

    address = "C0:DE:00:00:01:07"


async def test_a_mark_notes_the_address_where_the_unit_was_found(file: Outstanding) -> None:
    mark = Mark(file, KNEE)
    assert await mark.begin(Held())
    assert mark.noted
    assert json.loads(file.path.read_text())["units"]["knee"]["address"] == Held.address


async def test_a_mark_on_an_air_without_addresses_keeps_the_configured_one(file: Outstanding) -> None:
    await Mark(file, BACK).begin(object())
    assert file.units() == {"back": BACK}


async def test_what_cannot_be_noted_must_not_be_commanded(tmp_path: Path) -> None:
    mark = Mark(Outstanding(tmp_path / "absent" / "journal.sqlite"), BACK)
    assert not await mark.begin(object())
    assert not mark.noted


async def test_a_mark_is_taken_off_at_zero(file: Outstanding) -> None:
    mark = Mark(file, BACK)
    await mark.begin(object())
    await mark.zero()
    assert (mark.noted, file.units()) == (False, {})


async def test_a_zero_that_cannot_be_noted_stops_nothing(tmp_path: Path) -> None:
    mark = Mark(Outstanding(tmp_path / "absent" / "journal.sqlite"), BACK)
    await mark.zero()
    assert (tmp_path / NAME).exists() is False


async def test_a_unit_that_begins_again_before_its_zero_is_noted_stays_outstanding(file: Outstanding) -> None:
    mark = Mark(file, BACK)
    await mark.begin(object())
    zero = mark.zero()  # a session is over; before the disk is reached, the next one is there
    await mark.begin(object())
    await zero
    assert (mark.noted, file.units()) == (True, {"back": BACK})
