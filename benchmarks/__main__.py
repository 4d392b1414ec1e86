"""`make bench`: every number in the README that is about speed, memory and wear. `make bench ARGS="outbox disk"` runs parts.

`--steps` and `--seed` are for `guard`: `python -m benchmarks guard --steps 10000000 --seed 1`.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import time
from importlib import import_module

PARTS = ("gateway", "sensors", "outbox", "disk", "hostile", "clinic", "tapes", "alignment", "guard")
FILES = {"guard": "guard_steps"}
ON_REQUEST = ("clean_ci", "determinism")  # need a network; the first measures it


def main() -> None:
    there_are = PARTS + ON_REQUEST
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {', '.join(there_are)}")
    parser.add_argument("--steps", type=int, default=1_000_000, help="of guard")
    parser.add_argument("--seed", type=int, default=1, help="of guard")
    asked = parser.parse_args()
    unknown = sorted({*asked.parts} - {*there_are})
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join(there_are)}")
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {platform.system()}")
    print("Ratios hold between machines, absolute times do not. On a Raspberry Pi expect several times more.")
    for name in asked.parts or PARTS:
        print(f"\n== {name} ==\n")
        began = time.monotonic()
        run = import_module(f"benchmarks.{FILES.get(name, name)}").run
        asyncio.run(run(asked.steps, asked.seed) if name == "guard" else run())
        print(f"\n({name}: {time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
