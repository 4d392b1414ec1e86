"""Resetting an adapter by way of the kernel's management interface: the extra `recovery`, where it is installed.

It needs CAP_NET_ADMIN, and for a USB device the right to reset it. Loaded when it is needed for the first time, not before.
"""

from __future__ import annotations

import asyncio
import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    Reset = Callable[[str, str], Coroutine[None, None, None]]

LIBRARY = "bluetooth_auto_recovery"


def installed() -> bool:
    """Whether it is."""
    return find_spec(LIBRARY) is not None


async def reset(name: str, address: str) -> None:
    """Reset the adapter: off and on below BlueZ, and on USB the device itself. Raises RadioError."""
    try:
        library = await asyncio.to_thread(importlib.import_module, LIBRARY)
        number = int(name.removeprefix("hci"))
        done = await library.recover_adapter(number, address, True)
    except (ImportError, OSError, ValueError, TimeoutError) as error:
        raise RadioError(f"it could not be reset: {error}") from error
    if not done:
        raise RadioError("it could not be reset")
