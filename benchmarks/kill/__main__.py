"""`python -m benchmarks.kill`: see the package."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.kill import report
from benchmarks.kill.trial import CASES, UNITS, Fall, trial


async def deaths(cases: list[str], devices: list[str], times: int, into: Path | None, seed: int) -> list[Fall]:
    rng = random.Random(seed)  # noqa: S311 - when it dies, reproducibly
    falls = []
    for case in cases:
        for number in range(times):
            with tempfile.TemporaryDirectory(prefix="ptdevice-kill-") as folder:
                fell = await trial(case, Path(folder), devices, rng)
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
    parser.add_argument("--case", choices=list(CASES), action="append", help="may be repeated [all]")
    parser.add_argument("--times", type=int, default=3, help="deaths per case [3]")
    parser.add_argument("--into", metavar="FILE", type=Path, help="add what was seen to this file, for --table")
    parser.add_argument("--table", metavar="FILE", type=Path, nargs="+", help="run nothing: tell what these files have")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    falls = (
        report.load(asked.table)
        if asked.table
        else asyncio.run(
            deaths(asked.case or list(CASES), asked.device or list(UNITS), asked.times, asked.into, asked.seed)
        )
    )
    for line in (*report.table(falls), "", *report.unstoppable(falls)):
        print(line)
    print(f"\n({time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
