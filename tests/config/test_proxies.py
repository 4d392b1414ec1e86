"""ESPHome proxies in the configuration: what is refused, and where a key comes from."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from ptdevice.config import load
from ptdevice.config.proxies import broken
from ptdevice.config.rules import cautions
from ptdevice.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

KEY = base64.b64encode(bytes(range(32))).decode()
START = '[gateway]\nsite = "home"\nname = "pi-1"\n[units.chest]\ndevice = "polar"\n'


def written(tmp_path: Path, more: str) -> Path:
    file = tmp_path / "c.toml"
    file.write_text(START + more)
    return file


def problem(tmp_path: Path, more: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as told:
        load(written(tmp_path, more), environ or {})
    (only,) = told.value.problems
    return only


def test_a_proxy_needs_a_host_and_no_more(tmp_path: Path) -> None:
    proxy = load(written(tmp_path, '[proxies.hall]\nhost = "192.0.2.7"\n'), {}).proxies["hall"]
    assert (proxy.host, proxy.port, proxy.key) == ("192.0.2.7", 6053, None)


def test_the_key_is_the_first_line_of_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "hall.key").write_text(f"{KEY}\n# of the proxy in the hall\n")
    proxy = load(written(tmp_path, '[proxies.hall]\nhost = "h"\nkey_file = "hall.key"\n'), {}).proxies["hall"]
    assert proxy.key is not None
    assert proxy.key.get_secret_value() == KEY
    assert KEY not in repr(proxy)


def test_the_key_is_in_a_variable_of_the_environment(tmp_path: Path) -> None:
    proxy = load(written(tmp_path, '[proxies.hall]\nhost = "h"\nkey_env = "HALL"\n'), {"HALL": KEY}).proxies["hall"]
    assert proxy.key is not None
    assert proxy.key.get_secret_value() == KEY


@pytest.mark.parametrize("said", ["", "secret", KEY[:-4], KEY + "AAAA", "ü" * 44])
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, said: str) -> None:
    text = problem(tmp_path, '[proxies.hall]\nhost = "h"\nkey_env = "HALL"\n', {"HALL": said})
    assert "proxies.hall.key_env: the key must be base64 of 32 bytes" in text
    assert not said or said not in text


def test_a_variable_or_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "HALL is not set" in problem(tmp_path, '[proxies.hall]\nhost = "h"\nkey_env = "HALL"\n')
    assert "hall.key cannot be read" in problem(tmp_path, '[proxies.hall]\nhost = "h"\nkey_file = "hall.key"\n')


def test_a_key_in_the_place_of_its_variable_is_not_repeated(tmp_path: Path) -> None:
    text = problem(tmp_path, f'[proxies.hall]\nhost = "h"\nkey_env = "{KEY}"\n')
    assert "the NAME of an environment variable" in text
    assert KEY not in text


def test_one_key_is_enough(tmp_path: Path) -> None:
    (tmp_path / "hall.key").write_text(KEY)
    text = problem(tmp_path, '[proxies.hall]\nhost = "h"\nkey_file = "hall.key"\nkey_env = "HALL"\n', {"HALL": KEY})
    assert "there is a key_file already" in text


def test_without_the_extra_it_says_what_to_install() -> None:
    ((path, text),) = broken({"hall": {"host": "h"}}, {}, library="not_installed")
    assert path == ("proxies",)
    assert "pip install 'ptdevice[proxy]'" in text
    assert not list(broken({}, {}, library="not_installed"))


def test_a_proxy_is_not_called_as_an_adapter_is(tmp_path: Path) -> None:
    assert "choose another name" in problem(tmp_path, '[proxies.hci0]\nhost = "h"\n')


def test_a_unit_may_be_bound_to_a_proxy_that_there_is(tmp_path: Path) -> None:
    bound = START + 'adapter = "hall"\n'
    file = tmp_path / "c.toml"
    file.write_text(bound + '[proxies.hall]\nhost = "h"\n')
    assert load(file, {}).units["chest"].adapter == "hall"
    file.write_text(bound + '[proxies.hal]\nhost = "h"\n')
    with pytest.raises(ConfigError, match='did you mean "hal"'):
        load(file, {})


@pytest.mark.parametrize(("enabled", "refused"), [("true", True), ("false", False)])
def test_a_unit_that_is_commanded_is_not_bound_to_a_proxy(tmp_path: Path, enabled: str, *, refused: bool) -> None:
    unit = '[units.back]\ndevice = "beurer_em70"\naddress = "C0:DE:00:00:00:01"\nsubject = "k3"\nadapter = "hall"\n'
    more = f'{unit}[units.back.command]\nenabled = {enabled}\n[proxies.hall]\nhost = "h"\n'
    try:
        load(written(tmp_path, more), {})
        told = ""
    except ConfigError as error:
        told = str(error)
    assert ("units.back.adapter: is a proxy, and this unit is commanded" in told) is refused


def test_a_key_file_that_others_can_read_is_a_caution(tmp_path: Path) -> None:
    key = tmp_path / "hall.key"
    key.write_text(KEY)
    key.chmod(0o644)
    settings = load(written(tmp_path, '[proxies.hall]\nhost = "h"\nkey_file = "hall.key"\n'), {})
    assert any("hall.key can be read by others" in each for each in cautions(settings))
