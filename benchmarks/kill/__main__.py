"""`python -m benchmarks.kill`: see the package."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

from benchmarks.kill import report, whole
from benchmarks.kill.trial import CASES, UNITS, Fall, trial

Trial = Callable[[str, Path, Sequence[str], random.Random], Coroutine[None, None, list[Fall]]]


async def deaths(
    die: Trial, cases: list[str], devices: list[str], times: int, into: Path | None, seed: int
) -> list[Fall]:
    rng = random.Random(seed)  # noqa: S311 - when it dies, reproducibly
    falls = []
    for case in cases:
        for number in range(times):
            with tempfile.TemporaryDirectory(prefix="ptdevice-kill-") as folder:
                fell = await die(case, Path(folder), devices, rng)
            falls += fell
            if into is not None:
                report.save(into, fell)
            sys.stderr.write(f"\r{case} {number + 1}/{times} ")
            sys.stderr.flush()
    sys.stderr.write("\n")
    return falls


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill", description="Does it stop?")
    parser.add_argument("--device", choices=list(UNITS), action="append", help="may be repeated [all, at once]")
    parser.add_argument("--case", choices=sorted({*CASES, *whole.CASES}), action="append", help="may be repeated [all]")
    parser.add_argument("--times", type=int, default=3, help="deaths per case [3]")
    parser.add_argument("--into", metavar="FILE", type=Path, help="add what was seen to this file, for --table")
    parser.add_argument("--table", metavar="FILE", type=Path, nargs="+", help="run nothing: tell what these files have")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="the whole daemon, armed and held over MQTT")
    asked = parser.parse_args()
    began = time.monotonic()
    die, cases, units = (whole.trial, whole.CASES, whole.COMMANDABLE) if asked.whole else (trial, CASES, UNITS)
    falls = (
        report.load(asked.table)
        if asked.table
        else asyncio.run(
            deaths(die, asked.case or list(cases), asked.device or list(units), asked.times, asked.into, asked.seed)
        )
    )
    for line in (*report.table(falls), "", *report.summary(falls), "", *report.unstoppable(falls)):
        print(line)
    print(f"\n({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
