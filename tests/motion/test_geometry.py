from __future__ import annotations

from math import cos, radians, sin

import pytest

from ptdevice.motion.geometry import angle_deg, turned_deg


@pytest.mark.parametrize("degrees", [0.0, 1e-6, 0.01, 2.5, 2.6, 90.0, 177.3, 177.5, 179.999, 180.0])
def test_angles_of_any_size_are_exact(degrees: float) -> None:
    u, v = (0.0, 0.6, 0.8), (0.0, 0.8, -0.6)
    c, s = cos(radians(degrees)), sin(radians(degrees))
    turned = (0.0, c * u[1] + s * v[1], c * u[2] + s * v[2])

    assert angle_deg(u, turned) == pytest.approx(degrees, abs=1e-9)
    assert turned_deg(u, turned) == pytest.approx(degrees, abs=1e-9)


def test_angles_do_not_depend_on_length_where_it_is_not_one() -> None:
    assert angle_deg((0.0, 0.0, 3.0), (5.0, 0.0, 0.0)) == pytest.approx(90.0)
