"""What goes wrong, one after the other. Each gives back since when time counts (s since 1970), and who has to come back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence

from benchmarks.recovery.scene import UNITS, Scene

Case = Callable[[Scene], Awaitable[tuple[float, Sequence[str]]]]

ALL = tuple(UNITS)
ONE = ("chest",)
GIVEN_UP_S = 40.0  # by when a silent unit is given up


async def link_lost(scene: Scene) -> tuple[float, Sequence[str]]:
    """The link to one unit breaks."""
    since = time.time()
    scene.hosts["chest"].drop_link()
    return since, ONE


async def refused(scene: Scene) -> tuple[float, Sequence[str]]:
    """It breaks, and three connects after that are refused."""
    scene.hosts["chest"].faults.refuse_connects = 3
    return await link_lost(scene)


async def phone(scene: Scene) -> tuple[float, Sequence[str]]:
    """A phone holds the unit for 15 s: no link, no advertisement."""
    scene.hosts["chest"].vanish()
    await asyncio.sleep(15)
    scene.hosts["chest"].appear()
    return time.time(), ONE


async def frozen(scene: Scene) -> tuple[float, Sequence[str]]:
    """A unit is silent on its link until the daemon gives it up."""
    scene.hosts["chest"].freeze()
    await scene.until_not_online("chest", GIVEN_UP_S)
    scene.hosts["chest"].thaw()
    return time.time(), ONE


async def hanging_disconnect(scene: Scene) -> tuple[float, Sequence[str]]:
    """The same, and bluetoothd does not answer when it is told to disconnect, for 10 s more."""
    scene.manners.mute_disconnect = True
    scene.hosts["chest"].freeze()
    await scene.until_not_online("chest", GIVEN_UP_S)
    await asyncio.sleep(10)
    scene.hosts["chest"].thaw()
    scene.manners.mute_disconnect = False
    return time.time(), ONE


async def aborted(scene: Scene) -> tuple[float, Sequence[str]]:
    """The link breaks, and three connects after that end in le-connection-abort-by-local."""
    scene.manners.abort_by_local = 3
    return await link_lost(scene)


async def out_of_slots(scene: Scene) -> tuple[float, Sequence[str]]:
    """The link breaks, and for 15 s the adapter has no slot for another."""
    scene.manners.slots = len(UNITS) - 1
    scene.hosts["chest"].drop_link()
    await asyncio.sleep(15)
    scene.manners.slots = None
    return time.time(), ONE


async def bluetoothd_killed(scene: Scene) -> tuple[float, Sequence[str]]:
    """bluetoothd dies by SIGKILL, and is back after 2 s, its adapter 0.3 s later."""
    await scene.bluetoothd.crash()
    await asyncio.sleep(2)
    await scene.bluetoothd.restart(0.3)
    return time.time(), ALL


async def adapter_replugged(scene: Scene) -> tuple[float, Sequence[str]]:
    """The adapter is pulled out for 3 s."""
    scene.adapter.unplug()
    await asyncio.sleep(3)
    scene.adapter.plug()
    return time.time(), ALL


async def adapter_renumbered(scene: Scene) -> tuple[float, Sequence[str]]:
    """It is pulled out and put in again under another name, hci1 for hci0."""
    name = scene.adapter.name
    scene.bluetoothd.renumber(name, "hci1" if name == "hci0" else "hci0")
    return time.time(), ALL


async def adapter_off(scene: Scene) -> tuple[float, Sequence[str]]:
    """Somebody switches it off, and on after 5 s."""
    scene.adapter.power(on=False)
    await asyncio.sleep(5)
    scene.adapter.power(on=True)
    return time.time(), ALL


async def rfkill(scene: Scene) -> tuple[float, Sequence[str]]:
    """It is blocked by rfkill for 5 s."""
    scene.adapter.rfkill(blocked=True)
    await asyncio.sleep(5)
    scene.adapter.rfkill(blocked=False)
    return time.time(), ALL


async def in_progress(scene: Scene) -> tuple[float, Sequence[str]]:
    """All links break, and scans and connects are InProgress until it is switched off and on. From the beginning."""
    since = time.time()
    scene.manners.stuck = True
    for host in scene.hosts.values():
        host.drop_link()
    return since, ALL


async def deaf(scene: Scene) -> tuple[float, Sequence[str]]:
    """All links break, and scans hear nothing until it is switched off and on. From the beginning."""
    since = time.time()
    scene.manners.deaf = True
    for host in scene.hosts.values():
        host.drop_link()
    return since, ALL


async def dbus_restarted(scene: Scene) -> tuple[float, Sequence[str]]:
    """The D-Bus daemon and bluetoothd die and are back after 2 s."""
    await scene.restart_bus(2)
    return time.time(), ALL


async def broker_killed(scene: Scene) -> tuple[float, Sequence[str]]:
    """The broker dies by SIGKILL and is back after 2 s."""
    await scene.broker.kill()
    await asyncio.sleep(2)
    await scene.broker.start()
    return time.time(), ALL


async def broker_stands_still(scene: Scene) -> tuple[float, Sequence[str]]:
    """The broker says nothing for 15 s, three times the keepalive, with its connections open."""
    scene.broker.freeze()
    await asyncio.sleep(15)
    scene.broker.thaw()
    return time.time(), ALL


async def daemon_killed(scene: Scene) -> tuple[float, Sequence[str]]:
    """The daemon dies by SIGKILL; bluetoothd keeps its links, on which nobody is. From the start of the next."""
    await scene.stop_daemon(signal.SIGKILL)
    await asyncio.sleep(1)
    since = time.time()
    await scene.start_daemon()
    return since, ALL


CASES: dict[str, Case] = {
    case.__name__: case
    for case in (
        link_lost,
        refused,
        aborted,
        phone,
        frozen,
        hanging_disconnect,
        out_of_slots,
        bluetoothd_killed,
        dbus_restarted,
        adapter_replugged,
        adapter_renumbered,
        adapter_off,
        rfkill,
        in_progress,
        deaf,
        broker_killed,
        broker_stands_still,
        daemon_killed,
    )
}
