"""`ptdevice doctor` on the command line, on a private bus with a BlueZ that is played."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.bench import BenchUnit

from ptdevice.ble.adapters import adapters
from ptdevice.cli import main
from ptdevice.doctor import certificates
from ptdevice.errors import RadioError
from ptdevice.verbs.doctor import in_time
from ptdevice_sim.carriers.bluez import BluezAir

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.doctor.finding import Finding

ROOT = Path(__file__).parents[2]
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
[mqtt]
host = "127.0.0.1"
port = 1
[journal]
path = "journal.sqlite"
[units.chest]
device = "polar"
name = "Polar H10 0000000A"
subject = "k3f7q"
"""


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    file = tmp_path / "c.toml"
    file.write_text(CONFIG)

    def ask(*options: str, config: Path = file) -> tuple[int, str]:
        code = main(["doctor", "-c", str(config), *options], environ={})
        return code, capsys.readouterr().out

    return ask


async def test_bluez_tells_its_adapters_and_who_is_connected() -> None:
    async with BluezAir() as air:
        (adapter,) = await adapters()
        assert (adapter.name, adapter.powered, adapter.connected) == ("hci0", True, 0)
        air.publish_held(BenchUnit())
        (adapter,) = await adapters()
        assert adapter.connected == 1


async def test_a_bluetoothd_that_is_gone_is_told() -> None:
    async with BluezAir() as air:
        await air.bluetoothd.crash()
        with pytest.raises(RadioError, match="bluetoothd does not answer"):
            await adapters()


def test_what_cannot_work_is_an_error_and_the_exit_code_says_so(ask: Callable[..., tuple[int, str]]) -> None:
    code, said = ask()
    assert code == 1
    assert "[broker_away]" in said
    assert "configuration: " in said


def test_a_wrong_configuration_is_told_with_everything_else(
    ask: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(CONFIG.replace("polar", "polra"))
    code, said = ask("--json", config=wrong)
    findings = json.loads(said)
    assert code == 1
    assert [each["code"] for each in findings if each["area"] == "configuration"] == ["config_invalid"]
    assert {"bluetooth", "clock"} <= {each["area"] for each in findings}


def test_a_bug_report_has_no_name_code_or_place_of_ours(ask: Callable[..., tuple[int, str]], tmp_path: Path) -> None:
    _, page = ask("--markdown")
    assert page.startswith("### ptdevice doctor\n")
    for word in ("clinic-a", "pi-1", "chest", "k3f7q", "Polar H10", "127.0.0.1", str(tmp_path)):
        assert word not in page


def test_every_code_has_its_paragraph() -> None:
    sources = [*(ROOT / "src/ptdevice/doctor").glob("*.py"), ROOT / "src/ptdevice/verbs/doctor.py"]
    said = {
        code
        for file in sources
        for code in re.findall(
            r'(?:error|warning)\(\s*(?:\w+\.)?(?:AREA|area),\s*"(\w+)"', file.read_text(encoding="utf-8")
        )
    }
    said |= {*certificates.CODES.values(), certificates.UNVERIFIED}
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert len(said) >= 48
    assert [code for code in sorted(said) if f"### `{code}`" not in page] == []


async def test_what_hangs_is_given_up_and_told() -> None:
    async def hang() -> list[Finding]:
        await asyncio.Event().wait()
        return []

    (found,) = await in_time("broker", hang(), within_s=0.01)
    assert (found.level, found.area, found.code) == ("error", "broker", "no_answer")


def test_without_a_bus_everything_else_is_looked_at(
    ask: Callable[..., tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus.sock")
    _, said = ask("--json")
    found = {each["area"]: each["code"] for each in json.loads(said)}
    assert found["bluetooth"] == "dbus_away"
    assert {"clock", "disk", "memory", "service", "versions", "broker"} <= found.keys()


def test_it_finds_the_adapter_of_a_bus(ask: Callable[..., tuple[int, str]]) -> None:
    async def story() -> tuple[int, str]:
        async with BluezAir():
            return await asyncio.to_thread(ask)

    _, said = asyncio.run(story())
    assert "bluetooth: hci0 (F0:00:00:00:00:01) is on; 0 units are connected to it." in said
