"""`ptdevice devices`: what this version knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from ptdevice.devices.device import Profile
    from ptdevice.verbs.record import Verbs


def add(verbs: Verbs, loudness: argparse.ArgumentParser) -> None:  # noqa: ARG001 - it has nothing to say but the answer
    """The verb."""
    verbs.add_parser("devices", help="list the devices this version knows").set_defaults(carry_out=_list)


def _list(options: argparse.Namespace, environ: Mapping[str, str]) -> int:  # noqa: ARG001 - as every verb
    from ptdevice.devices import CATALOGUE  # noqa: PLC0415

    width = max(map(len, CATALOGUE))
    for profile in CATALOGUE.values():
        kinds = " and ".join(sorted(profile.kinds))
        print(f"{profile.name:<{width}} {profile.title}  ({kinds}{_observed(profile)})")
    return 0


def _observed(profile: Profile) -> str:
    from ptdevice.devices.device import Kind  # noqa: PLC0415

    if Kind.STIMULATOR not in profile.kinds:
        return ""
    return ", observed only" if profile.commanding is None else ", observed unless its configuration says more"
