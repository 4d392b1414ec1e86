"""What a gateway shows to those who look after it: `/metrics` for Prometheus, `/healthz` for one word. Opt-in (`[metrics]`)."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.metrics.exposition import CONTENT_TYPE, Facts, exposition
from ptdevice.metrics.server import Page, Server

if TYPE_CHECKING:
    from ptdevice.config.settings import Metrics
    from ptdevice.standing import Standing


def server_of(metrics: Metrics, standing: Standing) -> Server | None:
    """Where it is wanted."""
    if metrics.port is None:
        return None

    def numbers() -> Page:
        state, _ = standing.state
        stuck, adapters = (
            frozenset(standing.stuck()),
            {each.name: (each.state, each.code or "") for each in standing.adapters()},
        )
        tasks = len(asyncio.all_tasks())
        facts = Facts(__version__, state, standing.units(), stuck, standing.lag.scrape_s(), adapters, tasks)
        now = asyncio.get_running_loop().time()
        return Page(HTTPStatus.OK, CONTENT_TYPE, exposition(standing.counters(), facts, now))

    def health() -> Page:
        state, reason = standing.state
        status = HTTPStatus.OK if state == "online" else HTTPStatus.SERVICE_UNAVAILABLE
        return Page(status, "application/json", json.dumps({"state": state, "reason": reason}) + "\n")

    return Server(metrics.host, metrics.port, {"/metrics": numbers, "/healthz": health})
