"""Boot the emulated machine (scripts/bluez-machine made it), let it play, and compare what it brings back with the recording.

    python -m tests.simulators.carriers.bluez.machine build/bluez [--record] [--deadline SECONDS]

Ends with 0 only where everything in the guest succeeded and the real bluetoothd said what the recording says. A machine that
does not end by itself is ended.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.simulators.carriers.bluez.trace import RECORDED, Trace, diff, recorded

DEADLINE_S = 900.0
HEADER = """\
; What a real bluetoothd says on the bus while the story (story.py) is played: {versions}, {date}.
; Units are simulated, on a virtual radio below the kernel's own Bluetooth (/dev/vhci) in an emulated machine.
; To record it again: make test-bluez ARGS=--record. What the lines mean is in monitor.py.
"""


def boot(machine: Path, project: Path, deadline_s: float) -> Path:
    """Run it to its end. Its folder of results; raises SystemExit where there are none."""
    out = machine / "out"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    shares = {"root": (machine / "root", ",readonly=on"), "project": (project, ",readonly=on")}
    shares |= {"site": (machine / "site", ",readonly=on"), "out": (out, "")}
    command = ["qemu-system-x86_64", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"]
    command += ["-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"]
    command += ["-kernel", str(machine / "vmlinuz"), "-initrd", str(machine / "initrd")]
    command += ["-append", "console=ttyS0 panic=-1 quiet"]
    for tag, (path, mode) in shares.items():
        command += ["-fsdev", f"local,id={tag},path={path},security_model=none{mode}"]
        command += ["-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag}"]
    console = machine / "console.log"
    with console.open("wb") as log:
        try:
            subprocess.run(  # noqa: S603 - of this project's own making
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=deadline_s, check=False
            )
        except subprocess.TimeoutExpired:
            sys.exit(f"the emulated machine did not end within {deadline_s:g} s; {_end_of(console, out / 'said')}")
    code = (out / "rc").read_text().strip() if (out / "rc").exists() else "none: it never got so far"
    if code != "0":
        sys.exit(f"what runs in the emulated machine failed, exit code {code}; {_end_of(console, out / 'said')}")
    return out


def _end_of(*logs: Path) -> str:
    ends = [f"end of {log}:\n{log.read_text(errors='replace')[-4000:]}" for log in logs if log.exists()]
    return "\n".join(ends)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="make test-bluez", description="A real bluetoothd against the simulated units."
    )
    parser.add_argument("machine", type=Path, help="the folder that scripts/bluez-machine made")
    parser.add_argument("--record", action="store_true", help="keep what was heard as the recording")
    parser.add_argument("--deadline", type=float, default=DEADLINE_S, metavar="SECONDS", help="default: %(default)g")
    given = parser.parse_args()
    project = Path.cwd()
    began = time.monotonic()
    out = boot(given.machine.resolve(), project, given.deadline)
    print((out / "said").read_text(), end="")
    print(f"the machine ran for {time.monotonic() - began:.0f} s")
    lines = (out / "trace").read_text()
    if given.record:
        date = dt.datetime.now(tz=dt.UTC).date()
        RECORDED.write_text(HEADER.format(versions=(out / "versions").read_text().strip(), date=date) + lines)
        print(f"recorded: {RECORDED.relative_to(project)}")
        return 0
    found = diff(recorded(), Trace(lines.splitlines()), names=("recorded", "heard now"))
    print(found or f"{len(lines.splitlines())} lines as recorded ({(out / 'versions').read_text().strip()})")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
