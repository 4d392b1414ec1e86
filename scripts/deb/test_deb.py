"""The Debian package as a stranger has it: installed by apt in a clean root, run by systemd, upgraded, removed, purged.

`make test-deb` runs it. Bluetooth is a bluetoothd of simulated units on the root's own D-Bus; everything else is real.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from clean_root import FOLDER, Machine, Root, base, booted, grown, layer

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
VERSION = (PROJECT / "src/ptdevice/__init__.py").read_text().split('__version__ = "')[1].split('"')[0]
PREFIX = "ptdevice-sim/v1/site-1/pi-1"
UNITS = """
[units.chest]
device = "polar"
exercise = "sit_up"
[units.back]
device = "beurer_em70"
"""
APT = "apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold"


@pytest.fixture(scope="session")
def package() -> Path:
    """The newest that is in dist."""
    return max((PROJECT / "dist").glob("ptdevice_*.deb"), key=lambda file: file.stat().st_mtime)


@pytest.fixture(scope="session")
def older(package: Path) -> Path:
    """The same under a lower version, with another configuration to begin with."""
    folder, file = FOLDER / "older", FOLDER / "older.deb"
    shutil.rmtree(folder, ignore_errors=True)
    host("dpkg-deb", "--raw-extract", str(package), str(folder))
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*$", "Version: 0.0.1", control.read_text()))
    with (folder / "etc/ptdevice/ptdevice.toml").open("a") as config:
        config.write("# as it was\n")
    host("dpkg-deb", "-Znone", "--root-owner-group", "--build", str(folder), str(file))
    return file


@pytest.fixture
def machine(package: Path) -> Iterator[Machine]:
    """A system that runs, in which the package is not yet."""
    with layer(grown(host("dpkg-deb", "--field", str(package), "Depends").strip())) as root, booted(root) as running:
        yield running


def host(*command: str) -> str:
    return subprocess.run(["/usr/bin/env", *command], check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own


def install(root: Root, file: Path) -> str:
    root.put(file, "/srv/ptdevice.deb")
    return root.run(f"{APT} /srv/ptdevice.deb")


def observe(machine: Machine) -> None:
    """What a person does after the installation, with simulated units in reach."""
    config = machine.path / "etc/ptdevice/ptdevice.toml"
    config.write_text(config.read_text().replace('name = "pi-1"', 'name = "pi-1"\nsimulated = true', 1) + UNITS)
    machine.put(HERE / "air.py", "/srv/air.py")
    machine.run("systemd-run --quiet --unit=air /opt/ptdevice/bin/python /srv/air.py")
    machine.wait("busctl --system status org.bluez")
    machine.run("systemctl enable --quiet --now ptdevice")


def heard(machine: Machine, topic: str) -> dict[str, Any]:
    """The next or the retained message there."""
    said: dict[str, Any] = json.loads(machine.run(f"mosquitto_sub -W 60 -C 1 -t '{PREFIX}/{topic}'"))
    return said


def shown(machine: Machine, name: str) -> str:
    return machine.run(f"systemctl show --value --property={name} ptdevice").strip()


def log(machine: Machine) -> str:
    return machine.run("journalctl --quiet --no-pager --unit=ptdevice")


# --- the package ---


def test_lintian_finds_nothing_that_is_not_explained(package: Path) -> None:
    said = host("lintian", "--allow-root", "--display-info", "--fail-on=none", str(package))
    assert said == ""


def test_what_the_unit_names_is_in_the_package(package: Path) -> None:
    has = {line.split()[5].removeprefix(".") for line in host("dpkg-deb", "--contents", str(package)).splitlines()}
    unit = (PROJECT / "config/systemd/ptdevice.service").read_text()
    named = set(re.findall(r"(?m)^(?:Exec\w+=\S*?|Documentation=file:)(/\S+)", unit)) | set(
        re.findall(r" -c (/\S+)", unit)
    )
    assert named == {"/opt/ptdevice/bin/ptdevice", "/etc/ptdevice/ptdevice.toml"}
    assert named <= has


def test_its_only_command_is_ptdevice(package: Path) -> None:
    listed = [line.split() for line in host("dpkg-deb", "--contents", str(package)).splitlines()]
    commands = [words[5] for words in listed if re.match(r"\./(usr/)?s?bin/.", words[5])]
    assert commands == ["./usr/bin/ptdevice"]


def test_the_same_sources_make_the_same_bytes(package: Path) -> None:
    before = hashlib.sha256(package.read_bytes()).hexdigest()
    host(str(PROJECT / "scripts/build-deb"))
    assert hashlib.sha256(package.read_bytes()).hexdigest() == before


# --- a root in which nothing runs ---


def test_apt_installs_it_with_all_that_it_needs_where_there_is_nothing(package: Path) -> None:
    with layer(base()) as root:
        root.put(package, "/srv/ptdevice.deb")
        root.run("apt-get update -qq && apt-get install -qq -y /srv/ptdevice.deb")
        assert root.run("ptdevice --version") == f"ptdevice {VERSION}\n"
        root.run("for each in mosquitto bluetoothctl dbus-daemon; do command -v $each || exit 1; done")

        assert "no unit is configured; `ptdevice scan` shows" in root.run("ptdevice check-config", code=3)
        with (root.path / "etc/ptdevice/ptdevice.toml").open("a") as config:
            config.write(UNITS)
        assert "valid. site-1/pi-1, for real units" in root.run("ptdevice check-config")
        assert "no D-Bus system bus" in root.run("ptdevice doctor", code=1)
        assert root.run("ptdevice stop-all --outstanding --quiet") == ""

        root.run("apt-get install -qq -y --no-install-recommends systemd")
        assert root.run("systemd-analyze verify --man=no ptdevice.service") == ""


def test_files_are_whose_they_should_be(machine: Machine, package: Path) -> None:
    install(machine, package)
    looked = machine.run(
        "stat -c '%A %U:%G %n' /etc/ptdevice /etc/ptdevice/ptdevice.toml /var/lib/ptdevice /opt/ptdevice/bin/ptdevice"
    )
    assert looked.splitlines() == [
        "drwxr-x--- root:ptdevice /etc/ptdevice",
        "-rw-r----- root:ptdevice /etc/ptdevice/ptdevice.toml",
        "drwx------ ptdevice:ptdevice /var/lib/ptdevice",
        "-rwxr-xr-x root:root /opt/ptdevice/bin/ptdevice",
    ]
    assert machine.run("find /opt/ptdevice ! -user root -o -perm /022 ! -type l") == ""
    assert machine.run("id -nG ptdevice").split() == ["ptdevice", "bluetooth"]


# --- the service ---


def test_nothing_starts_by_the_installation(machine: Machine, package: Path) -> None:
    said = install(machine, package)
    assert "systemctl enable --now ptdevice" in said
    assert (shown(machine, "ActiveState"), shown(machine, "UnitFileState")) == ("inactive", "disabled")


def test_started_too_early_it_says_why_and_does_not_try_again(machine: Machine, package: Path) -> None:
    install(machine, package)
    machine.run("systemctl enable --quiet --now ptdevice", code=1)
    machine.wait("systemctl is-failed ptdevice")
    assert (shown(machine, "ExecMainStatus"), shown(machine, "NRestarts")) == ("3", "0")
    assert "no unit is configured" in log(machine)


def test_the_service_observes_records_and_publishes(machine: Machine, package: Path) -> None:
    install(machine, package)
    observe(machine)
    machine.wait(f"mosquitto_sub -W 1 -C 1 -t '{PREFIX}/unit/chest/availability' | grep -q online")
    assert heard(machine, "evt/#")["simulated"] is True
    assert machine.run("stat -c %A:%U /var/lib/ptdevice/journal.sqlite").strip() == "-rw-------:ptdevice"
    assert re.search("(?i)error|traceback|not permitted|denied", log(machine)) is None
    state = Path(f"/proc/{shown(machine, 'MainPID')}/status")
    status = machine.run(f"cat {state}")
    assert re.search(r"NoNewPrivs:\s+1\n", status)
    assert re.search(r"Seccomp:\s+2\n", status)
    assert re.search(r"CapBnd:\s+0{16}\n", status)


def test_a_person_may_be_its_user_and_read_the_record(machine: Machine, package: Path) -> None:
    install(machine, package)
    observe(machine)
    heard(machine, "evt/#")
    machine.run("setpriv --reuid=ptdevice --regid=ptdevice --init-groups ptdevice sessions")


def test_killed_it_is_stopped_after_and_starts_again(machine: Machine, package: Path) -> None:
    install(machine, package)
    observe(machine)
    before = shown(machine, "MainPID")
    machine.run("systemctl kill --signal=KILL ptdevice")
    machine.wait("test $(systemctl show --value --property=NRestarts ptdevice) = 1 && systemctl is-active ptdevice")
    assert shown(machine, "MainPID") != before


# --- another version ---


def test_an_upgrade_keeps_configuration_and_record_and_starts_again_what_ran(
    machine: Machine, package: Path, older: Path
) -> None:
    install(machine, older)
    observe(machine)
    config = machine.run("cat /etc/ptdevice/ptdevice.toml; stat -c %A:%U:%G /etc/ptdevice/ptdevice.toml")
    record, process = heard(machine, "evt/#"), shown(machine, "MainPID")
    epoch = heard(machine, "delivery")["epoch"]
    install(machine, package)
    assert machine.run("cat /etc/ptdevice/ptdevice.toml; stat -c %A:%U:%G /etc/ptdevice/ptdevice.toml") == config
    assert machine.run("dpkg-query --show --showformat='${Version}' ptdevice") != "0.0.1"
    assert (shown(machine, "ActiveState"), shown(machine, "NRestarts")) == ("active", "0")
    assert shown(machine, "MainPID") != process
    assert heard(machine, "delivery")["epoch"] == epoch
    assert record["id"] in machine.run("ptdevice export --allow-sim --format jsonl --output /srv/out && cat /srv/out/*")
    assert machine.run("ls /run/ptdevice.was-running", code=2)


def test_an_upgrade_starts_nothing_that_did_not_run(machine: Machine, package: Path, older: Path) -> None:
    install(machine, older)
    observe(machine)
    machine.run("systemctl stop ptdevice")
    install(machine, package)
    assert shown(machine, "ActiveState") == "inactive"


def test_an_upgrade_that_cannot_start_again_is_done_and_says_so(machine: Machine, package: Path, older: Path) -> None:
    install(machine, older)
    observe(machine)
    machine.run("echo '[broken' >>/etc/ptdevice/ptdevice.toml")
    assert "did not start again; journalctl -u ptdevice says why" in install(machine, package)
    assert machine.run("dpkg --audit") == ""


def test_an_upgrade_that_fails_starts_the_former_version_again(machine: Machine, package: Path, older: Path) -> None:
    install(machine, package)
    observe(machine)
    broken = FOLDER / "older"  # made by `older`; lower, and its files are there
    (broken / "DEBIAN/preinst").write_text("#!/bin/sh\nexit 1\n")
    host("dpkg-deb", "-Znone", "--root-owner-group", "--build", str(broken), str(older.with_name("broken.deb")))
    machine.put(older.with_name("broken.deb"), "/srv/broken.deb")
    process = shown(machine, "MainPID")
    machine.run("dpkg --install --force-downgrade /srv/broken.deb", code=1)
    assert shown(machine, "ActiveState") == "active"
    assert shown(machine, "MainPID") != process
    assert machine.run("ptdevice --version") == f"ptdevice {VERSION}\n"


def test_one_that_no_package_installed_is_not_overwritten(machine: Machine, package: Path) -> None:
    machine.run("mkdir -p /opt/ptdevice && touch /opt/ptdevice/pyvenv.cfg")
    machine.put(package, "/srv/ptdevice.deb")
    assert "that no package installed" in machine.run(f"{APT} /srv/ptdevice.deb", code=100)
    assert machine.run("find /opt/ptdevice -type f").split() == ["/opt/ptdevice/pyvenv.cfg"]


# --- the end of it ---


def test_removed_it_leaves_configuration_and_record_and_can_come_back(machine: Machine, package: Path) -> None:
    install(machine, package)
    observe(machine)
    heard(machine, "evt/#")
    config = machine.run("cat /etc/ptdevice/ptdevice.toml")
    machine.run("apt-get remove -qq -y ptdevice")
    assert machine.run("systemctl is-active ptdevice", code=None).strip() == "inactive"
    assert (
        machine.run(
            "find /proc -maxdepth 1 -user ptdevice; find /opt/ptdevice /usr/bin/ptdevice 2>/dev/null", code=None
        )
        == ""
    )
    assert machine.run("cat /etc/ptdevice/ptdevice.toml") == config
    machine.run("test -s /var/lib/ptdevice/journal.sqlite")
    install(machine, package)
    assert machine.run("cat /etc/ptdevice/ptdevice.toml") == config


def test_purged_it_leaves_records_and_says_where(machine: Machine, package: Path) -> None:
    install(machine, package)
    observe(machine)
    heard(machine, "evt/#")
    said = machine.run("apt-get purge -qq -y ptdevice")
    assert "kept /var/lib/ptdevice" in said
    machine.run("test -s /var/lib/ptdevice/journal.sqlite && ! test -e /etc/ptdevice")


def test_purged_without_records_it_leaves_its_user_and_nothing_else(machine: Machine, package: Path) -> None:
    before = machine.files()
    install(machine, package)
    machine.run("apt-get purge -qq -y ptdevice")
    assert machine.files() - before == {"srv/ptdevice.deb"}
    machine.run("id ptdevice")


@pytest.mark.parametrize(("address", "then"), [("C0:DE:00:00:01:00", "stopped"), ("C0:DE:00:00:01:09", "not reached")])
def test_removing_it_stops_what_somebody_who_died_left_on_or_says_that_it_could_not(
    machine: Machine, package: Path, address: str, then: str
) -> None:
    install(machine, package)
    observe(machine)
    machine.run("systemctl stop ptdevice")
    left = {"back": {"device": "beurer_em70", "address": address, "name": None, "simulated": True}}
    file = machine.path / "var/lib/ptdevice/outstanding.json"
    file.write_text(json.dumps({"units": left}))
    said = machine.run("apt-get remove -qq -y ptdevice")
    assert json.loads(file.read_text())["units"]["back"]["stopped"] == then
    assert ("Switch it off by hand" in said) is (then != "stopped")
