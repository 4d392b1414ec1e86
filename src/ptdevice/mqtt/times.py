"""Times as others write them. Pure."""

from __future__ import annotations

import re
from datetime import datetime

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z")


def wall_ns_of(text: str) -> int | None:
    """Nanoseconds since 1970 of RFC 3339 in UTC with `Z`; None: it is none."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        # Python 3.11 reads at most six digits of a second's fraction from these; the rest does not matter here.
        return round(datetime.fromisoformat(text).timestamp() * 1e9)
    except ValueError:
        return None
