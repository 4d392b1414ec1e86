"""How smooth a movement was: by the spectrum of its speed, and by how often it sped up.

SPARC is the spectral arc length of Balasubramanian, Melendez-Calderon, Roby-Brami and Burdet, "On the analysis of movement
smoothness", J NeuroEng Rehab 12:112 (2015): with M(f) the magnitude of the speed's Fourier transform divided by its greatest,

    SPARC = - integral from 0 to fc of sqrt((1/fc)^2 + (dM/df)^2) df

where fc is the last frequency up to 10 Hz at which M is 0.05 or more. Zeros are appended to 16 times the length, as the
authors' own program does it. It is below 0; one smooth movement has about -1.5, every hesitation takes something away. It is
of use to compare a person with herself at one exercise and pace; a hold in the middle lowers it, too.

The speed is that of the up-vector, |w x up|, straight from the gyroscope. What acceleration tells without one has passed a
low-pass of 0.5 Hz, whose smoothness it would be. At fewer than 20 samples a second, 10 Hz cannot be seen.
"""

from __future__ import annotations

from cmath import exp, pi
from functools import cache
from math import sqrt
from typing import TYPE_CHECKING

from ptdevice.model import Unmeasured
from ptdevice.motion.peaks import turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice.motion.stream import Posture

LEAST_HZ = 20.0
GRID_HZ = 25.0  # what the speed is laid on; postures come at 25 to 40 a second
HIGHEST_HZ = 10.0
QUIET = 0.05  # of the greatest magnitude: what is less belongs to noise
PADDING = 4  # powers of two
FEWEST, MOST = 8, 1024  # grid points: a third of a second, and 41 s
LONGEST_FFT = 8192
STANDS_OUT = 0.2  # of the greatest speed: a peak of speed is one that stands out by that much


def speed_dps(up: Vector, spin: Vector) -> float:
    """How fast the up-vector turns in the sensor's axes, in deg/s, for an angular rate in deg/s."""
    (x, y, z), (p, q, r) = up, spin
    a, b, c = q * z - r * y, r * x - p * z, p * y - q * x
    return sqrt(a * a + b * b + c * c)


def smoothness(
    postures: Sequence[Posture], start: float, end: float, rate_hz: float
) -> tuple[float | None, Unmeasured | None]:
    """SPARC from `start` to `end`, or why there is none. The postures are in order of time and reach over both."""
    if rate_hz < LEAST_HZ:
        return None, Unmeasured.RATE
    if not postures or postures[0].t > start:
        return None, Unmeasured.LENGTH
    steps = [
        (at.t, speed_dps(at.up, at.spin)) for at in postures if at.spin is not None and start - 0.5 <= at.t <= end + 0.5
    ]
    if not steps:
        return None, Unmeasured.NO_GYROSCOPE
    speeds = on_grid(steps, start, end)
    if not FEWEST <= len(speeds) <= MOST or max(speeds) <= 0.0:
        return None, Unmeasured.LENGTH
    return sparc(speeds, GRID_HZ), None


def on_grid(steps: Sequence[tuple[float, float]], start: float, end: float) -> list[float]:
    """(time, value) at GRID_HZ from `start` to `end`, straight between the steps and level beyond them."""
    values: list[float] = []
    i = 0
    for k in range(int((end - start) * GRID_HZ) + 1):
        t = start + k / GRID_HZ
        while i < len(steps) - 1 and steps[i + 1][0] <= t:
            i += 1
        (t0, v0), (t1, v1) = steps[i], steps[min(i + 1, len(steps) - 1)]
        share = (t - t0) / (t1 - t0) if t1 > t0 else 0.0
        values.append(v0 + (v1 - v0) * min(max(share, 0.0), 1.0))
    return values


def sparc(speeds: Sequence[float], rate_hz: float) -> float:
    """The spectral arc length of evenly sampled speeds, of which one at least is not 0."""
    n = 1 << (len(speeds) - 1).bit_length()
    n = max(n, min(n << PADDING, LONGEST_FFT))
    spectrum = _magnitudes([*speeds, *[0.0] * (n - len(speeds))])
    magnitudes = spectrum[: int(HIGHEST_HZ * n / rate_hz) + 1]
    greatest = max(spectrum)
    last = max(i for i, m in enumerate(magnitudes) if m >= QUIET * greatest)
    first = next(i for i, m in enumerate(magnitudes) if m >= QUIET * greatest)
    if last == first:
        return 0.0
    step = 1.0 / (last - first)
    arcs = zip(magnitudes[first:last], magnitudes[first + 1 : last + 1], strict=True)
    return -sum(sqrt(step * step + ((b - a) / greatest) ** 2) for a, b in arcs)


def velocity_peaks(speeds: Sequence[float]) -> int:
    """How often the speed rose and fell by STANDS_OUT of its greatest (Rohrer et al., J Neurosci 22:8297, 2002)."""
    greatest = max(speeds, default=0.0)
    if greatest <= 0.0:
        return 0
    tops, _ = turns([0.0, *speeds, 0.0], STANDS_OUT * greatest)
    return len(tops)


def _magnitudes(x: list[float]) -> list[float]:
    """Of the spectrum of real values, below half the rate; as many as a power of two, 8 at least."""
    n = len(x) // 2
    z = _fft([complex(a, b) for a, b in zip(x[0::2], x[1::2], strict=True)])  # both halves in one
    mirrored = [z[0], *z[:0:-1]]
    halves = zip(z, mirrored, _roots(2 * n), strict=True)
    return [abs(a + (c := b.conjugate()) - 1j * w * (a - c)) / 2.0 for a, b, w in halves]


def _fft(x: list[complex]) -> list[complex]:
    """Radix 2 (Cooley and Tukey 1965); the length is a power of two, 4 at least."""
    n = len(x)
    if n == 4:
        a, b, c, d = x
        s, t, u, v = a + c, a - c, b + d, (b - d) * -1j
        return [s + u, t + v, s - u, t - v]
    even, odd = _fft(x[0::2]), _fft(x[1::2])
    turned = [w * c for w, c in zip(_roots(n), odd, strict=True)]
    return [a + b for a, b in zip(even, turned, strict=True)] + [a - b for a, b in zip(even, turned, strict=True)]


@cache
def _roots(n: int) -> tuple[complex, ...]:
    return tuple(exp(-2j * pi * k / n) for k in range(n // 2))
