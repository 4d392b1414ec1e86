"""What is found on a host, from what its kernel and BlueZ tell; /sys and /proc are a folder here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.doctor.scaffold import codes, put

from ptdevice.ble.adapters import Adapter
from ptdevice.doctor import disk, power, radio

if TYPE_CHECKING:
    from pathlib import Path

ON = Adapter("hci0", powered=True, connected=2)


# --- power ---


def test_of_what_is_no_raspberry_pi_nothing_is_said_about_its_supply(tmp_path: Path) -> None:
    assert codes(power.examine(tmp_path)) == []


@pytest.mark.parametrize(
    ("bits", "wanted", "level"),
    [
        ("0", "ok", "ok"),
        ("50000", "under_voltage", "warning"),
        ("50005", "under_voltage", "error"),
        ("1", "under_voltage", "error"),
        ("4", "ok", "ok"),
        ("rubbish", "unknown", "unknown"),
    ],
)
def test_the_firmware_tells_of_a_weak_supply(tmp_path: Path, bits: str, wanted: str, level: str) -> None:
    put(tmp_path, power.MODEL, "Raspberry Pi 4 Model B Rev 1.4\0")
    put(tmp_path, power.THROTTLED, bits + "\n")
    (found,) = power.examine(tmp_path)
    assert (found.code, found.level) == (wanted, level)
    assert found.text.startswith("Raspberry Pi 4 Model B Rev 1.4:")


def test_a_firmware_that_says_nothing_leaves_it_unknown(tmp_path: Path) -> None:
    put(tmp_path, power.MODEL, "Raspberry Pi 5\0")
    assert codes(power.examine(tmp_path)) == ["unknown"]


# --- disk ---


def test_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    assert codes(disk.examine(tmp_path, tmp_path / "nowhere/journal.sqlite")) == ["no_folder"]


def test_room_is_told(tmp_path: Path) -> None:
    (found,) = disk.examine(tmp_path, tmp_path / "journal.sqlite")
    assert found.code in {"ok", "disk_low", "disk_full"}
    assert "MB are left" in found.text


@pytest.mark.parametrize(
    ("age", "wanted", "text"),
    [
        ("0x01 0x01", "ok", "at most 10 %"),
        ("0x08 0x02", "ok", "at most 80 %"),
        ("0x02 0x09", "disk_worn", "at least 80 %"),
        ("0x0b 0x01", "disk_worn", "at least 100 %"),
    ],
)
def test_a_card_that_tells_its_age_is_believed(tmp_path: Path, age: str, wanted: str, text: str) -> None:
    put(tmp_path, "sys/block/mmcblk0/device/life_time", age + "\n")
    _, found = disk.examine(tmp_path, tmp_path / "journal.sqlite")
    assert (found.code, text in found.text) == (wanted, True)


def test_a_card_that_does_not_is_of_unknown_age(tmp_path: Path) -> None:
    put(tmp_path, "sys/block/mmcblk0/size", "1")
    _, found = disk.examine(tmp_path, tmp_path / "journal.sqlite")
    assert found.code == "unknown"


@pytest.mark.parametrize(("used", "wanted"), [("0x01", []), ("0x02", ["disk_worn"]), ("0x03", ["disk_worn"])])
def test_a_card_that_has_used_its_reserve_is_worn(tmp_path: Path, used: str, wanted: list[str]) -> None:
    put(tmp_path, "sys/block/mmcblk0/device/life_time", "0x01 0x01\n")
    put(tmp_path, "sys/block/mmcblk0/device/pre_eol_info", used + "\n")
    assert codes(disk.examine(tmp_path, tmp_path / "journal.sqlite"))[2:] == wanted


def writing(root: Path, *, sectors: int, up_s: float) -> list[str]:
    """A card of 30 GB, of which so many sectors were written since the machine was started."""
    put(root, "sys/block/mmcblk0/device/life_time", "0x01 0x01\n")
    put(root, "sys/block/mmcblk0/size", f"{30_000_000_000 // 512}\n")
    # Fields: reads, merged, sectors, ms; writes, merged, sectors, ms; and more (kernel, Documentation/block/stat.rst).
    put(root, "sys/block/mmcblk0/stat", f"  100 1 2000 30 400 5 {sectors} 60 0 70 90\n")
    put(root, "proc/uptime", f"{up_s} 1.0\n")
    return codes(disk.examine(root, root / "journal.sqlite"))[2:]


@pytest.mark.parametrize(("sectors", "wanted"), [(1_953_000, ["ok"]), (1_954_000, ["disk_busy"])])
def test_a_card_that_is_written_over_within_a_month_will_not_last(
    tmp_path: Path, sectors: int, wanted: list[str]
) -> None:
    assert writing(tmp_path, sectors=sectors, up_s=86_400.0) == wanted  # 1 GB in a day


def test_of_the_first_hour_nothing_is_said(tmp_path: Path) -> None:
    assert writing(tmp_path, sectors=10_000_000, up_s=3599.0) == []
    assert writing(tmp_path, sectors=10_000_000, up_s=3600.0) == ["disk_busy"]


# --- bluetooth ---


def test_no_adapter_is_an_error(tmp_path: Path) -> None:
    assert codes(radio.examine(tmp_path, [], [], 1)) == ["no_adapter"]


def test_another_adapter_than_the_configured_one_is_an_error(tmp_path: Path) -> None:
    (found,) = radio.examine(tmp_path, [ON], ["hci1"], 1)
    assert (found.code, "hci0" in found.text) == ("other_adapter", True)


def test_an_adapter_that_is_off_is_an_error(tmp_path: Path) -> None:
    found = codes(radio.examine(tmp_path, [Adapter("hci0", powered=False, connected=0)], [], 1))
    assert found == ["adapter_off", "unknown"]


def test_of_several_adapters_the_configured_one_is_looked_at(tmp_path: Path) -> None:
    off = Adapter("hci1", powered=False, connected=0)
    assert "adapter_off" not in codes(radio.examine(tmp_path, [ON, off], ["hci0"], 1))
    assert "adapter_off" in codes(radio.examine(tmp_path, [ON, off], ["hci1"], 1))


@pytest.mark.parametrize(
    ("soft", "hard", "wanted"), [("1", "0", "rfkill_soft"), ("1", "1", "rfkill_hard"), ("0", "0", None)]
)
def test_what_blocks_the_radio_is_told(tmp_path: Path, soft: str, hard: str, wanted: str | None) -> None:
    put(tmp_path, "sys/class/rfkill/rfkill0/type", "wlan\n")
    put(tmp_path, "sys/class/rfkill/rfkill0/soft", "1\n")
    put(tmp_path, "sys/class/rfkill/rfkill0/hard", "1\n")
    put(tmp_path, "sys/class/rfkill/rfkill1/type", "bluetooth\n")
    put(tmp_path, "sys/class/rfkill/rfkill1/soft", soft + "\n")
    put(tmp_path, "sys/class/rfkill/rfkill1/hard", hard + "\n")
    found = [code for code in codes(radio.examine(tmp_path, [ON], [], 1)) if code.startswith("rfkill")]
    assert found == ([wanted] if wanted else [])


def attached(root: Path, to: str, name: str = "hci0") -> None:
    device = root / "sys/devices" / to
    device.mkdir(parents=True)
    link = root / f"sys/class/bluetooth/{name}/device"
    link.parent.mkdir(parents=True)
    link.symlink_to(device)


@pytest.mark.parametrize(("links", "wanted"), [(4, ["ok", "ok"]), (5, ["ok", "ok", "out_of_slots"])])
def test_more_units_than_a_built_in_radio_holds_is_a_warning(tmp_path: Path, links: int, wanted: list[str]) -> None:
    attached(tmp_path, "platform/soc/3f201000.serial/tty/ttyAMA0")
    assert codes(radio.examine(tmp_path, [ON], [], links)) == wanted


def usb(root: Path, identity: str, **facts: str) -> None:
    attached(root, "platform/soc/usb1/1-1/1-1.2/1-1.2:1.0")
    vendor, product = identity.split(":")
    for name, text in ({"idVendor": vendor, "idProduct": product} | facts).items():
        put(root, f"sys/devices/platform/soc/usb1/1-1/1-1.2/{name}", text + "\n")


def test_an_adapter_on_usb_tells_its_maker(tmp_path: Path) -> None:
    usb(tmp_path, "0bda:8771", manufacturer="Realtek", product="Bluetooth Radio")
    _, found = radio.examine(tmp_path, [ON], [], 1)
    assert (found.code, found.text) == ("ok", "hci0 is on USB: Realtek Bluetooth Radio (0bda:8771).")


@pytest.mark.parametrize(("links", "wanted"), [(3, ["ok", "adapter_csr"]), (4, ["ok", "adapter_csr", "out_of_slots"])])
def test_a_chip_that_is_often_copied_is_told_and_holds_little(tmp_path: Path, links: int, wanted: list[str]) -> None:
    usb(tmp_path, "0a12:0001", product="CSR8510 A10")
    assert codes(radio.examine(tmp_path, [ON], [], links)) == wanted


def test_a_built_in_radio_tells_its_chip(tmp_path: Path) -> None:
    attached(tmp_path, "platform/soc/3f201000.serial/tty/ttyAMA0")
    put(tmp_path, "sys/devices/platform/soc/3f201000.serial/tty/ttyAMA0/of_node/compatible", "brcm,bcm43438-bt\0")
    _, found = radio.examine(tmp_path, [ON], [], 1)
    assert found.text == "hci0 is built in (UART), a brcm,bcm43438-bt."


def test_several_adapters_hold_together_what_each_holds(tmp_path: Path) -> None:
    both = [ON, Adapter("hci1", powered=True, connected=0)]
    attached(tmp_path, "platform/soc/3f201000.serial/tty/ttyAMA0")
    attached(tmp_path, "platform/soc/usb1/1-1/1-1.2/1-1.2:1.0", "hci1")
    assert "out_of_slots" not in codes(radio.examine(tmp_path, both, ["hci0", "hci1"], 11))
    assert "out_of_slots" in codes(radio.examine(tmp_path, both, ["hci0", "hci1"], 12))


@pytest.mark.parametrize(("links", "wanted"), [(7, ["ok", "ok"]), (8, ["ok", "ok", "out_of_slots"])])
def test_an_adapter_on_usb_holds_more(tmp_path: Path, links: int, wanted: list[str]) -> None:
    attached(tmp_path, "platform/soc/usb1/1-1/1-1.2/1-1.2:1.0")
    put(tmp_path, "sys/class/net/wlan0/operstate", "up\n")
    assert codes(radio.examine(tmp_path, [ON], [], links)) == wanted
