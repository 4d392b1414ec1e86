"""Where standard error leads, and so which handler there is."""

from __future__ import annotations

import io
import logging
import os
from typing import TYPE_CHECKING

from ptdevice.logs import set_up
from ptdevice.logs.destination import in_journal

if TYPE_CHECKING:
    from pathlib import Path


def test_the_journal_is_known_by_device_and_inode(tmp_path: Path) -> None:
    with (tmp_path / "err").open("w") as stream:
        facts = os.fstat(stream.fileno())
        assert in_journal(stream, {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}"})
        assert not in_journal(stream, {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino + 1}"})
        assert not in_journal(stream, {})


def test_a_stream_that_is_no_file_is_no_journal() -> None:
    assert not in_journal(io.StringIO(), {"JOURNAL_STREAM": "8:1"})


def test_in_the_journal_without_its_socket_lines_have_priorities(tmp_path: Path) -> None:
    file = tmp_path / "err"
    with file.open("w") as stream:
        facts = os.fstat(stream.fileno())
        set_up("info", stream, {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}"}, journal=str(tmp_path / "none"))
        logging.getLogger("ptdevice.x").warning("one")
    assert file.read_text() == "<4>ptdevice.x: one\n"


def test_standard_error_that_was_led_elsewhere_gets_lines_with_times() -> None:
    stream = io.StringIO()
    set_up("info", stream, {"JOURNAL_STREAM": "8:1"})
    logging.getLogger("ptdevice.x").warning("one")
    assert stream.getvalue().endswith(" WARNING ptdevice.x: one\n")


def test_text_is_text_also_in_the_journal(tmp_path: Path) -> None:
    file = tmp_path / "err"
    with file.open("w") as stream:
        facts = os.fstat(stream.fileno())
        set_up("info", stream, {"JOURNAL_STREAM": f"{facts.st_dev}:{facts.st_ino}"}, form="text")
        logging.getLogger("ptdevice.x").warning("one")
    assert file.read_text().endswith(" WARNING ptdevice.x: one\n")
