"""What the kernel shows of Bluetooth, in a made-up /sys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ptdevice.ble.kernel import Block, blocks, on_usb

if TYPE_CHECKING:
    from pathlib import Path


def switch(root: Path, number: int, kind: str, soft: str, hard: str) -> None:
    folder = root / f"sys/class/rfkill/rfkill{number}"
    folder.mkdir(parents=True)
    for name, text in (("type", kind), ("soft", soft), ("hard", hard)):
        (folder / name).write_text(f"{text}\n")


@pytest.mark.parametrize(("soft", "hard", "told"), [("1", "0", "soft"), ("0", "1", "hard"), ("1", "1", "hard")])
def test_a_switch_that_is_on_is_told_and_the_harder_block_before_the_softer(
    tmp_path: Path, soft: str, hard: str, told: str
) -> None:
    switch(tmp_path, 0, "wlan", "1", "1")
    switch(tmp_path, 1, "bluetooth", soft, hard)
    assert list(blocks(tmp_path)) == [Block("rfkill1", told)]  # type: ignore[arg-type] # a parameter


def test_a_switch_that_is_off_or_cannot_be_read_blocks_nothing(tmp_path: Path) -> None:
    switch(tmp_path, 0, "bluetooth", "0", "0")
    (tmp_path / "sys/class/rfkill/rfkill1").mkdir()
    assert list(blocks(tmp_path)) == []


def test_a_host_without_rfkill_blocks_nothing(tmp_path: Path) -> None:
    assert list(blocks(tmp_path)) == []


@pytest.mark.parametrize(("bus", "told"), [("usb1/1-1/1-1.2", True), ("soc/fe201000.serial", False)])
def test_how_an_adapter_is_attached_is_read_from_where_its_device_leads(tmp_path: Path, bus: str, told: bool) -> None:  # noqa: FBT001 - a parameter
    place = tmp_path / "sys/devices/platform" / bus
    place.mkdir(parents=True)
    adapter = tmp_path / "sys/class/bluetooth/hci0"
    adapter.mkdir(parents=True)
    (adapter / "device").symlink_to(place)
    assert on_usb(tmp_path, "hci0") is told


def test_how_an_adapter_is_attached_may_not_be_to_be_seen(tmp_path: Path) -> None:
    assert on_usb(tmp_path, "hci0") is None
