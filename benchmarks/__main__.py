"""`make bench`: every number in the README that is about speed, memory and wear. `make bench ARGS="outbox disk"` runs parts.

`--steps` and `--seed` are for `guard` (`python -m benchmarks guard --steps 10000000`); `delivery` and `recovery` have more.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import time
from importlib import import_module

PARTS = (
    "start",
    "gateway",
    "load",
    "sensors",
    "outbox",
    "outage",
    "disk",
    "hostile",
    "clinic",
    "tapes",
    "alignment",
    "guard",
    "stop",
)
FILES = {"guard": "guard_steps", "stop": "stop_latency"}
ON_REQUEST = ("clean_ci", "determinism", "delivery", "kill", "recovery")  # two need a network, three take half an hour
OPTIONS = ("delivery", "recovery")  # parts that have a command line of their own


def main() -> None:
    there_are = PARTS + ON_REQUEST
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"some of {', '.join(there_are)}")
    parser.add_argument("--steps", type=int, default=1_000_000, help="of guard")
    parser.add_argument("--seed", type=int, default=1, help="of guard and delivery")
    asked, others = parser.parse_known_args()
    if others and asked.parts not in [[name] for name in OPTIONS]:
        parser.error(f"unknown: {' '.join(others)}")
    unknown = sorted({*asked.parts} - {*there_are})
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join(there_are)}")
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {platform.system()}")
    print("Ratios hold between machines, absolute times do not. On a Raspberry Pi expect several times more.")
    for name in asked.parts or PARTS:
        print(f"\n== {name} ==\n")
        began = time.monotonic()
        run = import_module(f"benchmarks.{FILES.get(name, name)}").run
        options = {
            "guard": (asked.steps, asked.seed),
            "delivery": ("--seed", str(asked.seed), *others),
            "recovery": (*others,),
        }
        asyncio.run(run(*options.get(name, ())))
        print(f"\n({name}: {time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main()
