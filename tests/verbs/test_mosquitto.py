"""`ptdevice mosquitto-config` on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ptdevice.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
[gateway]
site = "home"
name = "pi-1"
[mqtt]
host = "broker.example"
port = 8884
tls = true
ca_file = "ca.pem"
username = "pi-1"
password_file = "mqtt-password"
[units.chest]
device = "polar"
"""


def ask(folder: Path, *arguments: str, config: str = CONFIG) -> int:
    (folder / "ptdevice.toml").write_text(config, encoding="utf-8")
    where = ["-c", str(folder / "ptdevice.toml"), "-o", str(folder / "out")]
    return main(["mosquitto-config", *where, *arguments], environ={})


def test_it_writes_what_a_broker_needs_before_passwords_and_certificates_are_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, "--patient", "tablet:chest", "--clinician", "anna", "--clinician", "bea") == 0
    out = tmp_path / "out"
    assert {file.name for file in out.iterdir()} == {"ptdevice.conf", "ptdevice.acl", "certificates.sh"}
    assert "listener 8884\n" in (out / "ptdevice.conf").read_text()
    users = [line for line in (out / "ptdevice.acl").read_text().splitlines() if line.startswith("user ")]
    assert users == ["user pi-1", "user tablet", "user anna", "user bea"]
    assert "DNS:broker.example," in (out / "certificates.sh").read_text()
    assert f"mosquitto_passwd {out / 'passwords'} bea" in capsys.readouterr().out


def test_a_gateway_that_has_no_tls_yet_gets_it(tmp_path: Path) -> None:
    assert (
        ask(
            tmp_path,
            "--host",
            "hub.local",
            config='[gateway]\nsite = "home"\nname = "pi-1"\n[units.a]\ndevice = "polar"\n',
        )
        == 0
    )
    assert "listener 8883\n" in (tmp_path / "out/ptdevice.conf").read_text()
    assert "DNS:hub.local," in (tmp_path / "out/certificates.sh").read_text()


def test_without_tls_there_are_no_certificates(tmp_path: Path) -> None:
    assert ask(tmp_path, "--no-tls") == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"ptdevice.conf", "ptdevice.acl"}
    assert "listener 8884 127.0.0.1\n" in (tmp_path / "out/ptdevice.conf").read_text()


def test_what_is_there_is_replaced_on_demand_only(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path) == 0
    assert ask(tmp_path, "--clinician", "anna") == 1
    assert "ptdevice.conf is there already; --force replaces it" in capsys.readouterr().err
    assert ask(tmp_path, "--clinician", "anna", "--force") == 0
    assert "user anna" in (tmp_path / "out/ptdevice.acl").read_text()


def test_a_simulated_gateway_gets_rights_among_simulated_things(tmp_path: Path) -> None:
    assert ask(tmp_path, config=CONFIG.replace('name = "pi-1"\n', 'name = "pi-1"\nsimulated = true\n', 1)) == 0
    assert "topic write ptdevice-sim/v1/home/pi-1/status" in (tmp_path / "out/ptdevice.acl").read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--patient", "Anna"), "'Anna' is no name for the broker: 1 to 32 of a-z, 0-9, _ and -"),
        (("--patient", "tablet:"), "'' is no name for the broker"),
        (("--patient", "tablet:back"), "there is no [units.back]"),
        (("--clinician", "anna:chest"), "'anna:chest': only a patient can be kept to some units"),
        (("--clinician", "anna", "--researcher", "anna"), "anna: one name, one role"),
        (("--clinician", "pi-1"), "pi-1: one name, one role"),
        (("--no-tls", "--client-certificates"), "certificates need TLS"),
        (("--client-certificates", "--ingest", "broker"), "broker is a file of the broker's own"),
    ],
)
def test_a_slip_is_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    assert ask(tmp_path, *arguments) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("a file")
    assert ask(tmp_path) == 1
    assert "out" in (told := capsys.readouterr().err)
    assert "Traceback" not in told
