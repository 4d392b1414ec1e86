"""A loop that stands still ends the process, in real time and in a process of its own; the judgement itself needs neither."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from ptdevice.stalls import STALL_S, STALLED, Watch


def test_s20_a_loop_counts_as_stalled_after_two_seconds_and_not_before() -> None:
    assert STALL_S == 2.0
    now = [100.0]
    watch = Watch(lambda: None, now=lambda: now[0])
    watch.beat()
    now[0] = 102.0
    assert not watch.look()
    now[0] = 102.1
    assert watch.look()
    watch.beat()
    assert not watch.look()


def program(body: str) -> subprocess.CompletedProcess[str]:
    code = f"""
import asyncio, time
from ptdevice.stalls import watched

async def main():
    async with watched():
{textwrap.indent(textwrap.dedent(body), " " * 8)}
    print("ended by itself")

try:
    asyncio.run(main())
finally:
    print("cleaned up")
"""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own program


def test_s20_a_stalled_loop_ends_the_process_without_any_clean_up() -> None:
    done = program("time.sleep(30)")
    assert done.returncode == STALLED
    assert done.stdout == ""


def test_s20_a_loop_that_lives_is_left_alone() -> None:
    done = program("await asyncio.sleep(0.6)")
    assert (done.returncode, done.stdout) == (0, "ended by itself\ncleaned up\n")
