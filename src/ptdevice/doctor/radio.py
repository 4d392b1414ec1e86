"""The Bluetooth of this host: what BlueZ says of its adapters, what switches them off, and what stands in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.kernel import blocks, on_usb
from ptdevice.doctor.finding import error, fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ptdevice.ble.adapters import Adapter
from ptdevice.doctor.finding import Finding

AREA = "bluetooth"
# What is reported to hold on the radios built into Raspberry Pis, and on USB adapters; no maker states a figure.
BUILT_IN_LINKS = 4
USB_LINKS = 7


def examine(root: Path, adapters: Sequence[Adapter], wanted: str | None, links: int) -> Iterator[Finding]:
    """`wanted` is the adapter of the configuration (None: the first), `links` are the units that need one."""
    yield from _rfkill(root)
    if not adapters:
        yield error(
            AREA,
            "no_adapter",
            "BlueZ knows no Bluetooth adapter.",
            "Plug one in, or enable the built-in one.",
        )
        return
    chosen = next((each for each in adapters if wanted in {None, each.name}), None)
    if chosen is None:
        names = ", ".join(each.name for each in adapters)
        yield error(AREA, "other_adapter", f"There is no {wanted}; BlueZ knows {names}.", "Mend bluetooth.adapter.")
        return
    if not chosen.powered:
        text = f"{chosen.name} is switched off."
        yield error(
            AREA, "adapter_off", text, "bluetoothctl power on; and AutoEnable=true in /etc/bluetooth/main.conf."
        )
    else:
        yield fine(AREA, f"{chosen.name} is on; {chosen.connected} units are connected to it.")
    yield from _bus(root, chosen, links)


def _rfkill(root: Path) -> Iterator[Finding]:
    for switch, how in blocks(root):
        if how == "hard":
            yield error(
                AREA, "rfkill_hard", f"{switch}: Bluetooth is off by a switch of the machine.", "Turn the switch."
            )
        else:
            text = f"{switch}: Bluetooth is blocked by software."
            yield error(AREA, "rfkill_soft", text, "sudo rfkill unblock bluetooth")


def _bus(root: Path, adapter: Adapter, links: int) -> Iterator[Finding]:
    usb = on_usb(root, adapter.name)
    if usb is None:
        yield unknown(AREA, f"{adapter.name}: how it is attached is not to be seen from here.")
        return
    yield fine(AREA, f"{adapter.name} is {'on USB' if usb else 'built in (UART)'}.")
    most = USB_LINKS if usb else BUILT_IN_LINKS
    if links > most:
        text = f"{links} units need a link, and {most} are what such an adapter usually holds."
        yield warning(AREA, "out_of_slots", text, "Add a USB adapter, or a second gateway.")
    if not usb and any(_up(interface) for interface in (root / "sys/class/net").glob("wlan*")):
        text = "Wi-Fi is on, and shares chip and antenna with the built-in Bluetooth."
        yield warning(AREA, "shared_antenna", text, "Use a cable, Wi-Fi on 5 GHz, or a USB adapter for Bluetooth.")


def _up(interface: Path) -> bool:
    try:
        return (interface / "operstate").read_text(encoding="ascii").strip() == "up"
    except OSError:
        return False
