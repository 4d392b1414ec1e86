"""Units behind an ESPHome proxy: the real client of bleak-esphome against a simulated proxy on loopback."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tests.ble.scaffold import BENCH, promptly, unit_number
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.esphome import Proxy
from ptdevice.ble.proxies import ProxyAt
from ptdevice.ble.radio import Radio
from ptdevice.ble.station import Manner, Station
from ptdevice.errors import LinkError, LinkLostError, RadioError
from ptdevice.link import Selector, Write
from ptdevice_sim.carriers.esphome.air import EsphomeAir
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.faults import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.latest import AdapterHealth
    from ptdevice.link import Link

KEY = "QRTIErOb/fcE9Ukd/5qA3RGYMn0Y+p06U58SCtOXvPc="  # an example of ESPHome's documentation
OTHER_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@asynccontextmanager
async def radio_by(air: EsphomeAir, key: str | None = None, own: InProcessAir | None = None) -> AsyncIterator[Radio]:
    """One adapter of this host, and the proxy."""
    at = ProxyAt("hall", "127.0.0.1", air.port, key)
    own = own or InProcessAir()
    async with Radio(scanner_backend=own.scanner_backend, client_backend=own.client_backend, proxies=[at]) as radio:
        yield radio


@asynccontextmanager
async def linked(radio: Radio, unit: BenchUnit, adapter: str | None = "hall") -> AsyncIterator[Link]:
    async with promptly(), radio.open(BENCH, Selector(unit.address, adapter=adapter)) as link:
        yield link


def health(radio: Radio) -> AdapterHealth:
    (one,) = radio.health()
    return one


async def refused(radio: Radio, unit: BenchUnit, adapter: str | None = "hall") -> LinkError:
    """Why there is no link."""
    with pytest.raises(LinkError) as caught:
        async with linked(radio, unit, adapter):
            pass
    return caught.value


# --- links ---


@pytest.mark.parametrize("key", [None, KEY])
async def test_a_unit_is_reached_through_a_proxy_in_the_clear_or_encrypted(key: str | None) -> None:
    async with EsphomeAir(key) as air, radio_by(air, key) as radio:
        unit = BenchUnit()
        host = air.publish(unit)
        async with linked(radio, unit) as link:
            unit.say(b"one", b"two")
            host.poke()
            assert [(await link.receive()).data for _ in range(2)] == [b"one", b"two"]
            assert link.simulated
        await until(lambda: not host.is_connected)


async def test_a_unit_is_written_and_read_through_it() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        unit = BenchUnit()
        host = air.publish(unit)
        async with linked(radio, unit) as link:
            await link.write(Write("value", b"new"))
            await link.read("value")
            assert (await link.receive()).data == unit.value
        assert host.writes == [(BENCH.ports[1].uuid, b"new")]


async def test_a_link_that_breaks_behind_it_is_lost_and_made_anew() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        unit = BenchUnit()
        host = air.publish(unit)
        async with linked(radio, unit) as link:
            host.drop_link()
            with pytest.raises(LinkLostError):
                await link.receive()
        async with linked(radio, unit):
            assert unit.connects == 2


async def test_a_unit_that_refuses_to_connect_is_told_as_such_and_no_fault_of_the_proxy() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        unit = BenchUnit()
        air.publish(unit, Faults(refuse_connects=1))
        assert (await refused(radio, unit)).code == "connect_failed"
        async with linked(radio, unit):
            assert health(radio).state == "ok"


async def test_other_units_come_and_go_while_one_holds_its_link() -> None:
    # The firmware ends every link once nobody subscribes to advertisements any more.
    async with EsphomeAir() as air, radio_by(air) as radio:
        first, second = unit_number(1), unit_number(2)
        host = air.publish(first)
        air.publish(second)
        async with linked(radio, first) as link:
            async with linked(radio, second):
                pass
            first.say(b"still here")
            host.poke()
            assert (await link.receive()).data == b"still here"


async def test_a_unit_is_another_one_once_its_services_are() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        unit = BenchUnit()
        host = air.publish(unit)
        async with linked(radio, unit) as link:
            assert link.simulated
        host.services = host.services[:1]
        async with linked(radio, unit) as link:
            assert not link.simulated


# --- which way ---


async def test_a_unit_that_is_bound_to_nothing_is_reached_by_whoever_hears_it() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with linked(radio, unit, adapter=None):
            assert len(air.links) == 1


async def test_a_unit_whose_stop_may_be_owed_is_never_reached_through_a_proxy() -> None:
    own = InProcessAir()
    async with EsphomeAir() as air, radio_by(air, own=own) as radio:
        unit = BenchUnit()
        far = air.publish(unit)
        async with linked(radio, unit):
            pass  # the proxy does reach it
        await until(lambda: not far.is_connected)
        own.publish(BenchUnit())
        async with promptly(), radio.open(BENCH, Selector(unit.address, adapter="hall", urgent=True)):
            assert (own.hosts[unit.address].is_connected, far.is_connected) == (True, False)


# --- slots ---


async def test_a_proxy_without_a_free_slot_is_told_before_it_is_tried() -> None:
    async with EsphomeAir(slots=2) as air, radio_by(air) as radio:
        units = [unit_number(number) for number in range(1, 4)]
        for unit in units:
            air.publish(unit)
        async with linked(radio, units[0]), linked(radio, units[1]):
            error = await refused(radio, units[2])
            assert error.code == "out_of_slots"
            assert str(error).startswith("proxy hall has no connection free, as it tells itself")
        async with linked(radio, units[2]):
            assert units[2].connects == 1


async def test_slots_that_others_take_are_not_ours() -> None:
    async with EsphomeAir(slots=3) as air, radio_by(air) as radio:
        air.foreign = {1, 2, 3}
        unit = BenchUnit()
        air.publish(unit)
        await until(lambda: health(radio).state == "ok")
        assert (await refused(radio, unit)).code == "out_of_slots"
        air.foreign = {1, 2}
        air.free()
        await until(lambda: not radio.stations[1].admission.slots.full(0.0))
        async with linked(radio, unit):
            pass


# --- the proxy itself ---


async def test_a_proxy_that_loses_its_power_ends_its_links_and_is_taken_up_when_it_is_back() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with linked(radio, unit) as link:
            await air.off()
            with pytest.raises(LinkLostError) as told:
                await link.receive()
            assert told.value.code == "proxy_away"
        assert (await refused(radio, unit)).code == "proxy_away"
        assert (health(radio).state, health(radio).code) == ("trouble", "proxy_away")
        await air.on()
        await until(lambda: health(radio).state == "ok")
        async with linked(radio, unit):
            assert unit.connects == 2


async def test_whoever_waits_for_a_unit_is_told_when_the_proxy_goes() -> None:
    async with EsphomeAir() as air, radio_by(air) as radio:
        await until(lambda: health(radio).state == "ok")
        waiting = asyncio.create_task(refused(radio, BenchUnit()))
        await until(radio.stations[1].wanted)
        await air.off()
        assert (await waiting).code == "proxy_away"


async def test_a_proxy_that_is_not_there_is_told_with_what_to_do_and_keeps_no_adapter_from_its_work() -> None:
    own = InProcessAir()
    async with EsphomeAir() as air:
        await air.off()
        async with radio_by(air, own=own) as radio:
            unit = BenchUnit()
            own.publish(unit)
            async with linked(radio, unit, adapter=None):
                pass
            await until(lambda: health(radio).text is not None and "is not reached" in (health(radio).text or ""))
            assert (await refused(radio, unit)).code == "proxy_away"
            assert "power and Wi-Fi" in (health(radio).fix or "")


@pytest.mark.parametrize(("of_the_proxy", "ours"), [(KEY, OTHER_KEY), (KEY, None), (None, KEY)])
async def test_a_key_that_does_not_fit_is_told_and_never_shown(of_the_proxy: str | None, ours: str | None) -> None:
    async with EsphomeAir(of_the_proxy) as air, radio_by(air, ours) as radio:
        error = await refused(radio, BenchUnit())
        assert error.code == "proxy_refused"
        assert "key" in (health(radio).fix or "")
        for key in (KEY, OTHER_KEY):
            assert key not in str(error)


async def test_a_proxy_that_serves_another_client_is_told_and_taken_up_when_that_is_gone() -> None:
    async with EsphomeAir() as air:
        air.serves_another = True
        proxy = Proxy(ProxyAt("hall", "127.0.0.1", air.port), first_s=0.05, insist_s=(0.05,))
        running = asyncio.create_task(proxy.run(Station(proxy, Manner())))
        await until(lambda: proxy.health.code == "proxy_busy")
        with pytest.raises(RadioError, match="it serves another client") as told:
            await proxy.look()
        assert told.value.code == "proxy_busy"
        air.serves_another = False
        await until(lambda: proxy.health.state == "ok")
        assert await proxy.look() == "hall"
        running.cancel()
        await asyncio.wait({running})


async def test_a_proxy_that_may_not_connect_is_refused_with_what_it_lacks() -> None:
    async with EsphomeAir() as air:
        air.features &= ~2
        async with radio_by(air) as radio:
            error = await refused(radio, BenchUnit())
            assert error.code == "proxy_refused"
            assert "lacks active_connections" in str(error)


async def test_older_firmware_that_does_not_say_how_it_scans_is_used_all_the_same() -> None:
    async with EsphomeAir() as air:
        air.features &= ~64
        async with radio_by(air) as radio:
            unit = BenchUnit()
            air.publish(unit)
            async with linked(radio, unit):
                pass


async def test_nothing_is_left_when_the_radio_is_closed() -> None:
    async with EsphomeAir() as air:
        unit = BenchUnit()
        host = air.publish(unit)
        async with radio_by(air) as radio, linked(radio, unit):
            assert host.is_connected
        await until(lambda: not air.sessions and not host.is_connected)
        assert air.connections == 1
