"""What `ptdevice scan` says about the advertisements it heard: which device each one is, and if none, why not. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.devices.device import Advertisement, Profile

    Heard = tuple[str, Advertisement, int | None]  # address, advertisement, signal strength in dBm

NOTHING = """\
Nothing was heard. Check that the units are switched on and not connected to a phone (a connected unit does not advertise),
and that Bluetooth is on: `bluetoothctl show` should say "Powered: yes", `rfkill list bluetooth` should say "blocked: no"."""


def report(heard: Sequence[Heard]) -> str:
    """A table, strongest first as given, and the lines to add for what is known."""
    if not heard:
        return NOTHING
    rows = [("address", "dBm", "name", "device")]
    known: list[tuple[str, Profile]] = []
    for address, said, rssi in heard:
        profile = fitting(said)
        if profile is not None:
            known.append((address, profile))
        rows.append(
            (
                address,
                "?" if rssi is None else str(rssi),
                printable(said.name),
                profile.name if profile else why_not(said),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows
    ]
    return "\n".join([*lines, "", *advice(known)])


def fitting(said: Advertisement) -> Profile | None:
    """The device that this advertisement is of."""
    return next((profile for profile in CATALOGUE.values() if profile.matches(said)), None)


def why_not(said: Advertisement) -> str:
    """Why no device of the catalogue fits."""
    if not said.name:
        return "- (it tells no name)"
    return "- (no known device has this name)"


def advice(known: Sequence[tuple[str, Profile]]) -> list[str]:
    """What to write into the configuration."""
    if not known:
        return ["None of these is a device this version knows; `ptdevice devices` lists those it does."]
    lines = ["To use them, add to the configuration (choose your own aliases):"]
    seen: dict[str, int] = {}
    for address, profile in known:
        seen[profile.name] = seen.get(profile.name, 0) + 1
        alias = f"{profile.name}-{seen[profile.name]}"
        lines += ["", f"[units.{alias}]", f'device = "{profile.name}"', f'address = "{address}"']
    return lines


def printable(name: str | None) -> str:
    """A name that cannot do anything to a terminal. Some units pad theirs with NULs."""
    text = (name or "").rstrip("\0")
    return "".join(character if character.isprintable() else "?" for character in text)
