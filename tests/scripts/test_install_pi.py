"""scripts/install-pi below another root, with a stand-in for Python. `make test-install` does it for real in a clean Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
INSTALL = ROOT / "scripts/install-pi"
NO_ROOM = "#!/bin/sh\necho Filesystem\necho /dev/card 1000 990 10 99% /\n"


@dataclass(frozen=True, slots=True)
class Machine:
    """A folder as the root of a machine, and one with what its stand-ins are to do."""

    root: Path
    stand_in: Path

    def run(self, *options: str, typed: str = "", wheel: str = "1") -> subprocess.CompletedProcess[str]:
        """Install the wheel whose content that is, or what the options say."""
        package = self.stand_in / "ptdevice-0.1.0-py3-none-any.whl"
        package.write_text(wheel)
        common = ["--root", str(self.root), "--python", str(self.stand_in / "python"), "--wheel", str(package)]
        return subprocess.run(  # noqa: S603 - a script of ours
            [str(INSTALL), *common, *options],
            env={**os.environ, "STAND_IN": str(self.stand_in), "PATH": f"{self.stand_in}:{os.environ['PATH']}"},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def make(self, name: str, text: str = "") -> None:
        """Have a stand-in behave otherwise."""
        (self.stand_in / name).write_text(text)
        (self.stand_in / name).chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return (self.stand_in / "calls").read_text().splitlines()

    @property
    def slot(self) -> str:
        """Which one is in use."""
        return str((self.root / "opt/ptdevice").readlink())

    def files(self) -> dict[str, str]:
        """Everything below the root, with what is in it."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            name = str(path.relative_to(self.root))
            found[name] = str(path.readlink()) if path.is_symlink() else path.read_text() if path.is_file() else "/"
        return found


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "root").mkdir()
    (tmp_path / "stand-in").mkdir()
    for name in ("python", "ptdevice"):
        shutil.copy(HERE / f"{name}-stand-in", tmp_path / "stand-in" / name)
    return Machine(tmp_path / "root", tmp_path / "stand-in")


def done(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("+ ")]


# --- what it does ---


def test_program_configuration_state_and_service_are_where_the_page_says(machine: Machine) -> None:
    result = machine.run()
    assert result.returncode == 0, result.stderr
    assert machine.slot == "ptdevice-a"
    files = machine.files()
    assert files["usr/local/bin/ptdevice"] == "../../../opt/ptdevice/bin/ptdevice"
    assert (machine.root / "usr/local/bin/ptdevice").is_file()
    assert files["etc/ptdevice/ptdevice.toml"] == (ROOT / "config/starting.toml").read_text()
    assert files["etc/systemd/system/ptdevice.service"] == (ROOT / "config/systemd/ptdevice.service").read_text()
    assert (machine.root / "var/lib/ptdevice").stat().st_mode & 0o777 == 0o700
    assert (machine.root / "etc/ptdevice/ptdevice.toml").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("options", [[], ["--simulated"], ["--uninstall"]])
def test_a_dry_run_says_exactly_what_is_then_done_and_does_nothing(machine: Machine, options: list[str]) -> None:
    if "--uninstall" in options:
        machine.run()
    before = machine.files()
    told = machine.run("--dry-run", *options)
    assert told.returncode == 0, told.stderr
    assert machine.files() == before
    assert done(told.stdout)
    assert done(machine.run(*options).stdout) == done(told.stdout)


def test_a_second_run_changes_nothing_and_says_so(machine: Machine) -> None:
    machine.run()
    before = machine.files()
    again = machine.run()
    assert "everything is as it should be: nothing changed" in again.stdout
    assert done(again.stdout) == []
    assert machine.files() == before


def test_what_is_installed_is_locked_by_hash_and_nothing_is_built_on_this_machine(machine: Machine) -> None:
    machine.run()
    (fetched,) = [call for call in machine.calls if "-r " in call]
    assert fetched.endswith(f"install --only-binary :all: --require-hashes -r {ROOT}/requirements/ptdevice.txt")


