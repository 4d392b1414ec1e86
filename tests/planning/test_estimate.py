"""Air time and links, worked out by hand from the Core specification."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Traffic
from ptdevice.planning.estimate import Estimate, Need, estimate

DOT = CATALOGUE["movella_dot"]


def need(traffic: Traffic) -> Need:
    (found,) = estimate({"one": replace(DOT, traffic=traffic)}, None).needs
    return found


def test_a_silent_link_costs_two_empty_packets_and_two_spaces_in_each_interval() -> None:
    # 2 * (80 us + 150 us) in each 50 ms.
    assert need(Traffic(0.0, 0)).air_share == 0.0092


def test_a_notification_of_one_packet_costs_its_octets_an_answer_and_two_spaces() -> None:
    # (20 + 7 + 10) * 8 us + 80 us + 300 us = 676 us, ten times a second.
    assert need(Traffic(10.0, 20)).air_share == pytest.approx(0.0092 + 0.00676, abs=1e-4)


def test_a_longer_one_is_cut() -> None:
    # 21 + 7 octets need two packets: (28 + 20) * 8 us + 2 * 380 us = 1144 us.
    assert need(Traffic(10.0, 21)).air_share == pytest.approx(0.0092 + 0.01144, abs=1e-4)


def test_questions_cost_as_much() -> None:
    assert need(Traffic(5.0, 20, asks_hz=5.0)).air_share == need(Traffic(10.0, 20)).air_share


def test_what_each_event_has_to_carry_is_told() -> None:
    assert need(Traffic(60.0, 40)).event_packets == 6  # 3 notifications of 2 packets in 50 ms
    assert need(Traffic(1.0, 20)).event_packets == 1


def test_four_inertial_sensors_and_a_stimulator_are_worked_out_to_fit_the_air() -> None:
    units = {**{f"dot{number}": DOT for number in range(4)}, "tens": CATALOGUE["beurer_em70"]}
    found = estimate(units, 4)
    assert (found.links, found.is_out_of_slots) == (5, True)
    assert 0.2 < found.air_share < 0.5


def test_a_unit_that_only_advertises_needs_no_link() -> None:
    assert estimate({"button": CATALOGUE["bthome"]}, 4) == Estimate((), 4)


def test_an_unknown_adapter_is_not_said_to_be_full() -> None:
    assert not estimate({f"dot{number}": DOT for number in range(20)}, None).is_out_of_slots


def test_every_device_that_is_connected_to_tells_its_traffic() -> None:
    assert [profile.name for profile in CATALOGUE.values() if (profile.traffic is None) != profile.broadcast] == []
