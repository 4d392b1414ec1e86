"""Whether a wish for more is from now, from its requester's present, and asked for the first time. Pure.

Each objection has a rule of its own: `clock_unsynced`, `malformed`, `stale`, `future`, `replayed`, `out_of_order`. (A request
that is retained or repeated by its id never comes so far.) What is remembered is bounded; what is forgotten has long expired.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from ptdevice.mqtt.outcome import Outcome
from ptdevice.mqtt.times import wall_ns_of

if TYPE_CHECKING:
    from ptdevice.mqtt.contract import MoreRequest
    from ptdevice.mqtt.topics import Stamp

REMEMBERED = 1024  # nonces; nothing is valid for longer than 5 s
REQUESTERS = 64
AHEAD_S = 1.0  # how far a requester's clock may be ahead of ours


class Freshness:
    """Remembers what was asked for."""

    def __init__(self) -> None:
        self._nonces: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._sequences: OrderedDict[str, int] = OrderedDict()

    def objection(self, request: MoreRequest, stamp: Stamp) -> Outcome | None:
        """Why it is not carried out; None: it is, and never again."""
        if not stamp.synced:
            text = "The gateway's clock is not set, so it cannot judge how old this is."
            return Outcome("refused", "clock_unsynced", text)
        issued_ns = wall_ns_of(request.issued_at)
        if issued_ns is None:
            return Outcome("refused", "malformed", "`issued_at` must be RFC 3339 in UTC, such as 2026-11-23T16:36:00Z.")
        age_s = (stamp.wall_ns - issued_ns) / 1e9
        if not age_s < request.expires_in_s:
            return Outcome("refused", "stale", "The request came too late.")
        if not age_s >= -AHEAD_S:
            return Outcome("refused", "future", "The request is from the future: the requester's clock is wrong.")
        nonce = request.requester, request.nonce
        if nonce in self._nonces:
            return Outcome("refused", "replayed", "This nonce was used before.")
        last = self._sequences.get(request.requester)
        if last is not None and request.sequence <= last:
            return Outcome("refused", "out_of_order", "A later request of this requester came first.")
        self._remember(nonce, request.sequence)
        return None

    def _remember(self, nonce: tuple[str, str], sequence: int) -> None:
        self._nonces[nonce] = None
        requester, _ = nonce
        self._sequences[requester] = sequence
        self._sequences.move_to_end(requester)
        while len(self._nonces) > REMEMBERED:
            self._nonces.popitem(last=False)
        while len(self._sequences) > REQUESTERS:
            self._sequences.popitem(last=False)
