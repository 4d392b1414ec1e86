"""The container that nobody builds here: what it copies is there, what it calls exists, and compose and page know it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ptdevice.cli import DEFAULT_CONFIG, _parser
from ptdevice.config.settings import Journal

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "packaging/container"
FILE = (FOLDER / "Containerfile").read_text()
LINES = re.sub(r"\\\n\s*", "", FILE).splitlines()
SERVICE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]["ptdevice"]
INSTRUCTIONS = {"FROM", "COPY", "RUN", "ENV", "USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def said(instruction: str) -> list[str]:
    return [line.partition(" ")[2] for line in LINES if line.startswith(f"{instruction} ")]


def test_every_line_is_an_instruction() -> None:
    assert {line.split()[0] for line in LINES if line and not line.startswith("#")} == INSTRUCTIONS


def test_what_it_copies_is_there() -> None:
    for line in said("COPY"):
        if not line.startswith("--from="):
            for source in line.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_everything_that_is_built_into_the_wheel_is_copied() -> None:
    metadata = (ROOT / "pyproject.toml").read_text()
    for needed in ("src", "simulators", "README.md", "LICENSE"):
        assert needed in metadata
        assert any(needed in line.split() for line in said("COPY")), needed


def test_packages_are_locked_by_hash() -> None:
    fetched = [part for line in said("RUN") for part in line.split("&&") if "install" in part and "pip" in part]
    assert len(fetched) == 3
    assert all("--require-hashes" in part or "--no-deps /wheel/" in part for part in fetched)


def test_what_it_runs_is_what_the_service_runs() -> None:
    (entry,) = said("ENTRYPOINT")
    (command,) = said("CMD")
    assert yaml.safe_load(entry) == ["ptdevice"]
    words = yaml.safe_load(command)
    assert _parser().parse_args(words).verb == "run"
    assert words[-1] == str(DEFAULT_CONFIG)
    assert said("VOLUME") == [str(Journal.model_fields["path"].default.parent)]


def test_it_is_nobody_s_root() -> None:
    assert said("USER") == ["ptdevice"]
    uid = re.search(r"--uid (\d+)", FILE)
    assert uid is not None
    assert SERVICE["user"] == f"{uid[1]}:{uid[1]}"
    assert SERVICE["read_only"] is True
    assert SERVICE["cap_drop"] == ["ALL"]
    assert "privileged" not in SERVICE
    assert "no-new-privileges:true" in SERVICE["security_opt"]


def test_its_health_is_that_of_healthz_at_the_port_that_it_sets() -> None:
    (check,) = said("HEALTHCHECK")
    words = yaml.safe_load(check.partition("CMD ")[2])
    compile(words[2], "health", "exec")
    assert "/healthz" in words[2]
    assert "PTDEVICE_METRICS__PORT=9547" in said("ENV")


def test_compose_gives_it_the_host_s_bus_its_configuration_and_a_place_for_records() -> None:
    assert ROOT.samefile(FOLDER / SERVICE["build"]["context"])
    assert (ROOT / SERVICE["build"]["dockerfile"]).samefile(FOLDER / "Containerfile")
    targets = {volume.split(":")[1]: volume.split(":") for volume in SERVICE["volumes"]}
    assert set(targets) == {"/run/dbus", "/etc/ptdevice", "/var/lib/ptdevice"}
    assert targets["/etc/ptdevice"][2] == "ro"


def test_it_has_as_long_to_end_as_it_may_need() -> None:
    unit = (ROOT / "config/systemd/ptdevice.service").read_text()
    assert int(SERVICE["stop_grace_period"].removesuffix("s")) >= int(unit.partition("TimeoutStopSec=")[2].split()[0])


def test_the_page_s_commands_are_about_these_files() -> None:
    page = (ROOT / "docs/install.md").read_text()
    for command in re.findall(r"^\$ podman.* -f (\S+)", page, re.MULTILINE):
        assert (ROOT / command).is_file()
    assert "No engine has run them" in page
