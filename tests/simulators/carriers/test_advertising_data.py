from __future__ import annotations

import random

import pytest

from ptdevice.devices.sig import assigned
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.advertising_data import pack, parse
from ptdevice_sim.unit import Advertising
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

LONG = "646687fb-033f-9393-6ca2-0e9401adeb32"


def structures(octets: bytes) -> list[tuple[int, bytes]]:
    found = []
    while octets:
        length = octets[0]
        found.append((octets[1], octets[2 : length + 1]))
        octets = octets[length + 1 :]
    return found


def test_the_layout_is_that_of_the_core_specification_supplement() -> None:
    said = Advertising(b"ZC95", (assigned(0x180F),), {0x0822: b"\x01"}, tx_power=-4)
    # length, type, value: flags 0x06; complete name; complete list of 16-bit UUIDs; company, least octet first; TX power
    assert pack(said) == (bytes.fromhex("020106 05095a433935 03030f18 04ff220801 020afc".replace(" ", "")), b"")


def test_a_128_bit_uuid_goes_out_least_significant_octet_first() -> None:
    advertisement, _ = pack(Advertising(b"", (LONG,)))
    assert advertisement.hex() == "020106" + "1107" + "32ebad01940ea26c93933f03fb876664"


def test_padding_in_a_name_goes_on_air() -> None:
    advertisement, response = pack(BeurerEm70().advertising)
    assert (9, b"LT1102S\0\0") in structures(advertisement)
    assert response == b""


def test_what_does_not_fit_into_the_advertisement_goes_into_the_scan_response() -> None:
    advertisement, response = pack(PolarSensor(SyntheticBody(random.Random(1))).advertising)  # noqa: S311 - a seed, no secret
    assert len(advertisement) <= 31
    assert [kind for kind, _ in structures(advertisement)] == [0x01, 0x09, 0x03]
    assert [kind for kind, _ in structures(response)] == [0xFF]


@pytest.mark.parametrize("length", [29, 31, 100])
def test_what_fits_nowhere_is_an_error_that_names_the_unit(length: int) -> None:
    pack(Advertising(b"n" * 29))  # alone in the scan response
    with pytest.raises(ValueError, match="advertises more than fits"):
        pack(Advertising(b"n" * length, (LONG,), {1: bytes(20)}))


def test_what_is_parsed_is_what_was_packed() -> None:
    said = Advertising(b"bench", (assigned(0x180D), LONG), {0x006B: b"\1\2"}, tx_power=5)
    heard = parse([pair for octets in pack(said) for pair in structures(octets)], -50)
    assert heard.local_name == "bench"
    assert heard.service_uuids == [assigned(0x180D), LONG]
    assert heard.manufacturer_data == {0x006B: b"\1\2"}
    assert (heard.tx_power, heard.rssi) == (5, -50)


def test_a_name_ends_at_its_first_nul() -> None:
    assert parse([(0x09, b"LT1102S\0\0")], -50).local_name == "LT1102S"


def test_incomplete_lists_and_a_shortened_name_are_understood_too() -> None:
    heard = parse(
        [(0x08, b"Pol"), (0x02, b"\x0d\x18\x0f\x18"), (0x06, bytes.fromhex("32ebad01940ea26c93933f03fb876664"))], 0
    )
    assert heard.local_name == "Pol"
    assert heard.service_uuids == [assigned(0x180D), assigned(0x180F), LONG]


def test_a_list_that_is_cut_short_gives_what_is_whole() -> None:
    assert parse([(0x03, b"\x0d\x18\x0f")], 0).service_uuids == [assigned(0x180D)]
