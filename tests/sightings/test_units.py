"""Where the configured units are, by a scan."""

from __future__ import annotations

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.sightings.seen import Connected, Heard
from ptdevice.sightings.units import State, Unit, units

FIRST, SECOND = "AA:BB:CC:DD:EE:01", "AA:BB:CC:DD:EE:02"
POLAR = Advertisement("Polar H10 12345678")


def only(*heard: Heard, connected: tuple[Connected, ...] = (), device: str = "polar") -> Unit:
    (found,) = units({"chest": CATALOGUE[device]}, heard, connected)
    return found


def test_one_that_was_heard_well_is_there() -> None:
    assert only(Heard(FIRST, POLAR, -85, ("chest",))) == Unit("chest", "polar", State.HEARD, None)
    assert only(Heard(FIRST, POLAR, None, ("chest",))).why is None


def test_one_that_is_far_away_is_there_with_a_doubt() -> None:
    found = only(Heard(FIRST, POLAR, -86, ("chest",)))
    assert (found.state, found.why) == (State.HEARD, "heard, but weakly: links below -85 dBm do not last")


def test_one_that_advertises_as_another_device_is_doubted() -> None:
    found = only(Heard(FIRST, Advertisement("Movesense 123456789012"), -50, ("chest",)))
    assert found.state is State.HEARD
    assert (
        found.why == "heard, and by its advertisement it is a movesense, not a polar: mend `device`, or its `address`"
    )


def test_one_of_a_name_that_says_nothing_is_not_doubted() -> None:
    assert only(Heard(FIRST, Advertisement("my muscles"), -50, ("chest",)), device="openemsstim").why is None


def test_two_that_fit_one_alias_are_ambiguous() -> None:
    found = only(Heard(FIRST, POLAR, -50, ("chest",)), Heard(SECOND, POLAR, -50, ("chest",)))
    assert (found.state, found.why) == (State.AMBIGUOUS, "2 units in reach fit it; give it its `address`")


def test_one_that_is_connected_is_there() -> None:
    assert only(connected=(Connected(FIRST, None, ("chest",)),)).state is State.CONNECTED


def test_one_that_was_not_heard_is_told_with_what_its_kind_may_have() -> None:
    assert only(connected=(Connected(FIRST, None),)).state is State.NOT_HEARD
    assert "hold down both wheels" in (only(device="dglab_coyote3").why or "")


def test_one_that_only_advertises_may_rest() -> None:
    assert "may rest for weeks" in (only(device="bthome").why or "")
