"""Golden values worked by hand from the formulas; the last pair is also worked in a public note on an FES driver."""

from __future__ import annotations

import pytest

from ptdevice.stimulation.electrical import Pulses

# I mA, w us, f Hz, A cm2 -> I_rms mA, J mA/cm2, Q uC, E mJ, P W/cm2; two phases, 500 Ohm
GOLDEN = [
    (20, 180, 80, 25, 3.394, 0.136, 3.6, 0.072, 0.00023),
    (50, 250, 50, 25, 7.906, 0.316, 12.5, 0.625, 0.00125),
    (80, 300, 150, 25, 24.000, 0.960, 24, 1.92, 0.0115),
    (80, 300, 150, 4, 24.000, 6.000, 24, 1.92, 0.072),
    (200, 450, 25, 20.25, 30.000, 1.481, 90, 18, 0.0222),
    (200, 450, 25, 10.125, 30.000, 2.963, 90, 18, 0.0444),  # half the pad has come off
]


@pytest.mark.parametrize(("ma", "us", "hz", "cm2", "rms", "density", "charge", "energy", "power"), GOLDEN)
def test_the_quantities_are_those_worked_by_hand(
    ma: float, us: float, hz: float, cm2: float, rms: float, density: float, charge: float, energy: float, power: float
) -> None:
    pulses = Pulses(ma, us, hz, 2)
    assert pulses.rms_ma == pytest.approx(rms, abs=5e-4)
    assert pulses.current_density_ma_cm2(cm2) == pytest.approx(density, abs=5e-4)
    assert pulses.phase_charge_uc == pytest.approx(charge)
    assert pulses.pulse_energy_mj == pytest.approx(energy)
    assert pulses.power_density_w_cm2(cm2) == pytest.approx(power, rel=0.02)


def test_half_a_pad_doubles_the_density_at_the_same_current() -> None:
    pulses = Pulses(200, 450, 25, 2)
    assert pulses.current_density_ma_cm2(10.125) == pytest.approx(2 * pulses.current_density_ma_cm2(20.25))


def test_one_phase_has_half_the_energy_and_the_same_charge() -> None:
    one, two = Pulses(50, 250, 50, 1), Pulses(50, 250, 50, 2)
    assert one.phase_charge_uc == two.phase_charge_uc
    assert one.pulse_energy_mj == two.pulse_energy_mj / 2
    assert one.rms_ma == pytest.approx(two.rms_ma / 2**0.5)


def test_a_second_has_as_much_as_its_pulses() -> None:
    pulses = Pulses(50, 250, 50, 2)
    assert pulses.charge_mc_per_s == pytest.approx(50 * 12.5 / 1000)
    assert pulses.power_mw == pytest.approx(50 * 0.625)
