"""The command line: verbs, exit codes, and no traceback for anything foreseen."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ptdevice import __version__
from ptdevice.cli import main
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.errors import JournalError, RadioError

if TYPE_CHECKING:
    from ptdevice.ble.scanning import Sighting
    from ptdevice.config import Settings

EXAMPLE = Path(__file__).parents[1] / "config/example.toml"


class Daemon:
    """Stands in for the daemon: notes its settings, and does what it is told."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.settings: Settings | None = None
        self.error = error

    async def __call__(self, settings: Settings) -> None:
        self.settings = settings
        logging.getLogger("ptdevice.daemon").info("at work")
        await asyncio.sleep(0)
        if self.error:
            raise self.error


@dataclass(frozen=True)
class Device:
    address: str


@dataclass(frozen=True)
class Heard:
    device: Device
    advertisement: Advertisement
    rssi: int | None


def wrong_file(folder: Path) -> Path:
    file = folder / "wrong.toml"
    file.write_text("[gateway]\nsite = 1\n")
    return file


# --- run ---


def test_run_gives_the_settings_to_the_daemon_and_ends_well() -> None:
    daemon = Daemon()
    assert main(["run", "-c", str(EXAMPLE)], environ={}, daemon=daemon) == 0
    assert daemon.settings is not None
    assert daemon.settings.gateway.site == "clinic-a"


def test_run_takes_overrides_from_the_environment_and_the_command_line() -> None:
    daemon = Daemon()
    environ = {"PTDEVICE_MQTT__PORT": "1", "PTDEVICE_MQTT__HOST": "e"}
    assert main(["run", "-c", str(EXAMPLE), "--set", "mqtt.host=c"], environ=environ, daemon=daemon) == 0
    assert daemon.settings is not None
    assert (daemon.settings.mqtt.port, daemon.settings.mqtt.host) == (1, "c")


