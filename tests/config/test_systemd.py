"""The unit file is what systemd takes it for, and its times fit what they are for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ptdevice.verbs import stop_all

UNIT = Path(__file__).parents[2] / "config/systemd/ptdevice.service"
SIMULATED = UNIT.with_name("ptdevice-sim.service")
USERS = UNIT.with_suffix(".sysusers")
PROGRAM = "/opt/ptdevice/bin/ptdevice"
EXPOSURE = 1.5  # of 10; the unit file says why the rest is left open


def settings() -> dict[str, str]:
    lines = (line.partition("=") for line in UNIT.read_text().splitlines() if "=" in line and not line.startswith("#"))
    return {key: value for key, _, value in lines}


def test_systemd_understands_every_line_of_it(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))  # it looks whether the program is there
    verified = subprocess.run(  # noqa: S603 - arguments of our own
        ["/usr/bin/env", "systemd-analyze", "verify", "--man=no", str(copy)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ours = [line for line in verified.stderr.splitlines() if UNIT.name in line]
    assert ours == []


@pytest.mark.parametrize("unit", [UNIT, SIMULATED])
def test_systemd_understands_every_line_of_simulated_units_too(unit: Path, tmp_path: Path) -> None:
    for name in (UNIT.name, SIMULATED.name):
        text = (UNIT.parent / name).read_text()
        (tmp_path / name).write_text(text.replace(f"{PROGRAM}-sim", sys.executable).replace(PROGRAM, sys.executable))
    drop_in = (UNIT.parent / "simulated.conf").read_text()
    (tmp_path / f"{UNIT.name}.d").mkdir()
    (tmp_path / f"{UNIT.name}.d/simulated.conf").write_text(drop_in.replace(PROGRAM, sys.executable))
    verified = subprocess.run(  # noqa: S603 - arguments of our own
        ["/usr/bin/env", "systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    ours = [line for line in verified.stderr.splitlines() if "ptdevice" in line or "simulated.conf" in line]
    assert ours == []


def test_with_simulated_units_only_the_bus_the_configuration_and_the_journal_are_others() -> None:
    drop_in = (UNIT.parent / "simulated.conf").read_text()
    for key in ("ExecStart", "ExecStopPost"):
        (real,) = [line for line in UNIT.read_text().splitlines() if line.startswith(f"{key}=")]
        lines = [line for line in drop_in.splitlines() if line.startswith(f"{key}=")]
        assert lines == [f"{key}=", real.replace("/etc/ptdevice/ptdevice.toml", "/etc/ptdevice/simulated.toml")]
    socket = SIMULATED.read_text().partition("--socket ")[2].split()[0]
    assert f"Environment=DBUS_SYSTEM_BUS_ADDRESS=unix:path={socket}" in drop_in.splitlines()


def test_it_stays_as_closed_as_it_is() -> None:
    judged = subprocess.run(  # noqa: S603 - arguments of our own
        [
            "/usr/bin/env",
            "systemd-analyze",
            "security",
            "--offline=true",
            f"--threshold={10 * EXPOSURE:.0f}",
            str(UNIT),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-200:]


def test_the_user_that_it_runs_as_is_the_one_that_is_made_and_may_talk_to_bluetoothd() -> None:
    lines = [line.split() for line in USERS.read_text().splitlines() if not line.startswith("#")]
    user = settings()["User"]
    assert [line[:2] for line in lines if line[0] == "u"] == [["u", user]]
    assert ["m", user, "bluetooth"] in lines


def test_whatever_ends_the_daemon_the_helper_runs_after_it() -> None:
    assert settings()["ExecStopPost"].startswith(f"{PROGRAM} stop-all --outstanding")


def test_the_helper_ends_before_systemd_loses_patience() -> None:
    words = settings()["ExecStopPost"].split()
    longest_s = float(words[words.index("--within") + 1]) + stop_all.LOCK_S + 2 * stop_all.CLOSING_S
    assert longest_s < float(settings()["TimeoutStopSec"])
