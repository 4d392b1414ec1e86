"""`make bench`: every number in the README that is about speed, memory and wear. `make bench ARGS="outbox disk"` runs parts."""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from importlib import import_module

PARTS = ("gateway", "sensors", "outbox", "disk", "clinic", "tapes", "alignment")
ON_REQUEST = ("clean_ci", "determinism")  # need a network; the first measures it


def main(wanted: list[str]) -> None:
    unknown = sorted(set(wanted) - {*PARTS, *ON_REQUEST})
    if unknown:
        raise SystemExit(f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS + ON_REQUEST)}")
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, {platform.system()}")
    print("Ratios hold between machines, absolute times do not. On a Raspberry Pi expect several times more.")
    for name in wanted or PARTS:
        print(f"\n== {name} ==\n")
        began = time.monotonic()
        asyncio.run(import_module(f"benchmarks.{name}").run())
        print(f"\n({name}: {time.monotonic() - began:.0f} s)")


if __name__ == "__main__":
    main(sys.argv[1:])
