"""From nothing to a verdict: an empty environment, this tree as a wheel, the example project, its test.

Dependencies come from wherever pip is configured to get them, so the first number is mostly the network's; the others are ours.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "docs" / "examples" / "clinic-app"
DEADLINE_S = 600
AIM_S = 60


async def run() -> None:
    """Print the times; raise where the example fails."""
    with tempfile.TemporaryDirectory(prefix="ptdevice-clean-ci-") as name:
        folder = Path(name)
        shutil.copytree(EXAMPLE, folder / "app", ignore=shutil.ignore_patterns("__pycache__", ".*", "reports"))
        build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", name, str(ROOT)]
        await _step("building the wheel (not part of a user's CI)", build, folder)
        wheel = _only(folder, "*.whl")
        python = str(folder / "venv" / "bin" / "python")
        install_s = await _step(
            "an empty virtual environment", [sys.executable, "-m", "venv", str(folder / "venv")], folder
        )
        wanted = [f"ptdevice[sim] @ {wheel.as_uri()}", "pytest"]
        install_s += await _step(
            "pip install 'ptdevice[sim]' pytest",
            [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir", *wanted],
            folder,
        )
        first_s = await _step("pytest, for the first time", [python, "-m", "pytest", "-q"], folder / "app")
        again_s = await _step("pytest, again", [python, "-m", "pytest", "-q"], folder / "app")
        verb = [str(folder / "venv" / "bin" / "ptdevice-sim"), "run", "evening.toml", "-q", "--expect", "evening.jsonl"]
        verb_s = await _step("ptdevice-sim run evening.toml --expect evening.jsonl", verb, folder / "app")
        print()
        print(f"venv and install      {install_s:6.1f} s  ({_size(folder / 'venv') / 1e6:.0f} MB)")
        print(f"the test              {first_s:6.1f} s  (once more {again_s:.1f} s; without Python {verb_s:.1f} s)")
        total_s = install_s + first_s
        print(
            f"from nothing to verdict{total_s:5.1f} s  (aim: under {AIM_S} s: {'met' if total_s < AIM_S else 'MISSED'})"
        )


def _only(folder: Path, pattern: str) -> Path:
    (found,) = folder.glob(pattern)
    return found


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


async def _step(what: str, command: list[str], folder: Path) -> float:
    """Run one command; the seconds it took. Raises RuntimeError with its output where it fails."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL_ENV"))
    }
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    took_s = time.monotonic() - began
    if process.returncode != 0:
        raise RuntimeError(f"{what} ended with {process.returncode}:\n{out.decode()}")
    print(f"{took_s:6.1f} s  {what}", flush=True)
    return took_s


if __name__ == "__main__":
    asyncio.run(run())
