"""Every case some times, and the table."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.recovery.cases import ALL, CASES
from benchmarks.recovery.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PATIENCE_S = 180.0
CALM_S = 5.0  # between all being well and the next case

Trial = tuple[str, float | None]


def table(trials: Sequence[Trial]) -> Iterator[str]:
    """By case: how often, median and longest."""
    yield f"| case | what happens | times | median s | longest s | not back in {PATIENCE_S:.0f} s |"
    yield "|---|---|---|---|---|---|"
    for name, case in CASES.items():
        took = [seconds for each, seconds in trials if each == name]
        known = [seconds for seconds in took if seconds is not None]
        if took:
            figures = f"{median(known):.1f} | {max(known):.1f}" if known else "- | -"
            yield f"| {name} | {case.__doc__} | {len(took)} | {figures} | {len(took) - len(known)} |"


async def measured(name: str, times: int, log: Path | None) -> list[Trial]:
    """One case so many times in one life of everything; a daemon that was not back is started anew."""
    trials: list[Trial] = []
    with tempfile.TemporaryDirectory(dir="/var/tmp", prefix="ptdevice-recovery-") as folder:
        async with Scene(Path(folder)) as scene:
            assert await scene.back(ALL, time.time(), PATIENCE_S) is not None, "the units were not there to begin with"
            for _ in range(times):
                await asyncio.sleep(CALM_S)
                since, aliases = await CASES[name](scene)
                took = await scene.back(aliases, since, PATIENCE_S)
                trials.append((name, took))
                print(f"{name}: {'not back' if took is None else f'{took:.1f} s'}", flush=True)
                if log is not None:
                    with log.open("a") as lines:
                        lines.write(json.dumps([name, took]) + "\n")
                scene.mend()
                if await scene.back(ALL, time.time(), PATIENCE_S) is None:
                    print(f"{name}: not even without the cause; the daemon was given up")
                    break
    return trials


async def main(*arguments: str) -> None:
    """See the package."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks recovery")
    parser.add_argument("--case", choices=sorted(CASES), action="append", help="may be repeated (default: all)")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--log", type=Path, help="a file to which each trial appends a line")
    parser.add_argument("--table", type=Path, nargs="+", help="run nothing: tell what these files have")
    asked = parser.parse_args(arguments)
    trials: list[Trial] = []
    if asked.table:
        trials = [(name, took) for path in asked.table for name, took in map(json.loads, path.read_text().splitlines())]
    else:
        for name in asked.case or CASES:
            trials += await measured(name, asked.times, asked.log)
    print()
    for line in table(trials):
        print(line)
