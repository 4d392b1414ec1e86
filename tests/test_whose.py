"""On whose behalf a task runs."""

from __future__ import annotations

import asyncio

import pytest

from ptdevice.whose import unit


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("unit chest", "chest"),
        ("commander chest", "chest"),
        ("recorder", None),
        ("unit", None),
        ("home assistant", None),
    ],
)
async def test_it_is_the_unit_of_its_name(name: str, alias: str | None) -> None:
    async def ask() -> str | None:
        return unit()

    assert await asyncio.create_task(ask(), name=name) == alias


def test_without_a_loop_it_is_nobodys() -> None:
    assert unit() is None
