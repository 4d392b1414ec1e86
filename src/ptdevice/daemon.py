"""The daemon: the host's radio, clocks and signals around one gateway.

`run` is production's main. `serve` is what it shares with every other main (the demo is one): it is given a function that opens
a link and does not know what is behind it. One task group reaches the caller: a bug anywhere ends the process loudly, and
systemd starts it again; trouble that is foreseen (a unit, the disk, the broker) ends nothing.

The end, in this order: units are let go, what is open is recorded, records reach the disk, what the broker can still take in a
second is sent, the gateway says `offline`. A second Ctrl-C cuts this short.
Where a unit is commanded its stop comes before all of that, also before a line of log; and a loop that stands still for two
seconds ends the process (`stalls`), for nothing else could stop a unit then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import secrets
import signal
import time
from typing import TYPE_CHECKING, Any

from ptdevice import __version__
from ptdevice.ble import resetting
from ptdevice.ble.care import Rules
from ptdevice.ble.ledger import Ledger
from ptdevice.ble.proxies import ProxyAt
from ptdevice.ble.radio import Radio
from ptdevice.broker import broker_of
from ptdevice.clock import Clock, host_boot_id, synchronised
from ptdevice.devices import CATALOGUE
from ptdevice.gateway import Gateway
from ptdevice.home_assistant import MEMORY, MemoryFile
from ptdevice.journal import Journal, uuid7
from ptdevice.logs import passing
from ptdevice.mqtt.client import connect
from ptdevice.mqtt.topics import Names
from ptdevice.orphans import stop_orphans
from ptdevice.outstanding import Outstanding
from ptdevice.stalls import watched
from ptdevice.systemd import Systemd
from ptdevice.upgrade import upgraded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.config import Settings
    from ptdevice.connection import OpenLink
    from ptdevice.latest import AdapterHealth

log = logging.getLogger(__name__)


async def run(settings: Settings, *, synced: Callable[[], bool] = synchronised) -> signal.Signals | None:
    """Serve with this host's Bluetooth until SIGTERM or SIGINT; returns which. Raises what `serve` raises.

    `synced` tells whether the host's clock is set.
    """
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[signal.Signals] = loop.create_future()

    def stop(number: signal.Signals) -> None:
        if not stopped.done():
            stopped.set_result(number)  # and nothing else here: not even a line of log comes before a unit's last stop
        # The next one is the operating system's own: whoever asks twice means it.
        for again in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(again)

    async with (
        Ledger(settings.journal.path, host_boot_id()) as ledger,
        Radio(
            adapters=settings.bluetooth.used,
            connect_timeout_s=settings.bluetooth.connect_timeout_s,
            rules=_rules(settings, ledger),
            proxies=[
                ProxyAt(name, proxy.host, proxy.port, None if proxy.key is None else proxy.key.get_secret_value())
                for name, proxy in settings.proxies.items()
            ],
        ) as radio,
    ):
        work = serve(settings, radio.open, synced=synced, adapters=radio.health)
        serving = asyncio.create_task(work, name="serve")
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        loop.add_signal_handler(signal.SIGUSR1, passing.everything)
        loop.add_signal_handler(signal.SIGUSR2, passing.as_configured)
        either: set[asyncio.Future[Any]] = {serving, stopped}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        finally:
            serving.cancel()
            await asyncio.wait({serving})
    if stopped.done():
        log.info("%s: stopped", stopped.result().name)
    if not serving.cancelled():
        serving.result()
    return stopped.result() if stopped.done() else None


def _rules(settings: Settings, ledger: Ledger) -> Rules:
    """What the configuration lets be done to adapters."""
    reset = settings.bluetooth.reset
    if reset and not resetting.installed():
        log.warning(
            "bluetooth.reset needs the extra `recovery`, which is not installed: pip install 'ptdevice[recovery]'"
        )
    return Rules(
        ledger,
        [unit.address for unit in settings.units.values() if unit.address is not None],
        policy=settings.bluetooth.power_cycle,
        reset=resetting.reset if reset and resetting.installed() else None,
    )


async def serve(
    settings: Settings,
    open_link: OpenLink,
    *,
    synced: Callable[[], bool] = synchronised,
    adapters: Callable[[], Sequence[AdapterHealth]] = tuple,
) -> None:
    """Observe, record and publish until cancelled. Raises JournalError where the journal cannot be opened.

    `adapters` tells how those of this host are, where there are any.
    """
    loop = asyncio.get_running_loop()
    rng = random.Random(secrets.randbits(64))  # noqa: S311 - jitter, no secret
    clock = Clock(host_boot_id(), mono=loop.time, wall=time.time_ns, synced=synced)
    broker = broker_of(settings.gateway.name, settings.mqtt)
    outstanding = Outstanding(settings.journal.path)
    orphans = await stop_orphans(outstanding, CATALOGUE, open_link)  # before anything else: they may be on
    log.info("ptdevice %s: units %s; broker %s", __version__, ", ".join(settings.units), broker)
    names = Names(settings.gateway.site, settings.gateway.name, settings.gateway.simulated)
    manager = Systemd(os.environ, os.getpid())
    await upgraded(settings.journal.path, manager)
    async with Journal.open(
        settings.journal.path,
        wall=time.time_ns,
        randbits=secrets.randbits,
        end_to_end=settings.mqtt.delivery == "end-to-end",
        max_mb=settings.journal.max_mb,
        names=names,
    ) as journal:
        gateway = Gateway(
            settings,
            journal,
            open_link,
            clock=clock,
            connect=lambda will: connect(broker, will),
            new_id=lambda: uuid7(time.time_ns(), secrets.randbits),
            rng=rng,
            outstanding=outstanding,
            orphans=orphans,
            manager=manager,
            memory=MemoryFile(settings.journal.path.with_suffix(MEMORY)),
        )
        gateway.standing.adapters = adapters
        async with watched() if gateway.commanding.commanders else contextlib.nullcontext():
            await gateway.run()
