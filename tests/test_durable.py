"""Small files that outlive the process."""

from __future__ import annotations

import fcntl
import os
import resource
from typing import TYPE_CHECKING

import pytest

from ptdevice import durable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_replaced_as_a_whole_for_its_owner_only_and_nothing_stays_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    durable.replace(file, b"a longer text")
    durable.replace(file, b"short")
    assert file.read_bytes() == b"short"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["some.json"]


def test_one_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    durable.replace(file, b"before")
    (tmp_path / "some.new").mkdir()
    with pytest.raises(IsADirectoryError):
        durable.replace(file, b"after")
    assert file.read_bytes() == b"before"


def test_a_lock_is_had_once_and_ends_with_the_block(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    with durable.locked(file) as first, durable.locked(file, 0.0) as second:
        assert (first, second) == (True, False)
    with durable.locked(file, 0.0) as third:
        assert third


def test_a_lock_that_another_holds_is_waited_for(tmp_path: Path) -> None:
    handle = os.open(tmp_path / "some.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with durable.locked(tmp_path / "some.json", 0.1) as mine:
        assert not mine
    os.close(handle)


def test_one_that_need_not_outlive_the_machine_is_replaced_as_a_whole_too(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    durable.replace(file, b"a longer text", sync=False)
    durable.replace(file, b"short", sync=False)
    assert file.read_bytes() == b"short"
    assert [path.name for path in tmp_path.iterdir()] == ["some.json"]


def test_what_the_disk_takes_only_a_part_of_does_not_replace_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "some.json"
    durable.replace(file, b"before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))  # like a full disk: a short write, and then an error
    try:
        with pytest.raises(OSError, match="too large"):
            durable.replace(file, b"after " * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert file.read_bytes() == b"before"
