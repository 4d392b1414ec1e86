"""`python -m benchmarks.soak --hours 2 --seed 1 --folder /var/tmp/soak`: see the package."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from benchmarks.soak.house import House
from benchmarks.soak.report import page, verdict
from benchmarks.soak.soak import PEACE_S, Soak

SHORTEST_S = 2 * PEACE_S + 60.0


async def run(folder: Path, *, hours: float, seed: int, kill_daemon: bool) -> bool:
    """Run it, print the report, write it into the folder; whether all went well."""
    duration_s = max(hours * 3600, SHORTEST_S)
    with (folder / "soak.jsonl").open("a") as log:
        async with House(folder, seed, duration_s) as house:
            findings = await Soak(house, log, seed=seed, kill_daemon=kill_daemon).run(duration_s)
    text = "\n".join(page(findings))
    (folder / "report.txt").write_text(text + "\n")
    print(text, flush=True)
    return not verdict(findings)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=2.0, help="default 2; not shorter than three minutes")
    parser.add_argument("--seed", type=int, default=1, help="of the faults, and of what people do (default 1)")
    parser.add_argument("--kill-daemon", action="store_true", help="the daemon is among those that are killed")
    parser.add_argument("--folder", type=Path, help="for journal, logs and report; default: a new one in /var/tmp")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(dir="/var/tmp", prefix="ptdevice-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    print(
        f"{asked.hours:g} h with seed {asked.seed} in {folder}: soak.jsonl grows, report.txt comes at the end",
        flush=True,
    )
    good = asyncio.run(run(folder, hours=asked.hours, seed=asked.seed, kill_daemon=asked.kill_daemon))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
