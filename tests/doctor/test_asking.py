"""Programs of the host that are asked."""

from __future__ import annotations

import asyncio

from ptdevice.doctor import asking


async def test_what_a_program_says_is_taken() -> None:
    assert await asking.ask("sh", "-c", "echo $LC_ALL; cat") == "C\n"


async def test_one_that_is_missing_says_nothing() -> None:
    assert await asking.ask("no-such-program") is None


async def test_one_that_fails_says_nothing() -> None:
    assert await asking.ask("sh", "-c", "echo half; exit 3") is None


async def test_one_that_hangs_is_ended() -> None:
    async with asyncio.timeout(asking.ANSWER_S + 20):
        assert await asking.ask("sh", "-c", "exec sleep 600") is None


async def test_one_that_says_too_much_is_cut() -> None:
    said = await asking.ask("sh", "-c", "head -c 100000 /dev/zero")
    assert said is not None
    assert len(said) == asking.LONGEST
