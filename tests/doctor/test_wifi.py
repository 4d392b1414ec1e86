"""Wi-Fi beside Bluetooth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.doctor.scaffold import codes, listed, put, saying

from ptdevice.doctor.wifi import examine

if TYPE_CHECKING:
    from pathlib import Path

# The form in which `iw dev wlan0 info` tells it (iw 5.19, interface.c).
CROWDED = "Interface wlan0\n\ttype managed\n\tchannel 6 (2437 MHz), width: 20 MHz, center1: 2437 MHz\n"
HIGH = "Interface wlan0\n\ttype managed\n\tchannel 36 (5180 MHz), width: 80 MHz, center1: 5210 MHz\n"


def wlan(root: Path, state: str = "up", *, usb: bool = False) -> None:
    put(root, "sys/class/net/eth0/operstate", "up\n")
    put(root, "sys/class/net/wlan0/operstate", state + "\n")
    (root / "sys/class/net/wlan0/wireless").mkdir()
    device = root / "sys/devices" / ("usb1/1-1" if usb else "platform/soc/mmc1")
    device.mkdir(parents=True)
    (root / "sys/class/net/wlan0/device").symlink_to(device)


async def found(root: Path, said: str | None, *, built_in: bool = True) -> list[str]:
    ask = saying() if said is None else saying(iw=said)
    return codes(await listed(examine(root, built_in=built_in, ask=ask)))


async def test_on_the_same_chip_and_in_the_same_band_it_is_a_warning(tmp_path: Path) -> None:
    wlan(tmp_path)
    assert await found(tmp_path, CROWDED) == ["shared_antenna"]


async def test_on_5_ghz_it_is_out_of_the_way(tmp_path: Path) -> None:
    wlan(tmp_path)
    assert await found(tmp_path, HIGH) == ["ok"]


@pytest.mark.parametrize("said", [None, "Interface wlan0\n\ttype managed\n"])
async def test_where_the_band_is_not_to_be_seen_the_worse_is_taken(tmp_path: Path, said: str | None) -> None:
    wlan(tmp_path)
    assert await found(tmp_path, said) == ["shared_antenna"]


async def test_beside_an_adapter_on_usb_it_is_on_another_chip(tmp_path: Path) -> None:
    wlan(tmp_path)
    assert await found(tmp_path, CROWDED, built_in=False) == ["ok"]
    assert await found(tmp_path, None, built_in=False) == ["unknown"]


async def test_wi_fi_on_usb_is_on_another_chip(tmp_path: Path) -> None:
    wlan(tmp_path, usb=True)
    assert await found(tmp_path, CROWDED) == ["ok"]


async def test_wi_fi_that_is_down_or_absent_is_nothing_to_tell(tmp_path: Path) -> None:
    assert await found(tmp_path, CROWDED) == []
    wlan(tmp_path, "down")
    assert await found(tmp_path, CROWDED) == []
