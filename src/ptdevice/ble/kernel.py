"""What the kernel shows of Bluetooth: switches that block it, and how an adapter is attached. `root` is / but in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Block(NamedTuple):
    """One switch of rfkill that keeps Bluetooth off: `soft`, a program's word, or `hard`, a switch of the machine."""

    switch: str
    how: Literal["soft", "hard"]


def blocks(root: Path) -> Iterator[Block]:
    """Those that are on, hard before soft where one switch is both. What cannot be read is left out."""
    for switch in sorted((root / "sys/class/rfkill").glob("rfkill*")):
        try:
            if _said(switch, "type") != "bluetooth":
                continue
            soft, hard = _said(switch, "soft") == "1", _said(switch, "hard") == "1"
        except OSError:
            continue
        if hard or soft:
            yield Block(switch.name, "hard" if hard else "soft")


def on_usb(root: Path, adapter: str) -> bool | None:
    """Whether the adapter of this name is on USB; if not, it is built in (UART). None: that is not to be seen from here."""
    device = root / "sys/class/bluetooth" / adapter / "device"
    return "/usb" in str(device.resolve()) if device.exists() else None


def _said(switch: Path, name: str) -> str:
    return (switch / name).read_text(encoding="ascii").strip()
