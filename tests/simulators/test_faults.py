from __future__ import annotations

import pytest

from ptdevice_sim.faults import Faults

VALUES = [bytes((i, i + 1, i + 2)) for i in range(200)]
PORT, OTHER = "port", "other"


def through(faults: Faults, values: list[bytes] = VALUES) -> list[tuple[float, bytes]]:
    return [arrived for value in values for arrived in faults.on_value(PORT, value)]


def test_a_good_link_changes_nothing() -> None:
    assert through(Faults()) == [(0.0, value) for value in VALUES]


def test_what_is_lost_is_counted_and_the_rest_comes_in_order() -> None:
    faults = Faults(loss=0.3)
    arrived = [value for _, value in through(faults)]
    assert len(arrived) + faults.lost == len(VALUES)
    assert 30 <= faults.lost <= 90
    assert arrived == sorted(arrived)


def test_a_duplicate_comes_right_after_the_value() -> None:
    assert through(Faults(duplicate=1.0), VALUES[:2]) == [(0.0, VALUES[0])] * 2 + [(0.0, VALUES[1])] * 2


def test_a_corrupt_value_differs_by_one_bit() -> None:
    for value, (_, arrived) in zip(VALUES, through(Faults(corrupt=1.0)), strict=True):
        assert sum((a ^ b).bit_count() for a, b in zip(value, arrived, strict=True)) == 1


def test_a_split_value_comes_in_two_pieces_that_make_the_whole() -> None:
    pieces = [value for _, value in through(Faults(split=1.0))]
    assert [pieces[i] + pieces[i + 1] for i in range(0, len(pieces), 2)] == VALUES
    assert all(pieces)


def test_a_value_of_one_octet_cannot_be_split() -> None:
    assert through(Faults(split=1.0), [b"\1"]) == [(0.0, b"\1")]


def test_merged_values_come_in_front_of_the_next_with_nothing_missing() -> None:
    faults = Faults(merge=0.5)
    arrived = [value for _, value in through(faults)]
    held = b"".join(faults._held.values())
    assert b"".join(arrived) + held == b"".join(VALUES)
    assert max(map(len, arrived)) >= 6


def test_values_of_different_characteristics_are_not_merged() -> None:
    faults = Faults(merge=1.0)
    assert faults.on_value(PORT, b"one") == []
    faults.merge, faults.loss = 0.0, 1e-12
    assert faults.on_value(OTHER, b"two") == [(0.0, b"two")]
    assert faults.on_value(PORT, b"three") == [(0.0, b"onethree")]


def test_what_was_held_back_does_not_outlive_the_link() -> None:
    faults = Faults(merge=1.0)
    faults.on_value(PORT, b"one")
    faults.on_disconnected()
    faults.merge, faults.loss = 0.0, 1e-12
    assert faults.on_value(PORT, b"two") == [(0.0, b"two")]


def test_a_late_value_tells_by_how_much() -> None:
    assert through(Faults(late=1.0, late_s=0.7), VALUES[:1]) == [(0.7, VALUES[0])]


def test_the_same_seed_brings_the_same_faults_and_another_brings_others() -> None:
    def bad(seed: int) -> list[tuple[float, bytes]]:
        return through(Faults(loss=0.1, duplicate=0.1, corrupt=0.1, split=0.1, merge=0.1, late=0.1, seed=seed))

    assert bad(3) == bad(3)
    assert bad(3) != bad(4)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_so_many_connects_are_refused_and_then_none(number: int) -> None:
    faults = Faults(refuse_connects=number)
    assert [faults.refuses_connect() for _ in range(6)] == [True] * number + [False] * (6 - number)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_so_many_discoveries_lose_the_link_and_then_none(number: int) -> None:
    faults = Faults(lose_during_discovery=number)
    assert [faults.loses_discovery() for _ in range(6)] == [True] * number + [False] * (6 - number)
