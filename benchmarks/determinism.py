"""One scenario, many processes, several Pythons: how many different logs? There should be one.

Each run is a process of its own with a hash seed of its own. Other Pythons than this one are looked for on the PATH, or named
in PYTHONS (paths, separated by spaces); each gets a virtual environment with the pinned requirements, in a temporary folder.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = {"bad_radio_day": 100, "daemon_killed": 20, "disk_full": 20, "two_patients": 20, "first_appointment": 20}
AT_ONCE = os.cpu_count() or 1
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
DIGEST = """\
import sys
from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.loading import find, load
from ptdevice_sim.clinic.log import digest
print(digest(run_scenario(load(find(sys.argv[1]))).said))
"""


async def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for part in ("src", "simulators"):  # as it is now: whoever edits it meanwhile does not disturb
            shutil.copytree(ROOT / part, Path(folder) / part)
        path = f"{folder}/src:{folder}/simulators"
        pythons = {version_of(sys.executable): sys.executable}
        for name in os.environ.get("PYTHONS", "").split() or [f"python{version}" for version in VERSIONS]:
            found = shutil.which(name)
            version = version_of(found) if found else ""
            if found and version and version not in pythons:
                pythons[version] = environment(found, Path(folder) / version)
        print(f"Python {', '.join(pythons)}; {AT_ONCE} runs at a time, each with a hash seed of its own\n")
        print("| scenario | runs | different logs | s per run | digest |\n|---|---|---|---|---|")
        for scenario, runs in RUNS.items():
            began = time.monotonic()
            digests = await played(scenario, runs, list(pythons.values()), path)
            seconds = (time.monotonic() - began) * AT_ONCE / runs
            commonest = digests.most_common(1)[0][0][:16]
            print(f"| {scenario} | {runs} | {len(digests)} | {seconds:.1f} | `{commonest}` |", flush=True)
            if len(digests) != 1:
                raise SystemExit(f"{scenario}: {dict(digests)}")


async def played(scenario: str, runs: int, pythons: list[str], path: str) -> Counter[str]:
    """How often which digest came out."""
    places = asyncio.Semaphore(AT_ONCE)
    rng = random.SystemRandom()

    async def once(python: str) -> str:
        async with places:
            process = await asyncio.create_subprocess_exec(
                python, "-c", DIGEST, scenario,
                env={**os.environ, "PYTHONHASHSEED": str(rng.randrange(2**32)), "PYTHONPATH": path},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # the daemon's warnings: they are what is played
            )  # fmt: skip
            said, _ = await process.communicate()
            if process.returncode:
                raise SystemExit(f"{python}: {scenario} could not be played")
            return said.decode().strip()

    return Counter(await asyncio.gather(*(once(pythons[i % len(pythons)]) for i in range(runs))))


def version_of(python: str) -> str:
    """Of an interpreter; empty where it does not run (a shim of a version manager may point nowhere)."""
    told = _run([python, "-c", "import platform; print(platform.python_version())"])
    return told.stdout.strip() if told.returncode == 0 else ""


def environment(python: str, folder: Path) -> str:
    """A virtual environment with what the daemon needs, at the pinned versions."""
    inside = str(folder / "bin/python")
    pip = [inside, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    _run([python, "-m", "venv", str(folder)]).check_returncode()
    _run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/ptdevice.txt")]).check_returncode()
    return inside


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
