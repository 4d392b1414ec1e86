"""Charge, energy and densities of rectangular pulses. Only for units that state their current; nothing here guesses one.

For `phases` n (1: monophasic, 2: symmetric biphasic), width of a phase w, rate f, peak current I, load R, area of a pad A:

    I_rms = I sqrt(n w f)        phase charge Q = I w        pulse energy E = I^2 R n w
    current density J = I_rms / A        power density P = I_rms^2 R / A

The first is that of a stimulator's manual (Enraf-Nonius Endomed 484, page 47: I sqrt(w f), with w doubled for symmetric
pulses); the others follow from charge = current x time and power = current^2 x load. Real pulses are not rectangular and skin
is not 500 Ohm: these are numbers for comparison, at the load at which outputs are declared (IEC 60601-2-10).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

LOAD_OHM = 500.0


@dataclass(frozen=True, slots=True)
class Pulses:
    """A train of rectangular pulses. `width_us` is that of one phase."""

    current_ma: float
    width_us: float
    rate_hz: float
    phases: int

    @property
    def rms_ma(self) -> float:
        """Root mean square of the current, mA."""
        return self.current_ma * sqrt(self.phases * self.width_us * 1e-6 * self.rate_hz)

    @property
    def phase_charge_uc(self) -> float:
        """Charge of one phase, uC."""
        return self.current_ma * self.width_us / 1000

    @property
    def pulse_energy_mj(self) -> float:
        """Energy of one pulse with all its phases into LOAD_OHM, mJ."""
        return self.current_ma**2 * LOAD_OHM * self.phases * self.width_us * 1e-9

    @property
    def charge_mc_per_s(self) -> float:
        """Charge of all pulses of a second, each counted with one phase, mC/s."""
        return self.phase_charge_uc * self.rate_hz / 1000

    @property
    def power_mw(self) -> float:
        """Mean power into LOAD_OHM, mW, which is mJ/s."""
        return self.pulse_energy_mj * self.rate_hz

    def current_density_ma_cm2(self, area_cm2: float) -> float:
        """Effective current density under a pad of this area, mA/cm2."""
        return self.rms_ma / area_cm2

    def power_density_w_cm2(self, area_cm2: float) -> float:
        """Power density of LOAD_OHM under a pad of this area, W/cm2."""
        return self.rms_ma**2 * 1e-6 * LOAD_OHM / area_cm2
