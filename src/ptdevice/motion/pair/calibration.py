"""Calibration, step by step: a tap on both where clocks need it, standing still, one bend forwards and back.

tapping  → (both felt it) standing   → (PATIENCE_S) given up
standing → (both still for STILL_S) bending   → (PATIENCE_S) given up
bending  → (out by BEND_DEG and back) done, or given up with a reason   → (PATIENCE_S) given up
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.model import PairPhase
from ptdevice.motion.geometry import angle_deg

if TYPE_CHECKING:
    from ptdevice.motion.pair.side import Side

PATIENCE_S = 45.0
STILL_S = 2.0
BEND_DEG = 30.0  # of the trunk
PELVIS_DEG = 8.0  # of the pelvis: less shows no axis
BACK = 0.3  # of the bend: nobody comes back to quite the same standing
PLANAR = 0.8

SAID = {
    PairPhase.TAPPING: "Hold both sensors together and tap them, three times.",
    PairPhase.STANDING: "Stand upright and still.",
    PairPhase.BENDING: "Bend forward once, as far as is comfortable, and come back up.",
}
NOT_DONE = {
    PairPhase.TAPPING: "no tap was felt by both sensors",
    PairPhase.STANDING: "the person did not stand still",
    PairPhase.BENDING: f"no bend of {BEND_DEG:.0f} degrees and back was seen",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A calibration that was made, between two gateway seconds. Degrees are how far each side turned."""

    start: float
    trunk_deg: float
    pelvis_deg: float
    planarity: float


class Calibration:
    """One attempt. `phase` is what the person is asked for."""

    def __init__(self, trunk: Side, pelvis: Side, now: float, *, tap: bool) -> None:
        self.phase = PairPhase.TAPPING if tap else PairPhase.STANDING
        self._trunk, self._pelvis = trunk, pelvis
        self._began, self._since = now, now
        self._far_deg = 0.0
        for side in (trunk, pelvis):
            side.jolts.clear()

    def tapped(self, now: float) -> None:
        """Both felt it."""
        self._enter(PairPhase.STANDING, now)

    def step(self, now: float) -> Found | str | None:
        """Look at both sides. A calibration, or why there will be none, or None while it goes on."""
        if now - self._since >= PATIENCE_S:
            return NOT_DONE[self.phase]
        sides = (self._trunk, self._pelvis)
        if self.phase is PairPhase.STANDING and all(side.still_s >= STILL_S and side.lost_at is None for side in sides):
            for side in sides:
                side.stand()
            self._enter(PairPhase.BENDING, now)
        elif self.phase is PairPhase.BENDING:
            trunk = self._trunk
            if trunk.standing is None or trunk.up is None:
                return None
            out = angle_deg(trunk.standing, trunk.up)
            self._far_deg = max(self._far_deg, out)
            if self._far_deg >= BEND_DEG and out <= BACK * self._far_deg:
                return self._learn()
        return None

    def _learn(self) -> Found | str:
        trunk, pelvis = self._trunk.learn(), self._pelvis.learn()
        if trunk is None or pelvis is None:
            return "the bend showed no axis from side to side"
        planarity = min(trunk.planarity, pelvis.planarity)
        far = self._pelvis.farthest_deg(pelvis)
        if far < PELVIS_DEG:
            return "the pelvis hardly turned; bend from the hips too"
        if planarity < PLANAR:
            return "the bend was no plain bend forwards"
        self._trunk.plane, self._pelvis.plane = trunk, pelvis
        return Found(self._began, self._far_deg, far, planarity)

    def _enter(self, phase: PairPhase, now: float) -> None:
        self.phase, self._since = phase, now
