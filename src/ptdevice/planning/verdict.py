"""What estimate and trial mean: whether each unit is carried, why not, and what to do about it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.planning.estimate import Estimate, Need
    from ptdevice.planning.meter import Measured

COMPLETE, ENOUGH = 0.98, 0.9  # of a unit's samples; a set with fewer says so of its repetitions (docs/counting.md)
PAUSE_S, PAUSES = 0.5, 3.0  # a longer pause is a gap on record; and where packets are rare, so many times the usual one
LATE_MS = 250.0  # what is live comes in batches of up to so much (telemetry.batch_ms)
WEAK_DBM = -80  # above the -85 at which links do not last: a body in between costs 10 and more
FULL = 0.5  # of air time, as worked out; beyond it there is no room for repetitions and scanning


class Fit(StrEnum):
    """Whether the radio carries it."""

    FITS = "fits"
    DOUBTFUL = "doubtful"
    DOES_NOT = "does_not_fit"


class Remedy(StrEnum):
    """What to do, by what is wrong."""

    ADAPTER = "Add a USB adapter, or use one with more links; or take a unit out."
    AIR = (
        "Take Wi-Fi off 2.4 GHz or use a cable (`ptdevice doctor` tells), put a USB adapter for Bluetooth on a short extension "
        "cord, away from USB 3 and metal; or use fewer units at once."
    )
    NEARER = "Bring unit and gateway nearer, and in sight of each other."
    UNIT = "See what the code means in docs/troubleshooting.md, then try again."
    MACHINE = "This machine does not keep up: see what else it does (top), and the supply (`ptdevice doctor`)."


@dataclass(frozen=True, slots=True)
class Doubt:
    """One reason, how bad it is, and what helps."""

    fit: Fit
    text: str
    remedy: Remedy


@dataclass(frozen=True, slots=True)
class Verdict:
    """One unit's, or that of all (`alias` None)."""

    alias: str | None
    doubts: tuple[Doubt, ...]

    @property
    def fit(self) -> Fit:
        """The worst of its doubts."""
        return worst([doubt.fit for doubt in self.doubts])


def worst(fits: Sequence[Fit]) -> Fit:
    """The worst of several; none is the best."""
    order = list(Fit)
    return max(fits, key=order.index, default=Fit.FITS)


def of_estimate(estimate: Estimate) -> Verdict:
    """What can be said before anything was tried. It never says no: what adapters hold are reports, not limits."""
    doubts = []
    if estimate.is_out_of_slots:
        text = f"{estimate.links} links, and such adapters usually hold {estimate.usual_links}"
        doubts.append(Doubt(Fit.DOUBTFUL, text, Remedy.ADAPTER))
    if estimate.air_share > FULL:
        text = (
            f"by its wire formats all this takes {estimate.air_share:.0%} of the air time, with the oldest controllers"
        )
        doubts.append(Doubt(Fit.DOUBTFUL, text, Remedy.AIR))
    return Verdict(None, tuple(doubts))


def of_trial(measured: Measured, need: Need) -> Verdict:
    """What a trial says of one unit."""
    return Verdict(measured.alias, tuple(_doubts(measured, need)))


def _doubts(measured: Measured, need: Need) -> Iterator[Doubt]:
    if not measured.online:
        remedy = Remedy.ADAPTER if measured.code == "out_of_slots" else Remedy.UNIT
        yield Doubt(Fit.DOES_NOT, f"{measured.text} [{measured.code}]", remedy)
        return
    if measured.lost:
        text = f"the link was lost {measured.lost} times and made anew"
        yield Doubt(Fit.DOES_NOT, text, Remedy.AIR)
    yield from _samples(measured, need)
    usual_s = PAUSES / need.notifications_hz if need.notifications_hz else None
    if measured.pause_s is not None and usual_s is not None and measured.pause_s > max(PAUSE_S, usual_s):
        yield Doubt(Fit.DOUBTFUL, f"nothing came for {measured.pause_s:g} s", Remedy.AIR)
    if measured.late_ms is not None and measured.late_ms > LATE_MS:
        yield Doubt(Fit.DOUBTFUL, f"one packet in twenty is {measured.late_ms:g} ms late and more", Remedy.AIR)
    if measured.dropped:
        yield Doubt(Fit.DOUBTFUL, f"{measured.dropped} packets were not taken in time", Remedy.MACHINE)
    if measured.wire_errors:
        yield Doubt(Fit.DOUBTFUL, f"{measured.wire_errors} packets made no sense to this version", Remedy.UNIT)
    if measured.rssi_dbm is not None and measured.rssi_dbm < WEAK_DBM:
        yield Doubt(Fit.DOUBTFUL, f"it is weak: {measured.rssi_dbm} dBm", Remedy.NEARER)


def _samples(measured: Measured, need: Need) -> Iterator[Doubt]:
    if need.rate_hz is None:
        return
    share = measured.complete
    if share is None:
        yield Doubt(Fit.DOES_NOT, "it speaks, and sent no sample of motion", Remedy.UNIT)
    elif share < COMPLETE:
        text = f"{share:.0%} of its samples came; {measured.missing} are missing"
        yield Doubt(Fit.DOUBTFUL if share >= ENOUGH else Fit.DOES_NOT, text, Remedy.AIR)
