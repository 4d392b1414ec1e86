"""A flood of requests fills what waits to be read; a wish for less current is still taken in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from ptdevice.mqtt.client.broker import Broker
from ptdevice.mqtt.client.session import Session
from ptdevice.mqtt.topics import Arrival


async def test_s04_a_stop_behind_a_hundred_requests_that_nobody_has_read_is_not_dropped() -> None:
    client: Any = SimpleNamespace(session_present=False, told={}, acks=None, watch=lambda _: None)
    session = Session(Broker("localhost", "gateway"), client, 5)
    for _ in range(100):
        client.arrived(Arrival("p/cmd/gateway/ping", b""))
    for name in ("back/stop", "back/pause", "back/lower", "gateway/stop_all"):
        client.arrived(Arrival(f"p/cmd/{name}", b""))
    assert session.incoming_dropped == 36
    read = [(await anext(session.messages())).topic for _ in range(68)]
    assert [topic.rpartition("/")[2] for topic in read[64:]] == ["stop", "pause", "lower", "stop_all"]
