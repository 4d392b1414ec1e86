"""The supply of a Raspberry Pi, as its firmware sees it: a weak one resets radios and damages SD cards without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.doctor.finding import error, fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.doctor.finding import Finding

AREA = "power"
MODEL = "proc/device-tree/model"
THROTTLED = "sys/devices/platform/soc/soc:firmware/get_throttled"
# Bits of the firmware's property "get_throttled" (Raspberry Pi documentation, `vcgencmd get_throttled`).
NOW, SINCE_BOOT = 1 << 0, 1 << 16
FIX = "Use the supply that is made for this model, and a short, thick cable; give USB adapters a powered hub."


def examine(root: Path) -> Iterator[Finding]:
    """Look below `root`, which is / but in tests."""
    try:
        model = (root / MODEL).read_bytes().rstrip(b"\0").decode("utf-8", "replace")
    except OSError:
        return  # no Raspberry Pi, and nothing known about its supply
    try:
        bits = int((root / THROTTLED).read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        yield unknown(AREA, f"{model}: its firmware does not say how the supply is.")
        return
    if bits & NOW:
        yield error(AREA, "under_voltage", f"{model}: the supply is too weak right now.", FIX)
    elif bits & SINCE_BOOT:
        yield warning(
            AREA, "under_voltage", f"{model}: the supply was too weak at some time since it was started.", FIX
        )
    else:
        yield fine(AREA, f"{model}: no under-voltage since it was started.")
