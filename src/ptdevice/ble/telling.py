"""What is said of a unit that is not heard, and of several that fit alike: without names, which their owners chose.

Addresses are in it, and hidden wherever it goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector


def absent(profile: Profile, selector: Selector, seconds: float) -> str:
    """Of one that was not heard for so long."""
    named = "a unit of the configured `name`" if selector.name is not None else f"any {profile.title}"
    which = selector.address or named
    return (
        f"no advertisement of {which} in {seconds:g} s: "
        "it is off, out of reach, or connected to another host (a phone app?)"
    )


def several(profile: Profile, found: Collection[str]) -> str:
    """Of units that fit alike."""
    which = ", ".join(sorted(found))
    return f"{len(found)} units fit {profile.title}: {which}; give the unit an `address` in the configuration"
