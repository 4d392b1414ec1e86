"""A whole gateway whose records count as delivered when a consumer says so."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from tests.clinic import CONFIG, Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
END_TO_END = CONFIG + '[mqtt]\ndelivery = "end-to-end"\nconsumer = "db"\n'


def report(clinic: Clinic, through: int, **changes: Any) -> None:
    body = {"consumer": "db", "epoch": clinic.journal.epoch, "sequence": through, "highest": through} | changes
    clinic.broker.ask(Arrival(f"{PREFIX}/ack", json.dumps(body).encode()))


def sequences(clinic: Clinic) -> list[int]:
    heard = [message for message in clinic.broker.heard if message.topic.startswith(f"{PREFIX}/evt/")]
    return [int(json.loads(message.payload)["sequence"]) for message in heard]


def test_the_policy_is_told_and_reports_are_listened_to(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/pi-1/status"), within_s=5)
        assert clinic.said("/pi-1/status")[0]["delivery"] == "end-to-end"
        told = clinic.said("/pi-1/delivery")[0]
        assert (told["policy"], told["consumer"], told["epoch"]) == ("end-to-end", "db", clinic.journal.epoch)
        assert clinic.broker.session is not None
        assert f"{PREFIX}/ack" in clinic.broker.session.topics

    in_virtual_time(story, tmp_path, config=END_TO_END)


def test_where_the_broker_s_word_counts_nobody_listens_to_reports(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/pi-1/status"), within_s=5)
        assert clinic.said("/pi-1/status")[0]["delivery"] == "broker"
        assert clinic.broker.session is not None
        assert f"{PREFIX}/ack" not in clinic.broker.session.topics

    in_virtual_time(story, tmp_path, config=CONFIG + '[mqtt]\nconsumer = "db"\n')


def test_what_the_consumer_lacks_goes_out_again_and_the_rest_is_delivered(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: len(sequences(clinic)) >= 6, within_s=300)
        await clinic.gateway.courier.drain()
        newest = clinic.journal.newest
        report(clinic, 2, highest=newest, gaps=[[3, 4]], again=True)
        await clinic.until(lambda: sequences(clinic).count(4) == 2, within_s=30)
        assert [sequences(clinic).count(row) for row in (1, 2, 3, 5)] == [1, 1, 2, 1]
        counts = await clinic.journal.counts()
        assert counts.sent == 2
        assert counts.told >= newest - 2
        report(clinic, newest)
        await asyncio.sleep(5)
        assert (await clinic.journal.counts()).sent == newest

    in_virtual_time(story, tmp_path, config=END_TO_END)


def test_a_range_is_sent_again_when_asked_for_over_mqtt(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: len(sequences(clinic)) >= 4, within_s=300)
        await clinic.gateway.courier.drain()
        body = {"id": "1", "requester": "test", "epoch": clinic.journal.epoch, "from": 2, "to": 3}
        clinic.broker.ask(Arrival(f"{PREFIX}/cmd/gateway/resend", json.dumps(body).encode()))
        await clinic.until(lambda: clinic.said("/res/test"), within_s=10)
        assert clinic.said("/res/test")[-1]["state"] == "done"
        await clinic.until(lambda: sequences(clinic).count(3) == 2, within_s=10)
        assert sequences(clinic).count(1) == 1

    in_virtual_time(story, tmp_path)


def test_a_parked_record_degrades_the_gateway_until_it_gets_another_try(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/pi-1/status"), within_s=5)
        topic = f"{PREFIX}/evt/exercise/repetition"
        clinic.broker.refused[topic] = 135
        await clinic.until(lambda: clinic.said("/pi-1/status")[-1]["state"] == "degraded", within_s=300)
        assert "parked" in clinic.said("/pi-1/status")[-1]["reason"]
        parked = clinic.said("/pi-1/delivery")[-1]["parked"]
        assert parked[0]["reason"] == "refused by the broker with reason 135"
        await clinic.until(lambda: clinic.said("/evt/exercise/set"), within_s=300)  # those behind it went on
        del clinic.broker.refused[topic]
        first = parked[0]["sequence"]
        body = {"id": "1", "requester": "t", "epoch": clinic.journal.epoch, "from": first, "to": 2**53 - 1}
        clinic.broker.ask(Arrival(f"{PREFIX}/cmd/gateway/resend", json.dumps(body).encode()))
        await clinic.until(lambda: clinic.said("/pi-1/status")[-1]["state"] == "online", within_s=30)
        await clinic.until(lambda: first in sequences(clinic), within_s=30)
        assert clinic.said("/pi-1/delivery")[-1]["parked_records"] == 0

    in_virtual_time(story, tmp_path)
