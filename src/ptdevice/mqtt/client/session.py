"""An open connection, and what can be done with it."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import aiomqtt

from ptdevice.errors import BrokerLostError, BrokerRefusedError, PublishRefusedError
from ptdevice.mqtt.client.library import code
from ptdevice.mqtt.client.properties import subscribe_options
from ptdevice.mqtt.urgent import GATEWAY_NAMES, UNIT_NAMES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.mqtt.client.broker import Broker
    from ptdevice.mqtt.client.library import Client
    from ptdevice.mqtt.topics import Arrival, Message

WINDOW = 20  # unacknowledged publishes; more than 20 hang common brokers at QoS 2, and gain nothing at QoS 1
LESS = 64  # places for them when all others are taken
LESS_NAMES = UNIT_NAMES.keys() | GATEWAY_NAMES.keys()
OUTGOING = 256  # packets waiting for the socket, above which QoS 0 messages are dropped
# MQTT 5.0, section 2.4: not authorized, topic name invalid, packet too large (here: of a PUBACK), payload format invalid.
PERMANENT = frozenset({135, 144, 149, 153})
PACKET_TOO_LARGE = 149


class Session:
    """An open connection. `window` is what may be unacknowledged, `largest_packet` the broker's limit in bytes, if it told."""

    def __init__(self, broker: Broker, client: Client, protocol: int) -> None:
        self.protocol = protocol
        self.session_present = client.session_present
        self.window = min(WINDOW, client.told.get("ReceiveMaximum", WINDOW))
        self.largest_packet: int | None = client.told.get("MaximumPacketSize")
        self.incoming_dropped = 0
        self._broker = broker
        self._client = client
        self._acks = client.acks
        self._room = asyncio.Semaphore(self.window)
        self._lost: BrokerLostError | None = None
        self._ack_watch: asyncio.TimerHandle | None = None
        self._arrivals: asyncio.Queue[Arrival | None] = asyncio.Queue(broker.incoming + LESS + 1)
        client.arrived = self._arrived
        client.watch(self._on_lost)

    async def publish(self, message: Message) -> None:
        """Publish at QoS 1 and return when the broker has acknowledged.

        Raises PublishRefusedError (the broker refused this message) or BrokerLostError (the link is gone: nobody knows).
        """
        self._check_size(message)
        async with self._room:
            acknowledged = self._acks.expect(self._hand_over(message, qos=1))
            if self._ack_watch is None:
                self._watch_acks()
            reason = await acknowledged
        if reason is None:
            raise self._gone()
        if reason >= 128:
            raise PublishRefusedError(
                f"The broker {self._broker} refused a message on {message.topic} with reason {reason}. Check its access rules.",
                reason,
                permanent=reason in PERMANENT,
            )

    def send(self, message: Message) -> bool:
        """Hand over at QoS 0, without waiting. False: dropped, because the link is slow or gone, or the message too large."""
        if self._lost is not None or self._client.backlog() >= OUTGOING or self._too_large(message):
            return False
        try:
            self._hand_over(message, qos=0)
        except BrokerLostError:
            return False
        return True

    async def subscribe(self, topic_filter: str, *, retained: bool = False) -> None:
        """Subscribe at QoS 1; `retained`: what is retained is wanted, too. Raises BrokerRefusedError or BrokerLostError."""
        try:
            granted = await self._client.subscribe(
                topic_filter, **self._how(retained=retained), timeout=self._broker.ack_s
            )
        except aiomqtt.MqttError:
            self._on_lost("it did not answer a subscription")
            raise self._gone() from None
        if (task := asyncio.current_task()) is not None and task.cancelling():
            # The library waits by `asyncio.wait_for`, which in Python 3.11 forgets a cancellation that meets the answer.
            raise asyncio.CancelledError
        if any(code(reason) >= 128 for reason in granted):
            raise BrokerRefusedError(
                f"The broker {self._broker} refused the subscription to {topic_filter}. Check its rules."
            )

    def _how(self, *, retained: bool) -> dict[str, Any]:
        # The library takes the one or the other.
        return {"options": subscribe_options(retained=retained)} if self.protocol >= 5 else {"qos": 1}

    async def messages(self) -> AsyncIterator[Arrival]:
        """What arrives, in order, until the link is lost (raises BrokerLostError)."""
        while (arrival := await self._arrivals.get()) is not None:
            yield arrival
        raise self._gone()

    async def close(self) -> None:
        """Say goodbye if the link still stands, and let go of the socket in any case."""
        try:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._client.__aexit__(None, None, None)
        finally:
            self._on_lost("it was closed")
            self._client.drop()

    def _too_large(self, message: Message) -> bool:
        return self.largest_packet is not None and message.size > self.largest_packet

    def _check_size(self, message: Message) -> None:
        """A packet above the broker's limit would cost the connection (MQTT 5.0, 3.1.2.11.4), and the next one too."""
        if self._too_large(message):
            raise PublishRefusedError(
                f"A message on {message.topic} has {message.size} bytes, and the broker {self._broker} takes packets of "
                f"{self.largest_packet} at most. Raise its limit (of Mosquitto: max_packet_size, message_size_limit).",
                PACKET_TOO_LARGE,
                permanent=True,
            )

    def _watch_acks(self) -> None:
        """One timer for all that is not acknowledged, which looks at the oldest when that is due: one each costs too much."""
        loop = asyncio.get_running_loop()
        self._ack_watch = None
        if self._lost is not None or (since := self._acks.oldest()) is None:
            return
        if (due := since + self._broker.ack_s) <= loop.time():
            self._on_lost(f"it has not acknowledged a message for {self._broker.ack_s:g} s")
        else:
            self._ack_watch = loop.call_at(due, self._watch_acks)

    def _hand_over(self, message: Message, qos: int) -> int:
        if self._lost is not None:
            raise self._gone()
        packet_id = self._client.hand_over(message, qos)
        if packet_id is None:
            self._on_lost("it went away")
            raise self._gone()
        return packet_id

    def _arrived(self, arrival: Arrival) -> None:
        # A flood of requests must not keep a stop out: wishes for less current have places of their own.
        room = self._broker.incoming + (LESS if arrival.topic.rpartition("/")[2] in LESS_NAMES else 0)
        if self._arrivals.qsize() >= room:
            self.incoming_dropped += 1
        else:
            self._arrivals.put_nowait(arrival)

    def _on_lost(self, why: str) -> None:
        if self._lost is None:
            self._lost = BrokerLostError(f"The connection to the broker {self._broker} is lost: {why}.")
            self._acks.give_up()
            if self._ack_watch is not None:
                self._ack_watch.cancel()
            self._arrivals.put_nowait(None)

    def _gone(self) -> BrokerLostError:
        # A fresh exception for everyone who waits: a shared one would collect all their tracebacks.
        return (
            BrokerLostError(*self._lost.args)
            if self._lost
            else BrokerLostError("The connection to the broker is lost.")
        )
