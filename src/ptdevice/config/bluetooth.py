"""`[bluetooth]`: which radio, and what may be done to it."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from ptdevice.config.section import Section
from ptdevice.config.values import Shape, Within


class Bluetooth(Section):
    """The radio."""

    adapter: Annotated[str, AfterValidator(Shape(re.compile(r"hci\d{1,3}"), 'an adapter like "hci0"'))] | None = None
    """BlueZ's name of the adapter, e.g. "hci0". Without it, the first."""
    connect_timeout_s: Annotated[float, AfterValidator(Within(5, 120))] = 20.0
    """Seconds that one attempt to connect may take."""
    power_cycle: Literal["never", "careful", "always"] = "careful"
    """Whether to switch an adapter off and on that does not work; it ends every link. "careful": only where none is on it."""
    reset: bool = False
    """Whether, where that does not help, to reset it by the kernel's management interface (extra `recovery`, CAP_NET_ADMIN)."""
