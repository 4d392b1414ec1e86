"""Wi-Fi beside Bluetooth: on the same chip, and in the same band, it takes air time from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptdevice.doctor.finding import fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from ptdevice.doctor.asking import Ask
    from ptdevice.doctor.finding import Finding

AREA = "bluetooth"
CROWDED_MHZ = range(2400, 2500)  # the band that Bluetooth shares
FIX = "Use a cable, Wi-Fi on 5 GHz, or a USB adapter for Bluetooth on a short extension cord."


async def examine(root: Path, *, built_in: bool, ask: Ask) -> AsyncIterator[Finding]:
    """`built_in`: the adapter in use is the machine's own, and so on the chip of its own Wi-Fi."""
    for interface in sorted((root / "sys/class/net").glob("*")):
        if not (interface / "wireless").exists() and not (interface / "phy80211").exists():
            continue
        if not _up(interface):
            continue
        mhz = _mhz(await ask("iw", "dev", interface.name, "info"))
        shared = built_in and not _on_usb(interface)
        chip = "shares chip and antenna with the built-in Bluetooth" if shared else "is on"
        if mhz is None:
            text = f"Wi-Fi ({interface.name}) {chip}; which band it uses is not to be seen (iw is not there)."
            yield warning(AREA, "shared_antenna", text, FIX) if shared else unknown(AREA, text)
        elif mhz not in CROWDED_MHZ:
            yield fine(AREA, f"Wi-Fi ({interface.name}) {chip}, on {mhz} MHz, out of Bluetooth's way.")
        elif shared:
            text = f"Wi-Fi ({interface.name}) {chip}, in the same band ({mhz} MHz)."
            yield warning(AREA, "shared_antenna", text, FIX)
        else:
            text = f"Wi-Fi ({interface.name}) is on in Bluetooth's band ({mhz} MHz), on a chip of its own."
            yield fine(AREA, text)


def _up(interface: Path) -> bool:
    try:
        return (interface / "operstate").read_text(encoding="ascii").strip() == "up"
    except OSError:
        return False


def _on_usb(interface: Path) -> bool:
    return "/usb" in str((interface / "device").resolve())


def _mhz(said: str | None) -> int | None:
    """Of `iw dev wlan0 info`: `channel 36 (5180 MHz), width: 80 MHz, center1: 5210 MHz`."""
    found = re.search(r"channel \d+ \((\d+) MHz\)", said or "")
    return int(found[1]) if found is not None else None
