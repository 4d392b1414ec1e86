"""What the radio's tests share."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from tests.ble.profiles import bench_profile
from tests.simulators.carriers.bench import BenchUnit

from ptdevice.errors import LinkError
from ptdevice.link import Selector

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.ble.radio import Radio

BENCH = bench_profile()
PROMPT_S = 10.0  # far below the 30 s of a scan that finds nothing, far above what a busy machine needs


def unit_number(number: int) -> BenchUnit:
    return BenchUnit(f"C0:DE:00:00:00:{number:02X}")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - it counts, and opens nothing that stays


@asynccontextmanager
async def promptly() -> AsyncIterator[None]:
    async with asyncio.timeout(PROMPT_S):
        yield


async def lost(radio: Radio, unit: BenchUnit) -> LinkError:
    """Open a link and listen until it ends, or does not come about; tell how."""
    try:
        async with radio.open(BENCH, Selector(unit.address)) as link:
            while True:
                await link.receive()
    except LinkError as error:
        return error
