"""The shipped daemon, but for the host's clock, which is taken for set: `python -m benchmarks.kill.daemon CONFIG`.

Nothing is armed by a clock that is not, and that of a container is nobody's to set.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from ptdevice.config import load
from ptdevice.daemon import run
from ptdevice.logs import set_up

HANG_S = 60.0

if __name__ == "__main__":
    settings = load(Path(sys.argv[1]), {})
    set_up("info", sys.stderr, {})
    signal.signal(signal.SIGUSR1, lambda *_: time.sleep(HANG_S))  # a loop that hangs, when it is told to
    asyncio.run(run(settings, synced=lambda: True))
