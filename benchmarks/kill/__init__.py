"""Does it stop? Stimulations in progress, processes that die, and the unit's own truth about its output.

python -m benchmarks.kill                          every case a few times, every device
python -m benchmarks.kill --case kill9_helper --times 200
python -m benchmarks.kill --device beurer_em70 --times 20
python -m benchmarks.kill --whole --times 5        the whole daemon, with a broker and a controller
"""

from __future__ import annotations

TIMES = 3  # of each death, for a look; the README has more


async def run() -> None:
    """All of it, a few times: `python -m benchmarks kill`."""
    from benchmarks.kill import report, trial, whole  # noqa: PLC0415 - the units, the air and the broker
    from benchmarks.kill.__main__ import deaths  # noqa: PLC0415

    falls = await deaths(trial.trial, list(trial.CASES), list(trial.UNITS), TIMES, None, seed=1)
    falls += await deaths(whole.trial, list(whole.CASES), list(whole.COMMANDABLE), TIMES, None, seed=1)
    for line in (*report.table(falls), "", *report.unstoppable(falls)):
        print(line)
