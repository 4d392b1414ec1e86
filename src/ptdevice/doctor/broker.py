"""The broker, as it meets this gateway: whether it is there, lets it in, and lets it say and hear what it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.broker import broker_of
from ptdevice.doctor.finding import error, fine, unknown
from ptdevice.errors import BrokerError, BrokerLostError, BrokerRefusedError, PublishRefusedError
from ptdevice.mqtt.client import connect
from ptdevice.mqtt.topics import Message, Names

if TYPE_CHECKING:
    from ptdevice.config import Settings
    from ptdevice.doctor.finding import Finding

AREA = "broker"
ACL = "Look at the broker's access rules; `ptdevice mosquitto-config` writes some that fit."


async def examine(settings: Settings) -> list[Finding]:
    """Connect as this gateway would, under a client id of its own, so that a daemon that runs is not thrown out."""
    gateway = settings.gateway
    names = Names(gateway.site, gateway.name, gateway.simulated)
    broker = broker_of(f"{gateway.name}-doctor", settings.mqtt)
    try:
        async with connect(broker) as session:
            await session.subscribe(names.command_filter)
            # Empty and not retained: nobody can take it for anything, and nothing stays.
            await session.publish(Message(f"{names.prefix}/diag/doctor", b"", qos=1))
            version = "5" if session.protocol >= 5 else "3.1.1"
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
    said = [fine(AREA, f"{broker} is there, and speaks MQTT {version}.")]
    if session.protocol < 5:
        said.append(
            unknown(AREA, "MQTT 3.1.1 cannot say whether it lets this gateway publish; watch that records arrive.")
        )
    return said