def test_a_configuration_that_is_there_is_never_touched(machine: Machine) -> None:
    machine.run()
    file = machine.root / "etc/ptdevice/ptdevice.toml"
    file.write_text("# mine\n")
    file.chmod(0o600)
    machine.run(wheel="2")
    assert file.read_text() == "# mine\n"
    assert file.stat().st_mode & 0o777 == 0o600


# --- upgrades ---


def test_an_upgrade_is_made_beside_the_program_in_use_and_switched_to(machine: Machine) -> None:
    machine.run()
    result = machine.run(wheel="2")
    assert result.returncode == 0, result.stderr
    assert machine.slot == "ptdevice-b"
    assert (machine.root / "opt/ptdevice-a/bin/ptdevice").exists()
    machine.run(wheel="3")
    assert machine.slot == "ptdevice-a"


def test_the_new_program_is_checked_and_the_journal_brought_up_to_date_before_it_is_switched_to(
    machine: Machine,
) -> None:
    machine.run()
    result = machine.run(wheel="2")
    config = machine.root / "etc/ptdevice/ptdevice.toml"
    assert [call for call in machine.calls if call.startswith("ptdevice-b ")] == [
        "ptdevice-b --version",
        f"ptdevice-b check-config -q {config}",
        f"ptdevice-b migrate -c {config}",
    ]
    steps = done(result.stdout)
    (switch,) = [
        number
        for number, step in enumerate(steps)
        if step.endswith("ptdevice.new " + str(machine.root / "opt/ptdevice"))
    ]
    (migrate,) = [number for number, step in enumerate(steps) if "migrate" in step]
    assert migrate < switch


