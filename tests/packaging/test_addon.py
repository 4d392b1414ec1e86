"""The Home Assistant add-on: what the Supervisor documents, our own settings, and what run.py makes of both."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import yaml

from ptdevice import __version__
from ptdevice.config import load
from ptdevice.config.schema import keys, sections

ROOT = Path(__file__).parents[2]
ADDON = ROOT / "packaging/home-assistant-addon"
CONFIG: dict[str, Any] = yaml.safe_load((ADDON / "config.yaml").read_text())
# Home Assistant's developers' documentation, Add-on configuration, "Options / Schema", and the Supervisor's own pattern for it.
TYPE = re.compile(
    r"(bool|email|url|port|device(\(subsystem=[a-z]+\))?|(str|password|int)(\(\d*,\d*\))?|float(\([\d.]*,[\d.]*\))?"
    r"|match\(.*\)|list\(.+\))\??"
)
REQUIRED = {"name", "version", "slug", "description", "arch"}
KNOWN = REQUIRED | {
    *("apparmor", "backup", "host_dbus", "map", "options", "ports", "ports_description", "schema", "services", "stage"),
    *("startup", "timeout", "tmpfs", "watchdog"),
}


def loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generator = loaded(ROOT / "scripts/home_assistant/addon_schema.py")
run = loaded(ADDON / "run.py")


# --- config.yaml, and what the Supervisor documents ---


def test_the_supervisor_knows_every_key_and_misses_none() -> None:
    assert set(CONFIG) <= KNOWN
    assert set(CONFIG) >= REQUIRED
    assert CONFIG["slug"] == "ptdevice"
    assert set(CONFIG["arch"]) <= {"armhf", "armv7", "aarch64", "amd64", "i386"}
    assert CONFIG["stage"] in {"stable", "experimental", "deprecated"}
    assert CONFIG["startup"] in {"initialize", "system", "services", "application", "once"}
    assert CONFIG["services"] == ["mqtt:want"]
    assert 10 <= CONFIG["timeout"] <= 300
    assert re.fullmatch(r"(https?|tcp)://\[HOST\]:\[PORT:\d+\].*", CONFIG["watchdog"])


def test_it_has_the_version_of_the_program_in_it() -> None:
    assert CONFIG["version"] == __version__


def test_it_has_the_host_s_dbus_and_no_privilege() -> None:
    assert CONFIG["host_dbus"] is True
    assert CONFIG["apparmor"] is True
    assert not {"privileged", "full_access", "host_network", "host_pid", "devices", "docker_api"} & set(CONFIG)


def test_every_option_has_a_type_that_the_supervisor_knows_two_levels_deep_at_most() -> None:
    for section, options in CONFIG["schema"].items():
        (found,) = options if isinstance(options, list) else (options,)
        for name, kind in found.items():
            assert isinstance(kind, str), f"{section}.{name} is a third level"
            assert TYPE.fullmatch(kind), f"{section}.{name}: {kind}"


def test_no_table_of_the_schema_is_missing_from_the_defaults_for_the_supervisor_would_refuse_that() -> None:
    assert set(CONFIG["options"]) == set(CONFIG["schema"])
    for section, options in CONFIG["schema"].items():
        if isinstance(options, dict):
            required = {name for name, kind in options.items() if not kind.endswith("?")}
            assert required <= set(CONFIG["options"][section]) <= set(options)


# --- the schema, and our settings ---


def test_the_options_are_those_of_the_settings() -> None:
    text = (ADDON / "config.yaml").read_text()
    assert text == generator.renewed(text), "renew it: .venv/bin/python scripts/home_assistant/addon_schema.py"


def test_every_setting_is_an_option_or_has_a_reason_why_not() -> None:
    schema = CONFIG["schema"]
    options = {
        f"{section}.{name}" if isinstance(options, dict) else f"{section}.<alias>.{name}"
        for section, options in schema.items()
        for name in (options if isinstance(options, dict) else options[0])
    }
    settings = {f"{header}.{name}" for header, model in sections().items() for name in keys(model)}
    left_out = {key for key in settings if generator.in_the_file_only(key)}
    assert settings - left_out == options - {"mqtt.password", "units.<alias>.alias"}
    for reason in generator.IN_THE_FILE_ONLY:
        assert any(key == reason or key.startswith(f"{reason}.") for key in settings), (
            f"{reason} is no setting any more"
        )


# --- run.py ---

OPTIONS: dict[str, Any] = {
    **CONFIG["options"],
    "mqtt": {"password": "of the options", "host": ""},
    "bluetooth": {"adapter": "hci1", "connect_timeout_s": 10.0},
    "units": [
        {"alias": "chest", "device": "polar", "exercise": "sit_up", "target_repetitions": 10, "name": 'Polar "H10"'},
        {"alias": "back", "device": "beurer_em70", "address": ""},
    ],
}
OFFERED = {"host": "core-mosquitto", "port": 1884, "username": "addons", "password": "of the service", "ssl": False}


def test_what_it_makes_of_the_options_is_a_valid_configuration(tmp_path: Path) -> None:
    file = tmp_path / "ptdevice.toml"
    file.write_text(run.document(OPTIONS))
    settings = load(file, run.environment(file, OPTIONS, tmp_path, OFFERED))
    assert settings.home_assistant.discovery
    assert settings.bluetooth.adapter == "hci1"
    assert settings.units["chest"].name == 'Polar "H10"'
    assert settings.units["chest"].target_repetitions == 10
    assert settings.units["back"].address is None
    assert settings.journal.path == tmp_path / "journal.sqlite"
    assert (settings.metrics.host, settings.metrics.port) == ("0.0.0.0", 9547)


def test_the_ports_are_one() -> None:
    assert f"[PORT:{run.METRICS_PORT}]" in CONFIG["watchdog"]
    assert list(CONFIG["ports"]) == [f"{run.METRICS_PORT}/tcp"]


def test_where_nobody_names_a_broker_it_is_the_one_that_home_assistant_offers(tmp_path: Path) -> None:
    file = tmp_path / "ptdevice.toml"
    file.write_text(run.document(OPTIONS))
    settings = load(file, run.environment(file, OPTIONS, tmp_path, OFFERED))
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.username) == ("core-mosquitto", 1884, "addons")
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == "of the service"
    assert (tmp_path / "mqtt-password").stat().st_mode & 0o777 == 0o600


def test_a_broker_that_the_options_name_comes_with_their_password(tmp_path: Path) -> None:
    options = {**OPTIONS, "mqtt": {"host": "broker.lan", "username": "me", "password": "of the options"}}
    file = tmp_path / "ptdevice.toml"
    file.write_text(run.document(options))
    settings = load(file, run.environment(file, options, tmp_path, OFFERED))
    assert (settings.mqtt.host, settings.mqtt.username) == ("broker.lan", "me")
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == "of the options"


def test_a_broker_that_the_file_names_gets_no_password_of_the_options(tmp_path: Path) -> None:
    (tmp_path / "ptdevice.toml").write_text('[mqtt]\nhost = "broker.lan"\n')
    elsewhere = loaded(ADDON / "run.py")
    elsewhere.CONFIG = tmp_path
    found = elsewhere.environment(tmp_path / "ptdevice.toml", OPTIONS, tmp_path, OFFERED)
    assert not [name for name in found if "MQTT" in name]


def test_no_password_is_in_what_it_makes() -> None:
    options = {**OPTIONS, "mqtt": {"host": "broker.lan", "password": "hush"}}
    assert "hush" not in run.document(options)


def test_an_alias_that_is_none_is_told_by_ptdevice_and_breaks_nothing_else() -> None:
    made = run.document({"units": [{"alias": 'x]\n[gateway"', "device": "polar"}]})
    assert list(tomllib.loads(made)["units"]) == ['x]\n[gateway"']


def test_without_a_supervisor_there_is_no_broker_and_no_error() -> None:
    elsewhere = loaded(ADDON / "run.py")
    elsewhere.SERVICE = "http://127.0.0.1:9/services/mqtt"  # discard: nobody listens
    assert elsewhere.broker() is None


# --- the folder that is built ---


def test_what_the_dockerfile_copies_is_put_there_by_build_addon() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", (ADDON / "Dockerfile").read_text(), re.MULTILINE)
    build = (ROOT / "scripts/build-addon").read_text()
    for name in " ".join(copied).split():
        known = (ADDON / name).exists() or name == "ptdevice-*.whl" or name in build
        assert known, name


def test_the_profile_is_the_add_on_s_and_lets_it_talk_to_bluetoothd_and_to_nobody_else() -> None:
    profile = (ADDON / "apparmor.txt").read_text()
    assert f"\nprofile {CONFIG['slug']} flags=" in profile
    assert profile.count("{") - profile.count("@{") == profile.count("}") - profile.count("PROC}")
    sent = re.findall(r"dbus \(send.*peer=\(name=([\w.]+)\)", profile)
    assert sorted(sent) == ["org.bluez", "org.freedesktop.DBus"]


def test_its_page_has_the_rule_of_what_counts() -> None:
    page = (ADDON / "DOCS.md").read_text()
    rows = [line for line in page.splitlines() if re.match(r"\| \d \|", line)]
    assert len(rows) == 5
    assert "alone counts" in rows[1]
    assert json.dumps(OFFERED["host"]) not in page
