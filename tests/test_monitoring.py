"""A whole gateway as Prometheus and a health check see it."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from tests.clinic import CONFIG, Clinic, in_virtual_time
from tests.metrics.test_exposition import read

from ptdevice.config.settings import Metrics
from ptdevice.monitoring import server_of

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.metrics.server import Page


def get(clinic: Clinic, path: str) -> Page:
    server = server_of(Metrics(port=1), clinic.gateway.standing)
    assert server is not None
    return server._pages[path]()


def test_without_a_port_nothing_is_served(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        assert server_of(Metrics(), clinic.gateway.standing) is None
        await asyncio.sleep(0)

    in_virtual_time(story, tmp_path)


def test_the_numbers_of_a_gateway_at_work_are_read_by_the_reference_parser(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(20)
        answer = get(clinic, "/metrics")
        assert answer.status is HTTPStatus.OK
        found = read(answer.body)
        assert found["ptdevice_unit_packets_total", (("unit", "chest"),)] > 50
        assert found["ptdevice_unit_online", (("unit", "back"),)] == 1
        assert found["ptdevice_mqtt_connected", ()] == 1
        assert found["ptdevice_loop_tasks", ()] == len(asyncio.all_tasks())
        assert 0 <= found["ptdevice_journal_last_commit_age_seconds", ()] < 20
        assert found["ptdevice_unit_last_packet_age_seconds", (("unit", "chest"),)] < 1

    in_virtual_time(story, tmp_path)


def test_no_label_tells_who_somebody_is(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(20)
        labels = {label for _, labels in read(get(clinic, "/metrics").body) for label, _ in labels}
        assert labels <= {"unit", "pair", "side", "state", "availability", "code", "version"}
        text = get(clinic, "/metrics").body + get(clinic, "/healthz").body
        assert "k3f7q" not in text

    in_virtual_time(story, tmp_path)


def test_health_says_what_the_status_says(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(5)
        assert get(clinic, "/healthz").status is HTTPStatus.OK
        assert json.loads(get(clinic, "/healthz").body) == {"state": "online", "reason": None}
        clinic.gateway.recorder.refused = 3
        await asyncio.sleep(2)
        answer = get(clinic, "/healthz")
        assert answer.status is HTTPStatus.SERVICE_UNAVAILABLE
        said = clinic.said("/pi-1/status")[-1]
        assert json.loads(answer.body) == {"state": said["state"], "reason": said["reason"]}

    in_virtual_time(story, tmp_path, config=CONFIG)
