from __future__ import annotations

import re
import subprocess
import sys

import pytest

from ptdevice import __version__
from ptdevice_sim.cli import main


def python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"ptdevice-sim {__version__}\n"


def test_help_teaches_by_examples_that_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--help"], ["demo", "--help"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0
    shown = capsys.readouterr().out
    examples = re.findall(r"^  (ptdevice-sim demo --[^ ].*?)(?:   .*)?$", shown, re.MULTILINE)
    assert len(examples) >= 5
    for example in examples:
        for option in re.findall(r"--[a-z-]+", example):
            assert re.search(rf"^  {option}\b|^  -h, {option}\b", shown, re.MULTILINE), option


def test_help_does_not_import_what_is_heavy() -> None:
    program = """\
import sys
from ptdevice_sim.cli import main
try:
    main(["demo", "--help"])
except SystemExit:
    pass
print(sorted({"bumble", "rich", "amqtt", "aiomqtt", "bleak", "pydantic", "dbus_fast"} & set(sys.modules)))
"""
    ended = python(program)
    assert ended.stdout.endswith("[]\n")
    assert ended.stderr == ""


@pytest.mark.parametrize("missing", ["bumble", "rich"])
def test_without_the_extra_a_sentence_says_what_to_install(missing: str) -> None:
    ended = python(
        f"import sys; sys.modules[{missing!r}] = None\nfrom ptdevice_sim.cli import main; sys.exit(main(['demo']))"
    )
    assert ended.returncode == 1
    assert "pip install 'ptdevice[sim]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_any_broker_a_sentence_says_what_to_install() -> None:
    program = "import sys; sys.modules['amqtt'] = None\nfrom ptdevice_sim.cli import main; sys.exit(main({}))"
    ended = python(program.format(["demo", "--broker", "amqtt"]))
    assert ended.returncode == 1
    assert "pip install 'ptdevice[sim]'" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_module_of_ours_that_is_missing_is_a_bug_and_no_advice() -> None:
    program = (
        "import sys; sys.modules['ptdevice_sim.demo.story'] = None\nfrom ptdevice_sim.cli import main; main(['demo'])"
    )
    ended = python(program)
    assert "Traceback" in ended.stderr
    assert "pip install" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "VERB"),
        (["dance"], "invalid choice: 'dance'"),
        (["demo", "--duration", "3"], "'3' is not a number of seconds from 12 to 86400"),
        (["demo", "--duration", "nan"], "'nan' is not a number"),
        (["demo", "--duration", "soon"], "'soon' is not a number"),
        (["demo", "--port", "70000"], "'70000' is not a port"),
        (["demo", "--port", "x"], "'x' is not a port"),
        (["demo", "--broker", "hivemq"], "invalid choice: 'hivemq'"),
        (["demo", "--place", "chest"], "there is no --wear"),
    ],
)
def test_wrong_usage_is_told_before_anything_starts(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
