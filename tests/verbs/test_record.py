"""`ptdevice record` on the command line."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ptdevice.cli import main
from ptdevice.devices import CATALOGUE
from ptdevice.errors import RadioError
from ptdevice.link import Selector
from ptdevice.recording import Order, Recorded

if TYPE_CHECKING:
    from ptdevice.verbs.record import Record

ADDRESS = "C0:DE:1A:2B:3C:4D"
DONE = Recorded(10, 1000, 1, 0, 0, 0)


def noting(orders: list[tuple[Order, str | None]]) -> Record:
    async def record(order: Order, adapter: str | None) -> Recorded:
        orders.append((order, adapter))
        return DONE

    return record


def test_the_order_is_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    orders: list[tuple[Order, str | None]] = []
    arguments = ["record", "polar", "-o", "x.tape", "--address", ADDRESS, "--seconds", "7200", "--adapter", "hci1"]
    assert main([*arguments, "--simulated", "--date"], environ={}, record=noting(orders)) == 0
    wanted = Order(CATALOGUE["polar"], Selector(ADDRESS), Path("x.tape"), 7200.0, simulated=True, dated=True)
    assert orders == [(wanted, "hci1")]
    assert capsys.readouterr().err == f"x.tape: {DONE}\n"


def test_without_more_it_is_a_minute_of_the_only_real_unit_undated() -> None:
    orders: list[tuple[Order, str | None]] = []
    assert main(["record", "beurer_em70", "-o", "x.tape"], environ={}, record=noting(orders)) == 0
    assert orders == [(Order(CATALOGUE["beurer_em70"], Selector(), Path("x.tape"), 60.0), None)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["polar"], "-o/--output"),
        (["fridge", "-o", "x"], "invalid choice: 'fridge'"),
        (["polar", "-o", "x", "--seconds", "nan"], "'nan' is not a number from 1 to 86400"),
        (["polar", "-o", "x", "--seconds", "86401"], "'86401' is not a number"),
        (["polar", "-o", "x", "--address", ADDRESS, "--name", "y"], "not allowed with argument"),
    ],
)
def test_wrong_usage_exits_2_with_the_reason(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["record", *arguments], environ={})
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


def test_trouble_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    async def record(order: Order, adapter: str | None) -> Recorded:
        raise RadioError("Bluetooth is not available")

    assert main(["record", "polar", "-o", "x"], environ={}, record=record) == 1
    told = capsys.readouterr().err
    assert told.endswith("ptdevice: Bluetooth is not available\nptdevice: sudo ptdevice doctor looks for the cause\n")


def test_an_interruption_before_it_began_is_no_traceback() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell lets what it starts in the background ignore it

    async def record(order: Order, adapter: str | None) -> Recorded:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(10)
        return DONE

    assert main(["record", "polar", "-o", "x"], environ={}, record=record) == 130
