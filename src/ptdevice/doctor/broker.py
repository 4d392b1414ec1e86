"""The broker, as it meets this gateway: whether it is there, lets it in, lets it say and hear what it must, and no more."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from ptdevice.broker import broker_of
from ptdevice.doctor import standing
from ptdevice.doctor.finding import error, fine, unknown, warning
from ptdevice.errors import BrokerError, BrokerLostError, BrokerRefusedError, PublishRefusedError
from ptdevice.mqtt.client import connect
from ptdevice.mqtt.topics import Message, Names

if TYPE_CHECKING:
    from ptdevice.config import Settings
    from ptdevice.doctor.finding import Finding
    from ptdevice.mqtt.client import Session

AREA = "broker"
ACL = "Look at the broker's access rules; `ptdevice mosquitto-config` writes some that fit."


async def examine(settings: Settings, boot_id: str) -> list[Finding]:
    """Connect as this gateway would, under a client id of its own, so that a daemon that runs is not thrown out.

    `boot_id` is this host's, by which the one that runs under the name of this gateway is known to be here.
    """
    gateway = settings.gateway
    names = Names(gateway.site, gateway.name, gateway.simulated)
    broker = broker_of(f"{gateway.name}-doctor", settings.mqtt)
    try:
        async with connect(broker) as session:
            await session.subscribe(names.command_filter)
            await session.publish(_harmless(names))
            said = [fine(AREA, f"{broker} is there, and speaks MQTT {'5' if session.protocol >= 5 else '3.1.1'}.")]
            said.append(await standing.examine(session, names, boot_id))
            # The last thing: Mosquitto 2.0.11 refuses, and then hangs up.
            said.append(await _elsewhere(session, names) if session.protocol >= 5 else _untold())
            return said
    except PublishRefusedError as refused:
        return [error(AREA, "broker_acl", f"{refused}", ACL)]
    except BrokerRefusedError as refused:
        return [
            error(AREA, "broker_refused", f"{refused}", "Mend what it says; `ptdevice check-config` knows the keys.")
        ]
    except BrokerLostError as lost:
        return [
            error(AREA, "broker_away", f"{lost}", "Start it, or mend mqtt.host and mqtt.port. Records wait on disk.")
        ]
    except BrokerError as trouble:
        return [error(AREA, "broker_acl", f"{trouble}", ACL)]


def _harmless(names: Names) -> Message:
    """Empty and not retained: nobody can take it for anything, and nothing stays."""
    return Message(f"{names.prefix}/diag/doctor", b"", qos=1)


def _untold() -> Finding:
    return unknown(AREA, "MQTT 3.1.1 cannot say whether it lets this gateway publish; watch that records arrive.")


async def _elsewhere(session: Session, names: Names) -> Finding:
    """What is another gateway's must be refused; there is none of this name."""
    other = Names(names.site, f"doctor-{secrets.token_hex(4)}", names.simulated)
    try:
        await session.publish(_harmless(other))
    except (PublishRefusedError, BrokerLostError):
        return fine(AREA, "It lets this gateway say what is its own, and nothing in the name of another.")
    text = "It lets this gateway say anything: whoever gets hold of one gateway, or of no password, speaks for all."
    return warning(AREA, "broker_open", text, ACL)
