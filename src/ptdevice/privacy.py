"""What identifies a person's device is neither logged nor published. Pure.

That is: Bluetooth addresses, and the serial numbers that some units carry in their names.
"""

from __future__ import annotations

import re

HIDDEN = "[hidden]"
PRIVATE = re.compile(
    r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[:_-]){5}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])"  # an address; BlueZ's paths have underscores
    r"|(?<=\bIMU_)[0-9A-Za-z]{6}\b"
    r"|(?<=\bMovesense )\d{12}\b"
    r"|(?<=\bPolar H10 )[0-9A-F]{8}\b|(?<=\bPolar Sense )[0-9A-F]{8}\b|(?<=\bPolar OH1 )[0-9A-F]{8}\b"
)


def redacted(text: str) -> str:
    """The text without them."""
    return PRIVATE.sub(HIDDEN, text)
