"""How long a unit that refused is left alone."""

from __future__ import annotations

REST_S = (5.0, 10.0, 20.0, 40.0, 60.0)


def rest_s(before: int) -> float:
    """The pause after a refusal, or a start without samples, when so many came in a row before; the last one is repeated."""
    return REST_S[min(before, len(REST_S) - 1)]
