"""The shipped daemon, but for the host's clock, which is taken for set: `python -m benchmarks.kill.daemon CONFIG`.

Nothing is armed by a clock that is not, and that of a container is nobody's to set.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from ptdevice.config import load
from ptdevice.daemon import run
from ptdevice.logs import set_up

if __name__ == "__main__":
    settings = load(Path(sys.argv[1]), {})
    set_up("info", sys.stderr, {})
    asyncio.run(run(settings, synced=lambda: True))
