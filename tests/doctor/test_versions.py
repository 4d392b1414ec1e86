"""BlueZ and kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.doctor.scaffold import codes, listed, put, saying

from ptdevice.doctor import power
from ptdevice.doctor.versions import examine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("bluetoothctl: 5.66\n", "ok"),
        ("bluetoothctl: 5.55\n", "ok"),
        ("bluetoothctl: 5.54\n", "bluez_old"),
        ("bluetoothctl: 4.101\n", "bluez_old"),
        ("rubbish", "unknown"),
    ],
)
async def test_a_bluez_that_is_too_old_is_an_error(tmp_path: Path, said: str, wanted: str) -> None:
    assert codes(await listed(examine(tmp_path, "6.12.0", saying(bluetoothctl=said)))) == [wanted, "ok"]


async def test_without_bluetoothctl_it_is_unknown(tmp_path: Path) -> None:
    assert codes(await listed(examine(tmp_path, "6.12.0", saying()))) == ["unknown", "ok"]


@pytest.mark.parametrize(
    ("release", "wanted"), [("6.1.21-v8+", "kernel_reported"), ("6.12.47+rpt-rpi-v8", "ok"), ("rubbish", "ok")]
)
async def test_a_kernel_with_reports_is_told_on_a_raspberry_pi(tmp_path: Path, release: str, wanted: str) -> None:
    put(tmp_path, power.MODEL, "Raspberry Pi 4 Model B Rev 1.4\0")
    assert codes(await listed(examine(tmp_path, release, saying())))[1] == wanted


async def test_elsewhere_the_same_kernel_is_fine(tmp_path: Path) -> None:
    assert codes(await listed(examine(tmp_path, "6.1.21-v8+", saying())))[1] == "ok"
