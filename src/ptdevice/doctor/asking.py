"""Programs of the host that are asked: each may be missing, refuse, or hang, and then it has said nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable

Ask = Callable[..., Awaitable[str | None]]

ANSWER_S = 4.0
LONGEST = 65_536  # characters of an answer


async def ask(*command: str) -> str | None:
    """What the program prints, in the language of programs; None where it says nothing that can be relied on."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError:
        return None
    try:
        async with asyncio.timeout(ANSWER_S):
            said, _ = await process.communicate()
    except TimeoutError:
        return None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return said.decode("utf-8", "replace")[:LONGEST] if process.returncode == 0 else None
