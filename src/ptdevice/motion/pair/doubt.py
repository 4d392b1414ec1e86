"""How far a lumbar range may be from the truth. It is not a clinical goniometer's, and never called so.

What sensors on skin show differs from what the bones do, and no filter helps: two sensors at T12 and S2 had limits of agreement
of -8.1 to +5.7 degrees for peak flexion, 12 people, against optical motion capture (DorsaVi v6, BMC Musculoskeletal Disorders
2022, s12891-022-05866-w). Without gyroscopes another 5 are lost over a flexion cycle (Evans et al., Heliyon 2024, 10:e32544).
Two clocks that are apart by `error_s` add what the pelvis turns in that time.
"""

from __future__ import annotations

from math import ceil, hypot

SKIN_DEG = 8.0
NO_GYROSCOPE_DEG = 5.0


def uncertainty_deg(pelvis_rate: float, error_s: float, *, gyroscopes: bool) -> int:
    """Whole degrees, rounded up. `pelvis_rate` in deg/s is the greatest that there was."""
    return ceil(hypot(SKIN_DEG, 0.0 if gyroscopes else NO_GYROSCOPE_DEG, pelvis_rate * error_s))
