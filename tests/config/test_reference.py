"""What is written about the configuration agrees with the models."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path

import pytest

from ptdevice.config import load
from ptdevice.config.reference import sentences, tables
from ptdevice.config.schema import keys, sections
from ptdevice.pages import renewed

ROOT = Path(__file__).parents[2]
KEYS = [(header, key) for header, model in sections().items() for key in keys(model)]


def _example(header: str, key: str) -> str:
    if ".command" in header:
        return header.replace("<alias>", "back")
    if key.startswith("site_") or (key == "site" and "units" in header):  # where the pads of a stimulator are
        return "units.back"
    if key.startswith("on_") or key == "remote_for":
        return "units.button"
    return (
        header.replace("pairs.<alias>", "pairs.lumbar")
        .replace("proxies.<alias>", "proxies.hall")
        .replace("<alias>", "chest")
    )


def test_the_page_is_current() -> None:
    page = (ROOT / "docs/config.md").read_text(encoding="utf-8")
    assert page == renewed(page, tables()), "run: python -m ptdevice.config.reference docs/config.md"


def test_every_key_has_a_sentence() -> None:
    said = sentences()
    for header, model in sections().items():
        for key in model.model_fields:
            assert said[model.__name__, key].endswith("."), (header, key)


@pytest.mark.parametrize(("header", "key"), KEYS)
def test_the_example_shows_every_key_in_its_section(header: str, key: str) -> None:
    text = (ROOT / "config/example.toml").read_text(encoding="utf-8")
    start = text.index(f"[{_example(header, key)}]")
    section = text[start + 1 :].split("\n[", 1)[0]
    assert re.search(rf"^(# )?{key} = \S", section, re.MULTILINE)


@pytest.mark.parametrize(("header", "key"), KEYS)
def test_the_example_shows_true_defaults(header: str, key: str) -> None:
    text = (ROOT / "config/example.toml").read_text(encoding="utf-8")
    start = text.index(f"[{_example(header, key)}]")
    section = text[start + 1 :].split("\n[", 1)[0]
    field = sections()[header].model_fields[key]
    shown = re.search(rf"^(?:# )?{key} = (.*?)\s*(?:#(.*))?$", section, re.MULTILINE)
    assert shown is not None
    if not field.is_required() and field.default is not None:
        default = f'"{field.default}"' if isinstance(field.default, str | Path) else str(field.default).lower()
        assert shown[1] == default
    elif not field.is_required() and shown[0].startswith("#"):
        assert "example" in (shown[2] or "")


@pytest.mark.parametrize(("name", "simulated"), [("example", False), ("simulated", True)])
def test_the_configurations_that_come_along_are_valid(name: str, *, simulated: bool) -> None:
    assert load(ROOT / "config" / f"{name}.toml", {}).gateway.simulated is simulated


def test_the_example_is_valid_with_every_key_uncommented(tmp_path: Path) -> None:
    text = (ROOT / "config/example.toml").read_text(encoding="utf-8")
    # A secret has one source; the certificates need TLS; the stimulator there has one channel.
    for key in ("password_env", "key_env", "tls", "site_a", "site_b"):
        text = re.sub(rf"^# {key} = .*$", "tls = true" if key == "tls" else "", text, flags=re.MULTILINE)
    text = re.sub(r"^# (\[|[a-z_]+ = )", r"\1", text, flags=re.MULTILINE)
    for name in ("mqtt-password", "ca.pem", "pi-1.pem", "pi-1.key"):
        (tmp_path / name).write_text("x")
    (tmp_path / "hall.key").write_text(base64.b64encode(bytes(32)).decode())
    (tmp_path / "my-exercises.toml").write_text("")
    for folder in ("programmes", "prescriptions"):
        shutil.copytree(ROOT / "config" / folder, tmp_path / folder)
    file = tmp_path / "all.toml"
    file.write_text(text)
    settings = load(file, {})
    assert settings.units["chest"].target_repetitions == 10
    assert settings.units["back"].sites == {None: "lumbar_left"}
    assert settings.mqtt.password is not None
    assert settings.proxies["hall"].key is not None
    assert settings.pairs["lumbar"].trunk == "back_upper"
    assert len(settings.programmes.all) == 4
    assert len(settings.prescriptions.all) == 1
