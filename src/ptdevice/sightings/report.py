"""What `ptdevice scan` says, for people and for programs. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ptdevice.sightings.strangers import fitting, why_not
from ptdevice.sightings.units import State, units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ptdevice.devices.device import Profile
    from ptdevice.sightings.seen import Connected, Heard, Tried
    from ptdevice.sightings.strangers import NameOf

NOTHING = """\
Nothing was heard. Check that the units are switched on and not connected to a phone (a connected unit does not advertise),
and that Bluetooth is on: `bluetoothctl show` should say "Powered: yes", `rfkill list bluetooth` should say "blocked: no"."""


@dataclass(frozen=True, slots=True)
class Scan:
    """Everything that was found. `wanted` are the units of the configuration, if there is one."""

    heard: Sequence[Heard]
    connected: Sequence[Connected] = ()
    wanted: Mapping[str, Profile] | None = None
    tried: Sequence[Tried] = ()


def text(scan: Scan, name_of: NameOf) -> str:
    """For a terminal: strongest first as given, then what is not in the table, then the lines to add."""
    lines = _table(scan.heard, name_of) if scan.heard else [NOTHING]
    if scan.connected:
        lines += ["", "Connected to this host (by ptdevice or another program), and so not advertising:"]
        lines += [f"  {each.address}  {printable(each.name)}{_ours(each.aliases)}" for each in scan.connected]
    if scan.tried:
        lines += ["", "Connected to for a moment, and let go:"]
        lines += [f"  {each.address}  {each.device}: {each.text} [{each.code}]" for each in scan.tried]
    if scan.wanted is not None:
        ours = units(scan.wanted, scan.heard, scan.connected)
        there = sum(each.state in {State.HEARD, State.CONNECTED} for each in ours)
        lines += ["", f"Of {len(ours)} configured units, {there} {'is' if there == 1 else 'are'} there."]
        lines += [f"  {each.alias} ({each.device}): {each.why}" for each in ours if each.why is not None]
    new = [(each.address, profile) for each in scan.heard if not each.aliases and (profile := fitting(each.said))]
    if scan.heard and (new or scan.wanted is None):
        lines += ["", *_advice(new)]
    return "\n".join(lines)


def machine(scan: Scan, name_of: NameOf) -> str:
    """JSON: an object with `heard`, `connected`, `tried`, and with a configuration `units`."""
    found: dict[str, Any] = {
        "heard": [_as_json(each, name_of) for each in scan.heard],
        "connected": [asdict(each) for each in scan.connected],
        "tried": [asdict(each) for each in scan.tried],
    }
    if scan.wanted is not None:
        found["units"] = [asdict(each) for each in units(scan.wanted, scan.heard, scan.connected)]
    return json.dumps(found, indent=1)


def printable(name: str | None) -> str:
    """A name that cannot do anything to a terminal. Some units pad theirs with NULs."""
    shown = (name or "").rstrip("\0")
    return "".join(character if character.isprintable() else "?" for character in shown)


# --- inside ---


def _table(heard: Sequence[Heard], name_of: NameOf) -> list[str]:
    rows = [("address", "dBm", "name", "device")]
    for each in heard:
        profile = fitting(each.said)
        what = profile.name if profile else f"- ({printable(why_not(each.said, name_of))})"
        strength = "?" if each.rssi_dbm is None else str(each.rssi_dbm)
        rows.append((each.address, strength, printable(each.said.name), what + _ours(each.aliases)))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return ["  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]) for row in rows]


def _ours(aliases: Sequence[str]) -> str:
    return f"  = {', '.join(aliases)}" if aliases else ""


def _as_json(each: Heard, name_of: NameOf) -> dict[str, Any]:
    profile, said = fitting(each.said), each.said
    return {
        "address": each.address,
        "name": printable(said.name) or None,
        "rssi_dbm": each.rssi_dbm,
        "device": profile.name if profile else None,
        "why_not": None if profile else why_not(said, name_of),
        "aliases": list(each.aliases),
        "services": {uuid: name_of(uuid) for uuid in sorted(said.service_uuids | said.service_data.keys())},
        "companies": sorted(said.manufacturer_data),
    }


def _advice(known: Sequence[tuple[str, Profile]]) -> list[str]:
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
