"""What the units of a configuration ask of a radio, worked out from their wire formats. Pure.

Air time by the Core specification 5.4 on the 1 Mbit/s PHY, where an octet takes 8 us: a packet has a preamble of 1 octet, an
access address of 4, a header of 2, and a checksum of 3 (Vol 6 Part B 2.1); between packets are 150 us (4.1.1); each is answered
by one, empty where there is nothing to say. A notification adds 4 octets of L2CAP and 3 of ATT (Vol 3 Part A 3.1, Part F
3.4.7). Packets are taken to carry 27 octets, as with controllers before Bluetooth 4.2; newer ones carry 251 and need less.

What is between this and reality: repetitions on a bad link, scanning, Wi-Fi, and how a controller plans its links, which no
maker tells. That is what the trial is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.devices.device import Profile, Traffic

OCTET_S, FRAME_OCTETS, IFS_S = 8e-6, 10, 150e-6
EMPTY_S = FRAME_OCTETS * OCTET_S
PAYLOAD_OCTETS, HEAD_OCTETS = 27, 7
INTERVAL_S = 0.05  # Linux asks for 30 to 50 ms (net/bluetooth/hci_core.c, le_conn_min_interval, le_conn_max_interval)


@dataclass(frozen=True, slots=True)
class Need:
    """What one unit asks for. `events_packets`: full packets in each connection event, so that nothing waits for the next."""

    alias: str
    device: str
    notifications_hz: float
    octets_hz: float
    rate_hz: float | None
    air_share: float
    event_packets: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """All of them. `usual_links`: what such adapters usually hold, by reports; None: it is not to be seen what they are."""

    needs: tuple[Need, ...]
    usual_links: int | None

    @property
    def links(self) -> int:
        """Units that need a link."""
        return len(self.needs)

    @property
    def air_share(self) -> float:
        """Of all air time."""
        return sum(need.air_share for need in self.needs)

    @property
    def is_out_of_slots(self) -> bool:
        """More links than are usual."""
        return self.usual_links is not None and self.links > self.usual_links


def estimate(units: Mapping[str, Profile], usual_links: int | None) -> Estimate:
    """Of the units that need a link: those that only advertise need none."""
    return Estimate(
        tuple(
            _need(alias, profile.name, profile.traffic)
            for alias, profile in units.items()
            if profile.traffic is not None
        ),
        usual_links,
    )


def _need(alias: str, device: str, traffic: Traffic) -> Need:
    packets = math.ceil((traffic.octets + HEAD_OCTETS) / PAYLOAD_OCTETS)
    octets = traffic.octets + HEAD_OCTETS + packets * FRAME_OCTETS
    notification_s = octets * OCTET_S + packets * (2 * IFS_S + EMPTY_S)
    empty_s = 2 * (EMPTY_S + IFS_S)
    share = empty_s / INTERVAL_S + (traffic.notifications_hz + traffic.asks_hz) * notification_s
    return Need(
        alias,
        device,
        traffic.notifications_hz,
        round(traffic.notifications_hz * traffic.octets, 1),
        traffic.rate_hz,
        round(share, 4),
        math.ceil(traffic.notifications_hz * INTERVAL_S * packets),
    )
