"""The service, as systemd tells of it."""

from __future__ import annotations

import pytest
from tests.doctor.scaffold import codes, listed, saying

from ptdevice.doctor.service import examine

# The form of `systemctl show --property` (systemd 252).
RUNNING = {
    "LoadState": "loaded",
    "ActiveState": "active",
    "SubState": "running",
    "Result": "success",
    "NRestarts": "0",
    "UnitFileState": "enabled",
}


async def found(**changed: str) -> list[str]:
    said = "".join(f"{name}={value}\n" for name, value in (RUNNING | changed).items())
    return codes(await listed(examine(saying(systemctl=said))))


@pytest.mark.parametrize("state", ["active", "activating", "reloading"])
async def test_one_that_runs_is_fine(state: str) -> None:
    assert await found(ActiveState=state) == ["ok"]


async def test_one_that_failed_is_an_error() -> None:
    assert await found(ActiveState="failed", SubState="failed", Result="watchdog") == ["service_failed"]


async def test_one_that_was_stopped_is_a_warning() -> None:
    assert await found(ActiveState="inactive", SubState="dead") == ["service_stopped"]


async def test_one_that_was_started_again_and_again_is_told() -> None:
    assert await found(NRestarts="3") == ["ok", "service_restarts"]


async def test_one_that_does_not_start_with_the_machine_is_told() -> None:
    assert await found(UnitFileState="disabled") == ["ok", "service_disabled"]


async def test_without_the_service_or_systemd_it_is_unknown() -> None:
    assert await found(LoadState="not-found") == ["unknown"]
    assert codes(await listed(examine(saying()))) == ["unknown"]
