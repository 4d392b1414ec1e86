"""Why an advertisement is of no known device."""

from __future__ import annotations

import pytest

from ptdevice.ble.names import service_name
from ptdevice.devices.device import Advertisement
from ptdevice.devices.sig import assigned
from ptdevice.sightings.strangers import fitting, why_not

SERIAL = assigned(0xFFE0)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (Advertisement("Polar Vantage 12345678"), "not polar: a Polar of another model; known are Polar H10, Polar"),
        (Advertisement("HMSoft", frozenset({SERIAL})), "not bluetens: it has the service of one"),
        (Advertisement("WTVB01-BT50"), "not witmotion: a vibration sensor"),
        (Advertisement("47L120100"), "not dglab_coyote3: the vendor's wireless sensor"),
    ],
)  # fmt: skip
def test_what_nearly_fits_is_told_what_it_lacks(said: Advertisement, why: str) -> None:
    assert fitting(said) is None
    assert why_not(said, service_name).startswith(why)


def test_services_with_names_are_named_and_others_are_shown() -> None:
    own = "12345678-0000-4000-8000-00805f9b34fb"
    said = Advertisement("X", frozenset({assigned(0x180D), assigned(0xFD6F), own}))
    assert why_not(said, service_name) == (
        f"no known device has this name; has Heart Rate; unknown services 0xFD6F, {own}"
    )


def test_of_many_services_three_are_shown() -> None:
    said = Advertisement("X", frozenset(assigned(0xFD00 + number) for number in range(5)))
    assert why_not(said, service_name).endswith("unknown services 0xFD00, 0xFD01, 0xFD02 and 2 more")


def test_service_data_counts_as_a_service() -> None:
    said = Advertisement(None, service_data={assigned(0x180F): b""})
    assert why_not(said, service_name) == "it tells no name; has Battery Service"


def test_what_is_in_every_room_is_named_by_its_company() -> None:
    said = Advertisement(None, manufacturer_data={0x004C: b"\x10", 0x1234: b""})
    assert why_not(said, service_name) == "it tells no name; company Apple"
