"""Does it stop? Stimulations in progress, processes that die, and the unit's own truth about its output.

python -m benchmarks.kill                          every case a few times, every device
python -m benchmarks.kill --case kill9_helper --times 200
python -m benchmarks.kill --device beurer_em70 --times 20
    python -m benchmarks.kill --whole --times 5        the whole daemon, with a broker and a controller
"""
