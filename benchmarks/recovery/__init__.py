"""How long it takes until everything is well again: `python -m benchmarks recovery`.

The daemon and the broker are processes of their own; the simulated units and their bluetoothd are here, where each cause is
made. Time counts from the moment at which the cause has ended until a subscriber at the broker has motion that was measured
after that moment, of every unit that the cause touched. Where the cause ends only by what the daemon does (an adapter that is
stuck, or deaf), it counts from the beginning.

python -m benchmarks recovery                          every case, three times
python -m benchmarks recovery --case link_lost --case bluetoothd_killed --times 10 --log recovery.jsonl
python -m benchmarks recovery --table recovery.jsonl   runs nothing: the table of what is in the file
"""

from __future__ import annotations


async def run(*arguments: str) -> None:
    """The command line."""
    from benchmarks.recovery.trials import main  # noqa: PLC0415 - the units, the air and the broker

    await main(*arguments)
