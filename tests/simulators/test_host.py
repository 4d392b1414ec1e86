"""The host of a simulated unit, with a carrier that only writes down what it is asked."""

from __future__ import annotations

import asyncio
import functools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from ptdevice.link import SIMULATED_SERVICE
from ptdevice_sim import virtual_time
from ptdevice_sim.faults import Faults
from ptdevice_sim.host import CONNECTION_TIMEOUT, Host
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from ptdevice_sim.unit import Output

ONE, TWO = "0000fff1-0000-1000-8000-00805f9b34fb", "0000fff2-0000-1000-8000-00805f9b34fb"


def in_virtual_time(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    @functools.wraps(test)
    def run() -> None:
        virtual_time.run(test(), start=1000.0)

    return run


@dataclass
class Metronome:
    """A unit that says what time it is, every second while it is connected, and repeats what it is told."""

    address: str = "C0:DE:00:00:00:07"
    advertising: Advertising = field(default_factory=lambda: Advertising(b"METRONOME"))
    services: tuple[Service, ...] = (
        Service("0000fff0-0000-1000-8000-00805f9b34fb", (Characteristic(ONE, frozenset({"notify"})),)),
    )
    mtu: int = 23
    next_beat: float | None = None
    heard: list[tuple[str, float]] = field(default_factory=list)
    wants: list[Output] = field(default_factory=list)

    def connected(self, now: float) -> Sequence[Output]:
        self.heard.append(("connected", now))
        self.next_beat = now + 1.0
        return ()

    def disconnected(self, now: float) -> None:
        self.heard.append(("disconnected", now))
        self.next_beat = None

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: FBT001 - Unit's shape
        self.heard.append(("on" if enabled else "off", now))
        return [Notify(uuid, b"hello")] if enabled else ()

    def read(self, uuid: str, now: float) -> bytes:
        if uuid != ONE:
            raise AttError(0x02)
        return f"{now:.0f}".encode()

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
        return [Notify(ONE, data), DropLink()] if data == b"bye" else [Notify(ONE, data)]

    def tick(self, now: float) -> Sequence[Output]:
        said, self.wants = self.wants, []
        while self.next_beat is not None and self.next_beat <= now:
            said.append(Notify(ONE, f"{self.next_beat:.0f}".encode()))
            self.next_beat += 1.0
        return said

    def next_due(self) -> float | None:
        return self.next_beat


class Paper:
    """A carrier of paper."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.sent: list[bytes] = []
        self.sent_at: list[float] = []
        self.drops: list[int] = []
        self.visible: list[bool] = []
        host.attach(self)

    def send(self, uuid: str, data: bytes) -> None:
        self.sent.append(data)
        self.sent_at.append(asyncio.get_running_loop().time())

    def drop(self, reason: int) -> None:
        self.drops.append(reason)
        self.host.on_disconnected()

    def readvertise(self) -> None:
        pass

    def advertise(self, visible: bool) -> None:  # noqa: FBT001 - Carrier's shape
        self.visible.append(visible)


def on_paper(faults: Faults | None = None) -> tuple[Metronome, Host, Paper]:
    unit = Metronome()
    host = Host(unit, faults)
    return unit, host, Paper(host)


def connect(host: Host) -> None:
    host.on_connected()
    host.on_subscribe(ONE, True)


def test_every_unit_carries_the_mark_of_simulation() -> None:
    async def main() -> tuple[str, ...]:
        host = Host(Metronome())
        return tuple(service.uuid for service in host.services)

    assert asyncio.run(main())[-1] == SIMULATED_SERVICE


@in_virtual_time
async def test_the_unit_is_ticked_when_it_is_due() -> None:
    _, host, paper = on_paper()
    connect(host)
    await asyncio.sleep(3.5)
    assert paper.sent == [b"hello", b"1001", b"1002", b"1003"]
    assert paper.sent_at == [1000.0, 1001.0, 1002.0, 1003.0]


@in_virtual_time
async def test_what_nobody_subscribed_to_is_counted_and_not_sent() -> None:
    _, host, paper = on_paper()
    host.on_connected()
    await asyncio.sleep(2.5)
    assert (paper.sent, host.unsubscribed) == ([], 2)


@in_virtual_time
async def test_a_subscription_can_be_ended() -> None:
    _, host, paper = on_paper()
    connect(host)
    host.on_subscribe(ONE, False)
    await asyncio.sleep(2.5)
    assert paper.sent == [b"hello"]


@in_virtual_time
async def test_subscriptions_end_with_the_link() -> None:
    unit, host, paper = on_paper()
    connect(host)
    host.on_disconnected()
    host.on_connected()
    await asyncio.sleep(2.5)
    assert paper.sent == [b"hello"]
    assert [what for what, _ in unit.heard] == ["connected", "on", "disconnected", "connected"]


@in_virtual_time
async def test_a_disconnected_unit_is_left_alone() -> None:
    _, host, paper = on_paper()
    connect(host)
    host.on_disconnected()
    await asyncio.sleep(10)
    assert paper.sent == [b"hello"]


@in_virtual_time
async def test_a_link_is_lost_once_however_often_it_is_told() -> None:
    unit, host, _ = on_paper()
    connect(host)
    host.on_disconnected()
    host.on_disconnected()
    assert [what for what, _ in unit.heard].count("disconnected") == 1


@in_virtual_time
async def test_reads_and_their_errors_are_the_unit_s() -> None:
    _, host, _ = on_paper()
    assert host.on_read(ONE) == b"1000"
    with pytest.raises(AttError):
        host.on_read(TWO)


@in_virtual_time
async def test_what_a_unit_answers_goes_out_after_the_write_is_answered() -> None:
    _, host, paper = on_paper()
    connect(host)
    host.on_write(ONE, b"question")
    assert paper.sent == [b"hello"]
    await asyncio.sleep(0)
    assert paper.sent == [b"hello", b"question"]
    assert host.writes == [(ONE, b"question")]


@in_virtual_time
async def test_a_unit_can_end_the_link() -> None:
    _, host, paper = on_paper()
    connect(host)
    host.on_write(ONE, b"bye")
    await asyncio.sleep(0)
    assert paper.drops == [0x13]
    assert not host.is_connected


@in_virtual_time
async def test_what_is_done_to_a_unit_from_outside_shows_when_it_is_poked() -> None:
    unit, host, paper = on_paper()
    connect(host)
    unit.wants = [Notify(ONE, b"a key was pressed")]
    host.poke()
    assert paper.sent == [b"hello", b"a key was pressed"]


@in_virtual_time
async def test_a_unit_out_of_reach_neither_advertises_nor_keeps_its_link() -> None:
    _, host, paper = on_paper()
    connect(host)
    host.vanish()
    assert (paper.visible, paper.drops, host.is_visible, host.is_connected) == (
        [False],
        [CONNECTION_TIMEOUT],
        False,
        False,
    )
    host.appear()
    assert (paper.visible, host.is_visible) == ([False, True], True)


@in_virtual_time
async def test_a_frozen_unit_is_silent_on_an_open_link_and_what_it_wanted_to_say_is_gone() -> None:
    _, host, paper = on_paper()
    connect(host)
    host.freeze()
    await asyncio.sleep(2.5)
    assert paper.sent == [b"hello"]
    assert host.is_connected
    host.thaw()
    await asyncio.sleep(1)
    assert paper.sent == [b"hello", b"1003"]


@in_virtual_time
async def test_after_close_nothing_happens_any_more() -> None:
    _, host, paper = on_paper(Faults(late=1.0, late_s=5.0))
    connect(host)
    await asyncio.sleep(1.5)
    host.close()
    await asyncio.sleep(20)
    assert paper.sent == []


@in_virtual_time
async def test_values_are_lost_as_the_faults_say() -> None:
    _, host, paper = on_paper(Faults(loss=1.0))
    connect(host)
    await asyncio.sleep(5.5)
    assert paper.sent == []
    assert host.faults.lost == 6


@in_virtual_time
async def test_a_late_value_holds_up_those_behind_it_for_a_link_keeps_its_order() -> None:
    _, host, paper = on_paper(Faults(late=0.5, late_s=2.5, seed=3))
    connect(host)
    await asyncio.sleep(60)
    sent = [int(value) for value in paper.sent if value != b"hello"]
    assert sent == list(range(1001, 1001 + len(sent)))
    assert len(sent) >= 57
    delays = [at - said for at, said in zip(paper.sent_at[1:], sent, strict=True)]
    assert max(delays) == pytest.approx(2.5, abs=0.01)
    assert min(delays) == 0.0


@in_virtual_time
async def test_values_keep_their_order_where_timers_go_off_late() -> None:
    unit, host, paper = on_paper(Faults(late=1.0, late_s=0.5))
    connect(host)
    await asyncio.sleep(1.1)
    asyncio.get_running_loop().jump(0.9)  # type: ignore[attr-defined] # the machine was busy: both are overdue
    unit.wants.append(Notify(ONE, b"after"))
    host.faults.late = 0.0
    host.poke()
    await asyncio.sleep(1.0)
    assert paper.sent[:4] == [b"hello", b"1001", b"after", b"1002"]


@in_virtual_time
async def test_a_late_value_of_one_link_does_not_arrive_in_the_next() -> None:
    _, host, paper = on_paper(Faults(late=1.0, late_s=5.0))
    connect(host)
    host.on_disconnected()
    host.faults.late = 0.0
    connect(host)
    await asyncio.sleep(1.5)
    assert paper.sent == [b"hello", b"1001"]
    await asyncio.sleep(5)
    assert paper.sent.count(b"hello") == 1


@in_virtual_time
async def test_only_so_many_late_values_are_remembered_as_are_under_way() -> None:
    _, host, _ = on_paper(Faults(late=1.0, late_s=2.5))
    connect(host)
    await asyncio.sleep(1000)
    assert len(host._delayed) <= 4
