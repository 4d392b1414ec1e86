"""The Bluetooth of this host: what BlueZ says of its adapters, what switches them off, and what stands in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.capacity import CSR, CSR_LINKS, device_fact, usb_fact, usb_id, usual_links
from ptdevice.ble.kernel import blocks, on_usb
from ptdevice.doctor.finding import error, fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ptdevice.ble.adapters import Adapter
from ptdevice.doctor.finding import Finding

AREA = "bluetooth"


def examine(root: Path, adapters: Sequence[Adapter], wanted: Sequence[str], links: int) -> Iterator[Finding]:
    """`wanted` are the adapters of the configuration (none: the first), `links` are the units that need one."""
    yield from rfkill(root)
    if not adapters:
        yield error(
            AREA,
            "no_adapter",
            "BlueZ knows no Bluetooth adapter.",
            "Plug one in, or enable the built-in one.",
        )
        return
    there = {each.name for each in adapters}
    for name in wanted:
        if name not in there:
            text = f"There is no {name}; BlueZ knows {', '.join(sorted(there))}."
            yield error(AREA, "other_adapter", text, "Mend bluetooth.adapter.")
    used = [each for each in adapters if each.name in wanted] if wanted else list(adapters[:1])
    for each in used:
        if not each.powered:
            fix = "bluetoothctl power on; and AutoEnable=true in /etc/bluetooth/main.conf."
            yield error(AREA, "adapter_off", f"{each.name} is switched off.", fix)
        else:
            address = f" ({each.address})" if each.address is not None else ""
            yield fine(AREA, f"{each.name}{address} is on; {each.connected} units are connected to it.")
        yield _attached(root, each.name)
    most = [usual_links(root, each.name) for each in used]
    known = sum(each for each in most if each is not None)
    if used and None not in most and links > known:
        text = f"{links} units need a link, and {known} are what such an adapter usually holds."
        yield warning(AREA, "out_of_slots", text, "Add a USB adapter, or a second gateway.")


def rfkill(root: Path) -> Iterator[Finding]:
    """What blocks Bluetooth on this host."""
    for switch, how in blocks(root):
        if how == "hard":
            yield error(
                AREA, "rfkill_hard", f"{switch}: Bluetooth is off by a switch of the machine.", "Turn the switch."
            )
        else:
            text = f"{switch}: Bluetooth is blocked by software."
            yield error(AREA, "rfkill_soft", text, "sudo rfkill unblock bluetooth")


def _attached(root: Path, name: str) -> Finding:
    match on_usb(root, name):
        case None:
            return unknown(AREA, f"{name}: how it is attached is not to be seen from here.")
        case False:
            chip = device_fact(root, name, "of_node/compatible").split("\0")[0]
            return fine(AREA, f"{name} is built in (UART){f', a {chip}' if chip else ''}.")
    maker = " ".join(filter(None, (usb_fact(root, name, each) for each in ("manufacturer", "product"))))
    text = f"{name} is on USB: {maker or 'it tells no maker'} ({usb_id(root, name)})."
    if usb_id(root, name) == CSR:
        more = f"{text} Copies of that chip are common, and are reported to hold {CSR_LINKS} links."
        return warning(AREA, "adapter_csr", more, "For more units, use an adapter with another chip.")
    return fine(AREA, text)
