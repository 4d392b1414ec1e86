"""A device for the bench unit: its four characteristics by name, and bytes that mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.carriers.bench import COMMANDED, INDICATED, NAME, NOTIFIED, WRITTEN

from ptdevice.devices.device import Kind, Port, Profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice.devices.device import Codec
    from ptdevice.link import Packet, Write
    from ptdevice.model import Event

PORTS = (
    Port("told", NOTIFIED, subscribe=True),
    Port("value", WRITTEN),
    Port("command", COMMANDED),
    Port("sure", INDICATED, subscribe=True),
)


class NoCodec:
    """Hears everything and makes nothing of it."""

    def decode(self, packet: Packet) -> Iterable[Event]:
        return ()

    def due(self, now: float) -> Sequence[Write]:
        return ()


def bench_profile(
    *, kind: Kind = Kind.SENSOR, ports: tuple[Port, ...] = PORTS, codec: type[Codec] = NoCodec, name: str = "bench"
) -> Profile:
    return Profile(
        name=name,
        title="Bench unit",
        kinds=frozenset({kind}),
        ports=ports,
        matches=lambda said: said.name == NAME,
        codec=codec,
        tick_s=1.0,
        quiet_s=10.0,
    )
