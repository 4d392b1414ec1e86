"""What a unit can be told at all: the part of an objection to a wish that is the same for every stimulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from ptdevice.model.command import Wish

SETTINGS = ("programme", "rate_hz", "pulse_us", "timer_s")


def untellable(
    wish: Wish, level_max: int, *, channels: Collection[str] = (), settings: Collection[str] = ()
) -> str | None:
    """Why a unit of these levels, channels and settings cannot be told this wish, or None. Nothing is left out silently."""
    if not 0 <= wish.level <= level_max:
        return f"level {wish.level} is outside 0-{level_max}"
    if channels and wish.channel not in channels:
        return f"channel must be one of {', '.join(sorted(channels))}"
    if not channels and wish.channel is not None:
        return "the unit has one channel, without a name"
    for name in SETTINGS:
        if name not in settings and getattr(wish, name) is not None:
            return f"the unit cannot be told {name}"
    return None


def insist(objection: Callable[[Wish], str | None], wish: Wish) -> None:
    """Raises RefusedError `not_commandable` where there is an objection."""
    if why := objection(wish):
        raise RefusedError("not_commandable", why)