@pytest.mark.parametrize(("flag", "level"), [("-v", "debug"), ("-q", "warning")])
def test_run_can_be_louder_and_quieter(flag: str, level: str, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon()
    main(["run", flag, "-c", str(EXAMPLE)], environ={}, daemon=daemon)
    assert daemon.settings is not None
    assert daemon.settings.log.level == level
    assert ("at work" in capsys.readouterr().err) is (flag == "-v")


def test_run_with_a_wrong_file_starts_nothing_and_exits_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    daemon = Daemon()
    assert main(["run", "-c", str(wrong_file(tmp_path))], environ={}, daemon=daemon) == 3
    assert daemon.settings is None
    told = capsys.readouterr()
    assert "wrong.toml:2: gateway.site: must be text in quotes, is 1" in told.err
    assert told.err.endswith("ptdevice: invalid configuration, 3 problems\n")
    assert told.out == ""


@pytest.mark.parametrize(
    "error",
    [
        JournalError("the disk is gone"),
        ExceptionGroup("tasks", [JournalError("the disk is gone")]),
        ExceptionGroup("outer", [ExceptionGroup("inner", [JournalError("the disk is gone"), RadioError("no radio")])]),
    ],
)
def test_what_the_program_foresees_is_one_sentence(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-c", str(EXAMPLE)], environ={}, daemon=Daemon(error)) == 1
    told = capsys.readouterr().err
    assert told.splitlines()[-1] == "ptdevice: the disk is gone"
    assert "Traceback" not in told


def test_a_bug_keeps_its_traceback_even_beside_what_is_foreseen() -> None:
    group = ExceptionGroup("tasks", [JournalError("the disk is gone"), ZeroDivisionError()])
    with pytest.raises(ExceptionGroup) as caught:
        main(["run", "-c", str(EXAMPLE)], environ={}, daemon=Daemon(group))
    assert caught.value is group


def test_the_password_does_not_reach_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Chatty(Daemon):
        async def __call__(self, settings: Settings) -> None:
            assert settings.mqtt.password is not None
            logging.getLogger("x").warning("connecting with %s", settings.mqtt.password.get_secret_value())

    arguments = ["run", "-c", str(EXAMPLE), "--set", "mqtt.username=u", "--set", "mqtt.password_env=PW"]
    assert main(arguments, environ={"PW": "hunter2"}, daemon=Chatty()) == 0
    told = capsys.readouterr().err
    assert "connecting with [hidden]" in told
    assert "hunter2" not in told


def test_cautions_are_logged_at_the_start(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "-c", str(EXAMPLE), "--set", "mqtt.username=u", "--set", "mqtt.password_env=PW"]
    main([*arguments, "--set", "mqtt.host=broker"], environ={"PW": "x"}, daemon=Daemon())
    assert "the password goes to broker in the clear" in capsys.readouterr().err


# --- check-config ---


def test_plans_are_listed_with_their_version_and_person(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in ("programmes", "prescriptions"):
        shutil.copytree(EXAMPLE.parent / folder, tmp_path / folder)
    text = EXAMPLE.read_text(encoding="utf-8")
    for key in ("folder", "timezone", "subject"):
        text = text.replace(f"# {key} = ", f"{key} = ")
    (tmp_path / "with.toml").write_text(text, encoding="utf-8")
    assert main(["check-config", str(tmp_path / "with.toml")], environ={}) == 0
    told = capsys.readouterr().out
    assert "  programme core-strength 2 of k3f7q2xa, 2026-12-01 to 2027-02-28\n" in told
    assert "  prescription lumbar-tens 1 of k3f7q2xa, 2026-12-01 to 2027-01-31\n" in told


def test_a_valid_file_is_summarised(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", str(EXAMPLE)], environ={}) == 0
    told = capsys.readouterr().out
    assert "example.toml: valid. clinic-a/pi-1, for real units:" in told
    assert "chest            polar            sit_up" in told


def test_a_valid_file_is_no_news_to_the_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "-q", str(EXAMPLE)], environ={}) == 0
    assert capsys.readouterr() == ("", "")


def test_every_problem_of_a_wrong_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", str(wrong_file(tmp_path))], environ={}) == 3
    told = capsys.readouterr().err
    assert "gateway.name: is missing" in told
    assert "no unit is configured" in told


def test_a_file_that_is_not_there_is_told_like_any_problem(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check-config", "/nowhere/x.toml"], environ={}) == 3
    assert "/nowhere/x.toml: cannot be read: No such file or directory" in capsys.readouterr().err


# --- scan, devices ---


def test_scan_shows_what_fits_and_how_to_configure_it(capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[tuple[str | None, float]] = []

    async def scan(adapter: str | None, seconds: float) -> list[Sighting]:
        asked.append((adapter, seconds))
        return [Heard(Device("AA:BB:CC:DD:EE:01"), Advertisement("Polar H10 12345678"), -50)]  # type: ignore[list-item]  # has what is used

    assert main(["scan", "--seconds", "3", "--adapter", "hci1"], environ={}, scan=scan) == 0
    assert asked == [("hci1", 3.0)]
    assert 'address = "AA:BB:CC:DD:EE:01"' in capsys.readouterr().out


def test_scan_without_bluetooth_says_so_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    async def scan(adapter: str | None, seconds: float) -> list[Sighting]:
        raise RadioError("Bluetooth is not available")

    assert main(["scan"], environ={}, scan=scan) == 1
    *_, what, advice = capsys.readouterr().err.splitlines()
    assert what == "ptdevice: Bluetooth is not available"
    assert "ptdevice doctor" in advice


def test_a_scan_without_a_bus_says_it_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus.sock")
    assert main(["scan", "--seconds", "1"], environ={}) == 1
    assert capsys.readouterr().err.count("no D-Bus system bus") == 1


def test_an_interrupted_scan_is_no_traceback() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts in the background ignore it

    async def scan(adapter: str | None, seconds: float) -> list[Sighting]:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(10)
        return []

    assert main(["scan"], environ={}, scan=scan) == 130


def test_devices_lists_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"], environ={}) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines()] == list(CATALOGUE)


def test_devices_says_which_stimulators_can_be_commanded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["devices"], environ={}) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    for name, profile in CATALOGUE.items():
        assert ("observed only" in lines[name]) == ("stimulator" in profile.kinds and profile.commanding is None)
        assert ("observed unless" in lines[name]) == (profile.commanding is not None)


def test_the_help_does_not_say_that_stimulators_cannot_be_commanded(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], environ={})
    told = capsys.readouterr().out
    assert "off unless its section of the configuration switches it on" in " ".join(told.split())
    assert "observed only" not in told


def test_schema_prints_the_published_documents(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, name in ([], "messages.schema.json"), (["--asyncapi"], "asyncapi.json"):
        assert main(["schema", *arguments], environ={}) == 0
        assert capsys.readouterr().out == (EXAMPLE.parents[1] / "docs" / name).read_text(encoding="utf-8")


# --- usage ---


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["run", "--set", "x"],
        ["run", "--set", "x=y"],
        ["scan", "--seconds", "nan"],
        ["scan", "--seconds", "0"],
        ["run", "-v", "-q"],
    ],
)
def test_wrong_usage_exits_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments, environ={})
    assert caught.value.code == 2
    assert "usage: ptdevice" in capsys.readouterr().err


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"], environ={})
    assert caught.value.code == 0
    told = capsys.readouterr().out
    for lesson in (
        "Not a medical device",
        "ptdevice scan",
        "/etc/ptdevice/ptdevice.toml",
        "3 invalid configuration",
        "ptdevice-sim demo",
    ):
        assert lesson in told


# --- as a process ---


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - ourselves


def test_the_version_is_told_by_the_installed_program() -> None:
    done = python("-m", "ptdevice.cli", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"ptdevice {__version__}\n", "")


def test_a_wrong_file_makes_the_process_exit_3(tmp_path: Path) -> None:
    done = python("-m", "ptdevice.cli", "check-config", str(wrong_file(tmp_path)))
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_who_has_seen_enough_is_no_traceback(unbuffered: str) -> None:
    command = [sys.executable, "-m", "ptdevice.cli", "devices"]
    environ = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ) as running:  # noqa: S603 - ourselves
        assert running.stdout is not None
        running.stdout.close()
        _, told = running.communicate(timeout=30)
    assert (running.returncode, told) == (0, b"")


def test_asking_for_the_version_or_the_devices_loads_nothing_heavy() -> None:
    heavy = ("pydantic", "bleak", "aiomqtt", "sqlite3")
    code = (
        f"import sys; from ptdevice.cli import main; main(['devices']); print([m for m in {heavy} if m in sys.modules])"
    )
    assert python("-c", code).stdout.splitlines()[-1] == "[]"
