"""The same scenario and seed say the same bytes, whatever the process: hash seeds, addresses of objects, speed of threads.

benchmarks/determinism.py does this a hundred times, and on two versions of Python.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Everything at once: two units, faults that draw lots, a broker that goes, a full disk, a kill.
SCRIPT = '''
import hashlib

from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.loading import loads
from ptdevice_sim.clinic.log import digest

head = """
title = "Everything at once"
duration = "2m"
[people.k3f7q]
exercises = [{ time = "00:00:05", sets = [6, 4], pause = "25s", sloppiness = 0.15 }]
[units.chest]
device = "polar"
worn_by = "k3f7q"
exercise = "sit_up"
[units.back]
device = "beurer_em70"
[settings.telemetry]
motion = true
"""
entries = [
    "'00:00:04'; press = 'back'; times = 3",
    "'00:00:10'; bad_radio = 'back'; for = '20s'; loss = 0.1; corrupt = 0.1; split = 0.1; duplicate = 0.1; late = 0.1",
    "'00:00:12'; bad_radio = 'chest'; for = '10s'; loss = 0.02; late = 0.2",
    "'00:00:20'; broker = 'down'; for = '15s'",
    "'00:00:30'; disk = 'full'; for = '10s'",
    "'00:00:45'; drop_link = 'chest'; for = '3s'",
    "'00:01:05'; daemon = 'kill'; for = '4s'",
    "'00:01:30'; daemon = 'restart'; for = '4s'",
]
text = head + "".join("[[at]]\\ntime = " + entry.replace("; ", "\\n") + "\\n" for entry in entries)
run = run_scenario(loads(text))
truth = hashlib.sha256(repr(run.truth).encode()).hexdigest()
print(len(run.said), digest(run.said), truth)
'''


def digest(hash_seed: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout


@pytest.mark.timeout(400)
def test_every_process_says_the_same_bytes() -> None:
    first, *others = [digest(seed) for seed in ("0", "1", "4242")]
    assert others == [first, first]
    assert int(first.split()[0]) > 500
