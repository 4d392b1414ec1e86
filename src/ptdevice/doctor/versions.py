"""BlueZ and the kernel: too old, or of a version about which others report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptdevice.doctor import power
from ptdevice.doctor.finding import error, fine, unknown, warning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from ptdevice.doctor.asking import Ask
    from ptdevice.doctor.finding import Finding

AREA = "versions"
OLDEST_BLUEZ = (5, 55)  # bleak's own requirement
# Kernels with which reports say that a Raspberry Pi's own radio falls silent after hours, and where they say it.
REPORTED = {(6, 1): "raspberrypi/linux#5460"}


async def examine(root: Path, release: str, ask: Ask) -> AsyncIterator[Finding]:
    """`release` is the kernel's, as `uname -r` says."""
    said = await ask("bluetoothctl", "--version")
    found = re.search(r"(\d+)\.(\d+)", said or "")
    if found is None:
        yield unknown(AREA, "bluetoothctl does not say which BlueZ this is; in a container it need not be there.")
    elif (int(found[1]), int(found[2])) < OLDEST_BLUEZ:
        text = f"BlueZ {found[0]} is older than 5.55, and bleak needs that."
        yield error(AREA, "bluez_old", text, "Bring the system up to date: Debian 12 has 5.66.")
    else:
        yield fine(AREA, f"BlueZ {found[0]}.")
    yield _kernel(root, release)


def _kernel(root: Path, release: str) -> Finding:
    found = re.match(r"(\d+)\.(\d+)", release)
    where = REPORTED.get((int(found[1]), int(found[2]))) if found is not None else None
    if where is not None and (root / power.MODEL).exists():
        text = f"Linux {release}: with it, the radio of Raspberry Pis is reported to fall silent after hours ({where})."
        return warning(AREA, "kernel_reported", text, "sudo apt full-upgrade; or a USB adapter for Bluetooth.")
    return fine(AREA, f"Linux {release}.")
