"""A lease has one absolute deadline. Pure."""

from __future__ import annotations

from math import inf

from ptdevice.stimulation.lease import Lease


def test_s22_it_passes_at_the_promised_moment_and_not_later() -> None:
    lease = Lease("token", 3.0, 100.0)
    assert not lease.passed(102.999)
    assert lease.passed(103.0)


def test_s22_holding_sets_a_new_deadline_from_now() -> None:
    lease = Lease("token", 3.0, 100.0)
    assert lease.hold(102.0)
    assert not lease.passed(104.9)
    assert lease.passed(105.0)


def test_s22_once_passed_it_cannot_be_held() -> None:
    lease = Lease("token", 3.0, 100.0)
    assert not lease.hold(103.0)
    assert lease.passed(103.0)


def test_s22_only_its_token_holds_it() -> None:
    lease = Lease("token", 3.0, 100.0)
    assert lease.is_held_by("token")
    assert not lease.is_held_by("tokem")
    assert not lease.is_held_by("")
    assert not lease.is_held_by("tökén")


def test_without_a_lease_it_never_passes() -> None:
    lease = Lease("token", None, 100.0)
    assert lease.until == inf
    assert lease.hold(1e9)
