"""What a commanded unit hears, and in which order: stop first, stop last, and stop before everything that waits. Virtual time.

The codec and the link are scripted; the guard's part is played, so what is admitted here was admitted by nobody.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.scripted import GOOD, LOST, QUERY, Script, ScriptedLink, Watched, Words, in_virtual_time, profile

from ptdevice.devices.device import Commanding, Kind, Profile
from ptdevice.errors import LinkError
from ptdevice.link import Write
from ptdevice.model.command import Admitted, Wish

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.connection import Commands

STOP, LIMITS = Write("told", b"stop"), Write("told", b"limits")


class Orders(Words):
    """A codec that says a level in so many pieces as there are in `pieces`."""

    pieces = 1

    def encode(self, admitted: Admitted, now: float) -> Sequence[Write]:
        return [Write("told", b"set %d %d" % (admitted.wish.level, n)) for n in range(self.pieces)]


class Hundred(Orders):
    pieces = 100


class SlowLink(ScriptedLink):
    """Each write takes a second. `told` are those that were begun, with the moment."""

    write_s = 1.0

    def __init__(self, *script: tuple[float, bytes | Exception]) -> None:
        super().__init__(*script)
        self.told: list[tuple[float, Write]] = []

    async def write(self, write: Write) -> None:
        self.told.append((asyncio.get_running_loop().time(), write))
        await asyncio.sleep(self.write_s)
        await super().write(write)


class BrokenLink(ScriptedLink):
    """Nothing can be written."""

    async def write(self, write: Write) -> None:
        await super().write(write)
        raise LinkError("no", "gatt_failed")


def commanded(codec: type[Orders] = Orders, *, refresh_s: float = 0.5) -> Profile:
    facts = Commanding(
        stop=(STOP,),
        deadman_s=5.0,
        timer_s=None,
        readback=True,
        local_stop=True,
        local_key=True,
        refresh_s=refresh_s,
        proven=True,
    )
    return replace(profile(kind=Kind.STIMULATOR, codec=codec), commanding=facts)


def always(level: int, hold_s: float = 5.0) -> Commands:
    return lambda now: [Admitted(Wish(level), now, now + hold_s)]


def nothing(now: float) -> Sequence[Admitted]:
    return []


def watched(*links: ScriptedLink, unit: Profile | None = None, commands: Commands = nothing) -> Watched:
    return Watched(Script([*links]).open, unit or commanded(), commands=commands)


@in_virtual_time
async def test_stop_is_the_first_thing_that_a_commanded_unit_hears_on_a_link_and_the_last() -> None:
    link = ScriptedLink((1.0, GOOD))
    unit = watched(link, unit=commanded(lambda: Orders([QUERY])))  # type: ignore[arg-type]  # a codec with a question
    await unit.live(3.0)
    assert link.writes == [STOP, QUERY, STOP]


@in_virtual_time
async def test_after_a_reconnect_stop_comes_before_anything_else() -> None:
    links = ScriptedLink((1.0, GOOD), (2.0, LOST)), ScriptedLink((1.0, GOOD))
    await watched(*links, unit=commanded(lambda: Orders([QUERY])), commands=always(3)).live(6.0)  # type: ignore[arg-type]
    assert links[1].writes[:3] == [STOP, QUERY, Write("told", b"set 3 0")]


@in_virtual_time
async def test_what_is_admitted_is_told_each_time_that_it_is_due() -> None:
    link = ScriptedLink()
    await watched(link, commands=always(3)).live(2.2)
    assert link.writes == [STOP, *[Write("told", b"set 3 0")] * 5, STOP]


@in_virtual_time
async def test_a_bug_in_what_listens_ends_with_a_stop_before_it_is_told_to_anybody() -> None:
    link = ScriptedLink((1.0, b"bug"))
    unit = watched(link)
    await unit.live(2.0)
    assert link.writes == [STOP, STOP]
    assert unit.reach == [("offline", "internal_error")]


@in_virtual_time
async def test_a_bug_in_an_encoder_ends_with_a_stop() -> None:
    def bug(now: float) -> Sequence[Admitted]:
        raise ZeroDivisionError

    link = ScriptedLink()
    await watched(link, commands=bug).live(1.0)
    assert link.writes == [STOP, STOP]


@in_virtual_time
async def test_cancelled_twice_while_it_says_its_last_stop_it_still_says_it() -> None:
    link = SlowLink()
    running = asyncio.create_task(watched(link).connection.run())
    await asyncio.sleep(2.0)
    running.cancel()
    await asyncio.sleep(0.5)
    running.cancel()
    await asyncio.wait({running})
    assert link.writes == [STOP, STOP]
    assert link.closed


@in_virtual_time
async def test_a_stop_goes_before_a_hundred_writes_that_wait_and_makes_them_void() -> None:
    link = SlowLink()
    once = [Admitted(Wish(7), 0.0, 1000.0)]
    unit = watched(link, unit=commanded(Hundred), commands=lambda _: [once.pop()] if once else [])
    running = asyncio.create_task(unit.connection.run())
    await asyncio.sleep(3.5)  # the first stop took a second; the third of the hundred is in flight
    assert await unit.connection.halt()
    assert [write for _, write in link.told[1:]] == [*(Write("told", b"set 7 %d" % n) for n in range(3)), STOP]
    assert link.told[-1][0] == 4.0  # when the one in flight was done
    await asyncio.sleep(6.0)
    assert len(link.told) == 5
    running.cancel()
    await asyncio.wait({running})


@in_virtual_time
async def test_what_was_admitted_until_a_moment_is_not_sent_after_it() -> None:
    link = SlowLink()
    once = [Admitted(Wish(7), 0.0, 3.5)]
    await watched(link, unit=commanded(Hundred), commands=lambda _: [once.pop()] if once else []).live(8.0)
    assert [write.data for _, write in link.told] == [b"stop", b"set 7 0", b"set 7 1", b"set 7 2", b"stop"]


@in_virtual_time
async def test_stops_that_wait_together_are_said_once() -> None:
    link = SlowLink()
    unit = watched(link)
    running = asyncio.create_task(unit.connection.run())
    await asyncio.sleep(0.5)  # the first word is being said
    assert all(await asyncio.gather(*(unit.connection.halt() for _ in range(50))))
    assert [at for at, _ in link.told] == [0.0, 1.0]
    assert await unit.connection.halt()  # asked for anew, said anew
    assert [at for at, _ in link.told] == [0.0, 1.0, 2.0]
    running.cancel()
    await asyncio.wait({running})


@in_virtual_time
async def test_a_stop_without_a_link_says_that_nobody_was_told() -> None:
    unit = watched(ScriptedLink())
    assert not await unit.connection.halt()


@in_virtual_time
async def test_a_stop_that_cannot_be_written_says_so_and_raises_nothing() -> None:
    class Refusing(ScriptedLink):
        async def write(self, write: Write) -> None:
            if self.writes:
                raise LinkError("no", "gatt_failed")
            await super().write(write)

    unit = watched(Refusing())
    running = asyncio.create_task(unit.connection.run())
    await asyncio.sleep(1.0)
    assert not await unit.connection.halt()
    running.cancel()
    await asyncio.wait({running})


@in_virtual_time
async def test_an_observed_unit_is_never_told_to_stop() -> None:
    link = ScriptedLink((1.0, GOOD))
    unit = Watched(Script([link]).open, commanded())
    running = asyncio.create_task(unit.connection.run())
    await asyncio.sleep(2.0)
    assert not await unit.connection.halt()
    running.cancel()
    await asyncio.wait({running})
    assert link.writes == []


@in_virtual_time
async def test_a_unit_that_cannot_be_commanded_is_never_told_anything_whatever_is_admitted() -> None:
    link = ScriptedLink((1.0, GOOD))
    await watched(link, unit=profile(kind=Kind.STIMULATOR), commands=always(9)).live(3.0)
    assert link.writes == []


@in_virtual_time
async def test_a_first_stop_that_fails_ends_the_link_and_nothing_else_is_said() -> None:
    link = BrokenLink()
    unit = watched(link, commands=always(3))
    await unit.live(0.4)
    assert link.writes == [STOP, STOP]
    assert unit.reach == [("offline", "gatt_failed")]


@in_virtual_time
async def test_s14_limits_are_written_on_every_link_after_stop_and_before_anything_else() -> None:
    links = ScriptedLink((1.0, GOOD), (2.0, LOST)), ScriptedLink((1.0, GOOD))
    unit = commanded(lambda: Orders([QUERY]))  # type: ignore[arg-type]
    assert unit.commanding is not None
    limited = replace(unit, commanding=replace(unit.commanding, opening=(LIMITS,)))
    await watched(*links, unit=limited, commands=always(3)).live(6.0)
    for link in links:
        assert link.writes[:3] == [STOP, LIMITS, QUERY]
        assert link.writes[-1] == STOP


@pytest.mark.parametrize("refresh_s", [0.1, 0.5])
def test_a_stream_is_told_as_often_as_its_profile_says(refresh_s: float) -> None:
    link = ScriptedLink()

    @in_virtual_time
    async def story() -> None:
        await watched(link, unit=commanded(refresh_s=refresh_s), commands=always(1)).live(1.0 + refresh_s / 2)

    story()
    assert len(link.writes) - 2 == round(1.0 / refresh_s) + 1