@pytest.mark.parametrize(
    ("stand_in", "says", "told"),
    [
        ("pip-fails", "ERROR: [Errno 28] No space left on device", "there is no room left"),
        ("pip-fails", "NewConnectionError: failed to establish a new connection", "Is this machine on line?"),
        ("pip-fails", "ERROR: No matching distribution found for dbus-fast", "no ready-built package"),
        ("pip-fails", "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "do not go on"),
        ("cannot-be-loaded", "ImportError: no module", "cannot be loaded"),
        ("ptdevice-b-refuses-config", "[mqtt] hots: did you mean host?", "did you mean host?"),
        ("journal-is-stuck", "there is no room for a copy of it", "the version from before goes on"),
    ],
)
def test_an_upgrade_that_fails_leaves_what_was_and_says_why(
    machine: Machine, stand_in: str, says: str, told: str
) -> None:
    machine.run()
    before = machine.files()
    machine.make(stand_in, says)
    result = machine.run(wheel="2")
    assert result.returncode == 1
    assert told in result.stderr
    assert machine.files() == before


def test_a_configuration_that_neither_takes_is_no_reason_to_keep_the_old_one(machine: Machine) -> None:
    machine.run()
    for slot in ("ptdevice-a", "ptdevice-b"):
        machine.make(f"{slot}-refuses-config", "there is no unit")
    assert machine.run(wheel="2").returncode == 0
    assert machine.slot == "ptdevice-b"
    assert not [call for call in machine.calls if "migrate" in call]


# --- simulated units ---


def test_simulated_units_have_a_configuration_and_a_service_of_their_own_and_go_without_a_trace(
    machine: Machine,
) -> None:
    machine.run()
    before = machine.files()
    machine.run("--simulated")
    files = machine.files()
    assert files["etc/ptdevice/simulated.toml"] == (ROOT / "config/simulated.toml").read_text()
    assert "etc/systemd/system/ptdevice-sim.service" in files
    assert "etc/systemd/system/ptdevice.service.d/simulated.conf" in files
    assert f"-r {ROOT}/requirements/sim.txt" in "\n".join(machine.calls)
    assert "ptdevice-sim/v1" in machine.run().stdout, "it stays so, and says so"
    machine.run("--real")
    services = [
        name
        for name in machine.files()
        if name.startswith("etc/systemd/system/") and name.endswith((".service", ".conf"))
    ]
    assert services == [
        name for name in before if name.startswith("etc/systemd/system/") and name.endswith((".service", ".conf"))
    ]


# --- the end ---


def test_what_is_uninstalled_leaves_configuration_and_records_and_says_where(machine: Machine) -> None:
    machine.run("--simulated")
    (machine.root / "var/lib/ptdevice/journal.sqlite").write_text("records")
    result = machine.run("--uninstall")
    assert result.returncode == 0, result.stderr
    left = [name for name, content in machine.files().items() if content != "/"]
    assert left == ["etc/ptdevice/ptdevice.toml", "etc/ptdevice/simulated.toml", "var/lib/ptdevice/journal.sqlite"]
    assert f"kept: {machine.root}/var/lib/ptdevice" in result.stdout
    assert "nothing is installed: nothing to change" in machine.run("--uninstall").stdout


def test_settings_of_ones_own_beside_the_service_are_kept(machine: Machine) -> None:
    machine.run("--simulated")
    mine = machine.root / "etc/systemd/system/ptdevice.service.d/override.conf"
    mine.write_text("[Service]\nMemoryMax=512M\n")
    assert "has settings of yours" in machine.run("--uninstall").stdout
    assert mine.exists()


@pytest.mark.parametrize("typed", ["", "yes\n", "delete all\n"])
def test_records_are_deleted_only_for_who_types_what_that_means(machine: Machine, typed: str) -> None:
    machine.run()
    (machine.root / "var/lib/ptdevice/journal.sqlite").write_text("records")
    result = machine.run("--uninstall", "--purge", typed=typed)
    assert result.returncode == 1
    assert "configuration and records stay" in result.stderr
    assert (machine.root / "var/lib/ptdevice/journal.sqlite").exists()
    machine.run("--uninstall", "--purge", typed="delete all records\n")
    assert [name for name, content in machine.files().items() if content != "/"] == []
    assert not (machine.root / "etc/ptdevice").exists()
    assert not (machine.root / "var/lib/ptdevice").exists()


# --- what it does not do ---


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--dry-runs"], "--dry-runs is none of the options"),
        (["--purge"], "--purge is for --uninstall"),
        (["--index"], "not both"),
        (["--with-mosquitto"], "needs the machine itself"),
    ],
)
def test_wrong_usage_is_told_with_the_right_one(machine: Machine, options: list[str], told: str) -> None:
    result = machine.run(*options)
    assert result.returncode == 2
    assert told in result.stderr
    assert "--dry-run            say what would be done" in result.stderr
    assert machine.files() == {}


@pytest.mark.parametrize(
    ("stand_in", "says", "told"),
    [
        ("has-no-venv", "", "Python's venv is missing: apt install python3.11-venv"),
        ("is-old", "3.9.2", "needs Python 3.11 or newer, and "),
        ("df", NO_ROOM, "there is no room: 150 MiB are needed"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_changed(
    machine: Machine, stand_in: str, says: str, told: str
) -> None:
    machine.make(stand_in, says)
    result = machine.run()
    assert result.returncode == 1
    assert told in result.stderr
    assert machine.files() == {}


def test_a_folder_that_somebody_else_made_is_left_alone(machine: Machine) -> None:
    (machine.root / "opt/ptdevice").mkdir(parents=True)
    result = machine.run()
    assert result.returncode == 1
    assert "Move it away, then try again: mv " in result.stderr
    assert list(machine.files()) == ["opt", "opt/ptdevice"]


def test_without_root_it_says_how_and_changes_nothing() -> None:
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    result = subprocess.run(  # noqa: S603 - a script of ours
        ["/usr/bin/env", *nobody, "sh", "-s"],
        input=INSTALL.read_text().replace('"$(dirname "$0")/.."', str(ROOT)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 1
    assert "sudo scripts/install-pi" in result.stderr
