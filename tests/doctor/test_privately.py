"""Which words of a configuration must not get into a bug report: every one that is somebody's own."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from ptdevice.config import load
from ptdevice.doctor import report
from ptdevice.doctor.finding import fine
from ptdevice.doctor.privately import words

CONFIG = """\
[gateway]
site = "zqsite"
name = "zqgate"
[journal]
path = "{folder}/zqjournal/x.sqlite"
[mqtt]
host = "zqhost.zqlan.example"
username = "zquser"
password_env = "SECRET"
delivery = "end-to-end"
consumer = "zqconsumer"
[metrics]
port = 9000
host = "zqlisten"
[home_assistant]
requester = "zqrequester"
[units.zqalias]
device = "polar"
name = "zq a name of their own"
subject = "zqsubject"
[units.zqother]
device = "polar"
address = "C0:DE:1A:2B:3C:4D"
subject = "zqsubject"
[pairs.zqpair]
trunk = "zqalias"
pelvis = "zqother"
"""
PRIVATE = (
    *("zqsite", "zqgate", "zqhost.zqlan.example", "zqhost", "zquser", "zqsecret", "zqconsumer"),
    *("zqlisten", "zqrequester", "zqalias", "zq a name of their own", "zqsubject", "zqother", "zqpair"),
    "C0:DE:1A:2B:3C:4D",
)


def found(folder: Path) -> list[str]:
    file = folder / "zqconfig.toml"
    file.write_text(CONFIG.format(folder=folder))
    return list(words(load(file, {"SECRET": "zqsecret"}), file))


@pytest.mark.parametrize("word", PRIVATE)
def test_every_word_of_ours_is_taken_out(word: str, tmp_path: Path) -> None:
    text = f"{tmp_path}/zqjournal/x.sqlite: ({word})"
    page = report.markdown([fine("x", text)], {}, found(tmp_path))
    assert "zqjournal" not in page
    assert word not in page


def test_words_that_are_everybodys_stay(tmp_path: Path) -> None:
    assert not {"polar", "tap", "auto", "homeassistant", "info"} & set(found(tmp_path))


def test_the_machine_and_the_file_are_private_without_a_configuration(tmp_path: Path) -> None:
    private = list(words(None, tmp_path / "zqconfig.toml"))
    assert {platform.node(), str(tmp_path / "zqconfig.toml"), str(tmp_path)} <= set(private)


def test_folders_that_every_machine_has_are_not() -> None:
    assert not {"/", "/etc"} & set(words(None, Path("/etc/ptdevice/ptdevice.toml")))
