"""How many links an adapter usually holds, by what the kernel shows of it. No maker states a figure: these are reports.

Built in (Raspberry Pi): 2 to 3 "reliable" on a 4 (morrownr/USB-WiFi#714), 7 stable and 8 at most on a 3B+ (measured,
dev.classmethod.jp). USB: 5 for "most local adapters" (home-assistant/core#84331), 7 is what common chips are made for. CSR8510
and its copies: 3 (IanHarvey/bluepy#129). What is said here is between them, and on the careful side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.kernel import on_usb

if TYPE_CHECKING:
    from pathlib import Path

BUILT_IN_LINKS, USB_LINKS, CSR_LINKS = 4, 7, 3
CSR = "0a12:0001"  # Cambridge Silicon Radio's CSR8510, and the many copies that say that they are one


def usual_links(root: Path, adapter: str) -> int | None:
    """How many links this adapter usually holds; None where it is not to be seen what it is."""
    match on_usb(root, adapter):
        case None:
            return None
        case False:
            return BUILT_IN_LINKS
        case True:
            return CSR_LINKS if usb_id(root, adapter) == CSR else USB_LINKS


def usb_id(root: Path, adapter: str) -> str:
    """Vendor and product of an adapter on USB, as lsusb shows them."""
    return f"{usb_fact(root, adapter, 'idVendor')}:{usb_fact(root, adapter, 'idProduct')}"


def usb_fact(root: Path, adapter: str, name: str) -> str:
    """What the kernel shows under this name; empty where it shows nothing.

    What Bluetooth sits on is an interface; its parent is the device that has a maker.
    """
    return device_fact(root, adapter, f"../{name}")


def device_fact(root: Path, adapter: str, name: str) -> str:
    """The same of what the adapter itself sits on."""
    device = (root / "sys/class/bluetooth" / adapter / "device").resolve()
    try:
        return (device / name).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
