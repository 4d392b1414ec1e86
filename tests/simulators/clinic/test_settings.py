"""What a scenario makes of the daemon's configuration."""

from __future__ import annotations

import string

from ptdevice_sim.clinic.settings import address


def test_every_alias_has_an_address_that_a_unit_could_have_drawn_at_random() -> None:
    first = [int(address(alias)[:2], 16) for alias in string.ascii_lowercase]
    # Core spec Vol 6 Part B 1.3.2.1: the two most significant bits of a static address are 1.
    assert all(octet >> 6 == 0b11 for octet in first)
    assert len({address(alias) for alias in string.ascii_lowercase}) == 26
