"""What stands around the tables on the page that is written of them."""

from __future__ import annotations

import platform

# ruff: noqa: E501 - rows of a table are as long as they are
HEAD = """\
# Accuracy

Every number below is printed by one run of

```console
$ make accuracy DATA=DIR ARGS="--markdown docs/accuracy.md"
```

of which this page is the output ({python}, {machine}, {system}){part}. The range of motion is compared where `vqf` is installed.
`ARGS=--quick` takes about a minute. The recordings are not part of this project: DIR is a folder with them, in the form that
`benchmarks/recordings.py` describes, and may be yours.

## What was counted

Recordings of 31 people with known counts, and of the daily life of 6 others with nothing to count:

| data | people | what | sensor | how the truth is known |
|---|---|---|---|---|
| `yurtman_barshan`: UCI 730, Yurtman and Barshan 2014, doi 10.1016/j.cmpb.2014.07.003 | 3 | physiotherapy: knee extension, trunk flexion, leg raises, arms; each ten times correctly with holds, fast, and with low amplitude | on the moving limb, acceleration and gyroscope, 25 Hz | protocol; labels by hand of one person |
| `exermote` | 3 | sit-ups, squats, burpees | chest, acceleration, 4 to 5 Hz on a grid of 10 | metronome |
| `mex`: UCI 500, Wijekoon et al. 2019 | 18 | bridging, knee rolling, superman | thigh, acceleration, 100 Hz averaged to 25 | by eye, uncertain by one |
| `spar`: Burns et al. 2018, doi 10.1088/1361-6579/aacfd9 | 6 | shoulder physiotherapy | watch, 50 Hz averaged to 25 | 20, of which both ends are cut: 19 or 20 |
| `gym_watch` | 1 | gym | watch, 100 Hz averaged to 25 | by the wearer; some sets are done with the other arm |
| `casale_chest`: UCI 287, Casale et al. | 6 | daily life | chest, acceleration, 52 Hz averaged to 26 | nothing is to be counted |

*Core* is physiotherapy, sit-ups and squats. One configuration counted everything. It was told neither exercise nor number.

## How tuning was confined

Every number of the counter was chosen on these same recordings and on nothing else. So the tables say how well it fits these people,
and little of others: expect less of them. Three things limit how much it can have been fitted. There are few numbers, each a share of
the movement itself, none of a person or an exercise. Each lies on a plateau, which *Each number moved by a fifth* shows. And *Leave one
person out* shows what the numbers that other people would have chosen make of the one left out.

A number is changed only where all of this holds afterwards: it lies in the middle of its plateau, no row of *Robustness* is worse by
more than a set, and those left out are not counted worse. Sets that fail are looked at, and stay failed where only a number made for
them would help: the low-amplitude set that is missed below consists of movements of 1 to 2.5 degrees on a posture that sinks by 2.
"""
QUICK = "; a quick run: some tables are left out"


def around(tables: str, *, quick: bool) -> str:
    """The page."""
    head = HEAD.format(
        python=f"{platform.python_implementation()} {platform.python_version()}",
        machine=platform.machine(),
        system=platform.system(),
        part=QUICK if quick else "",
    )
    return f"{head}\n{tables}"
