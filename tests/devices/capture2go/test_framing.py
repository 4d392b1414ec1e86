"""A stream that is cut anywhere, with real-time packages in front, and the way back into it when something is lost."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.devices.vectors import load, named

from ptdevice.devices.capture2go import wire
from ptdevice.devices.capture2go.framing import Framing

VECTORS = load("capture2go")


def said(name: str) -> bytes:
    return named(VECTORS, name).data[1:]


IDLE, STARTED, CLEARED = said("idle, 80 %"), said("streaming"), said("stopped, and the buffer is forgotten")
REFUSED = said("refused: the wrong state to stop")
SAMPLES = said("eight samples at 50 Hz without magnetometer")
REAL_TIME = said("a real-time package of all nine axes")


def headers(framing: Framing, *notifications: bytes) -> list[int]:
    return [package.header for data in notifications for package in framing.feed(data)]


def test_several_packages_come_in_one_notification() -> None:
    assert headers(Framing(), b"\xff" + STARTED + IDLE + SAMPLES) == [0x0151, 0x0201, 0x0233]


@given(st.lists(st.integers(1, 60), max_size=12))
def test_a_stream_may_be_cut_anywhere(cuts: list[int]) -> None:
    stream, framing, found = IDLE + SAMPLES + STARTED + SAMPLES, Framing(), []
    for cut in cuts:
        found += headers(framing, b"\xff" + stream[:cut])
        stream = stream[cut:]
    found += headers(framing, b"\xff" + stream)
    assert found == [0x0201, 0x0233, 0x0151, 0x0233]
    assert framing.skipped == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_real_time_packages_come_first_and_do_not_break_the_stream(count: int) -> None:
    framing = Framing()
    first = bytes((0xFF - count,)) + REAL_TIME * count + SAMPLES[:50]
    assert headers(framing, first) == [0x0247] * count
    assert headers(framing, b"\xff" + SAMPLES[50:]) == [0x0233]


def test_after_a_lost_notification_the_stream_goes_on_at_the_next_package() -> None:
    framing = Framing()
    assert headers(framing, b"\xff" + SAMPLES[:50], b"\xff" + SAMPLES[90:] + IDLE + SAMPLES, b"\xff" + IDLE) == [
        0x0201,
        0x0233,
        0x0201,
    ]
    assert framing.skipped == len(SAMPLES) - 40


def test_a_package_with_a_wrong_bit_is_passed_over() -> None:
    framing = Framing()
    broken = bytearray(SAMPLES)
    broken[40] ^= 1
    assert headers(framing, b"\xff" + bytes(broken) + IDLE) == [0x0201]
    assert framing.skipped == len(SAMPLES)


def test_what_another_host_left_is_passed_over_in_silence_until_the_unit_has_forgotten_it() -> None:
    framing = Framing()
    framing.clear()
    assert headers(framing, b"\xff" + SAMPLES[30:] + SAMPLES + IDLE + SAMPLES[:70]) == [0x0201]
    assert headers(framing, b"\xff" + CLEARED + SAMPLES) == [0x0159, 0x0233]
    assert framing.skipped == 0


def test_a_refusal_to_forget_is_heard() -> None:
    framing = Framing()
    framing.clear()
    assert headers(framing, b"\xff" + SAMPLES[:70] + REFUSED) == [0xFFFF]


def test_a_real_time_package_that_is_none_is_refused() -> None:
    framing = Framing()
    with pytest.raises(wire.C2gError, match="cut short"):
        headers(framing, b"\xfe" + REAL_TIME[:-1])
    assert headers(framing, b"\xff" + IDLE) == [0x0201]


def test_a_notification_without_its_octet_is_refused() -> None:
    with pytest.raises(wire.C2gError, match="an empty notification"):
        headers(Framing(), b"")


@given(st.binary(max_size=3000))
def test_any_octets_leave_no_more_than_a_package_behind(data: bytes) -> None:
    framing = Framing()
    for at in range(0, len(data), 200):
        headers(framing, b"\xff" + data[at : at + 200])
        assert len(framing._buffer) < 244
    assert headers(framing, b"\xff" + bytes(244) + IDLE)[-1] == 0x0201


def test_of_a_stream_with_losses_every_whole_package_is_found() -> None:
    rng, framing, found = random.Random(5), Framing(), 0  # noqa: S311 - reproducible, not secret
    lost = 0
    stream = SAMPLES * 400
    for at in range(0, len(stream), 100):
        if rng.random() < 0.1:
            lost += 1
        else:
            found += len(headers(framing, b"\xff" + stream[at : at + 100]))
    assert lost > 20
    assert found >= 400 - 2 * lost - 1
