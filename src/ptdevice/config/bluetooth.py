"""`[bluetooth]`: which radio, and what may be done to it."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ptdevice.config.section import Section
from ptdevice.config.values import Shape, Within

AdapterName = Annotated[
    str,
    AfterValidator(
        Shape(re.compile(r"hci\d{1,3}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"), 'an adapter like "hci0", or its address')
    ),
]
# What a unit may be bound to.
Way = Annotated[
    str,
    AfterValidator(
        Shape(
            re.compile(r"[a-z0-9_-]{1,32}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"),
            'an adapter like "hci0", its address, or the name of a proxy',
        )
    ),
]


class Bluetooth(Section):
    """The radio."""

    adapter: AdapterName | None = None
    """BlueZ's name of the adapter, e.g. "hci0", or its address, which stays. Without it, the first."""
    adapters: Annotated[list[AdapterName], Field(min_length=1, max_length=8)] | None = None
    """Several adapters, instead of `adapter`. A unit is reached where a link is free and it is heard best."""
    connect_timeout_s: Annotated[float, AfterValidator(Within(5, 120))] = 20.0
    """Seconds that one attempt to connect may take."""
    power_cycle: Literal["never", "careful", "always"] = "careful"
    """Whether to switch an adapter off and on that does not work; it ends every link. "careful": only where none is on it."""
    reset: bool = False
    """Whether, where that does not help, to reset it by the kernel's management interface (extra `recovery`, CAP_NET_ADMIN)."""

    @property
    def used(self) -> list[str]:
        """The adapters to use; none: the first there is."""
        return self.adapters or ([self.adapter] if self.adapter is not None else [])
