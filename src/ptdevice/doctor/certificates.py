"""The certificates between this gateway and its broker: whose they are, and until when they last."""

from __future__ import annotations

import asyncio
import re
import ssl
from typing import TYPE_CHECKING

from ptdevice.broker import broker_of
from ptdevice.doctor.finding import error, fine, unknown, warning
from ptdevice.mqtt.client.explaining import EXPIRED, NOT_YET_VALID, OTHER_NAME, UNKNOWN_AUTHORITY, tls_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.config import Mqtt
    from ptdevice.doctor.asking import Ask
    from ptdevice.doctor.finding import Finding
    from ptdevice.mqtt.client import Tls

AREA = "tls"
SOON_DAYS = 30
CONNECT_S = 5.0
RENEW = "Renew it; `ptdevice mosquitto-config` writes a script that makes certificates."
CODES = {
    EXPIRED: "tls_expired",
    NOT_YET_VALID: "tls_not_yet_valid",
    **dict.fromkeys(OTHER_NAME, "tls_name"),
    **dict.fromkeys(UNKNOWN_AUTHORITY, "tls_authority"),
}
UNVERIFIED = "tls_unverified"


async def examine(mqtt: Mqtt, ask: Ask, now_s: float) -> list[Finding]:
    """Ask the broker for its certificate, and look at ours. `now_s` is the wall time. Nothing where TLS is off."""
    broker = broker_of("doctor", mqtt)
    if broker.tls is None:
        return []
    try:
        context = broker.tls.context()
        ends = await _shown(mqtt.host, mqtt.port, context)
    except ssl.SSLCertVerificationError as wrong:
        code = CODES.get(wrong.verify_code, UNVERIFIED)
        return [error(AREA, code, tls_trouble(wrong, broker), "Do as it says, at the broker or in [mqtt].")]
    except (OSError, TimeoutError):
        return []  # what else is wrong is found when it is connected to
    found = list(_lasting("the broker's certificate", ends, now_s))
    if broker.tls.ca_file is not None:
        authorities = [str(each["notAfter"]) for each in context.get_ca_certs()]
        if authorities:
            soonest = min(ssl.cert_time_to_seconds(each) for each in authorities)
            found += _lasting("the authority's certificate (mqtt.ca_file)", soonest, now_s)
    return [*found, *await _own(broker.tls, ask, now_s)]


async def _shown(host: str, port: int, context: ssl.SSLContext) -> float | None:
    """When the certificate that the broker shows ends (wall time). Raises OSError and TimeoutError."""
    async with asyncio.timeout(CONNECT_S):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    try:
        shown = writer.get_extra_info("peercert") or {}
        return ssl.cert_time_to_seconds(shown["notAfter"]) if "notAfter" in shown else None
    finally:
        writer.transport.abort()  # nobody said anything yet, and nobody needs a goodbye


async def _own(tls: Tls, ask: Ask, now_s: float) -> list[Finding]:
    if tls.cert_file is None:
        return []
    said = await ask("openssl", "x509", "-noout", "-enddate", "-in", str(tls.cert_file))
    found = re.search(r"^notAfter=(.+)$", said or "", re.MULTILINE)
    if found is None:
        return [unknown(AREA, "openssl does not say until when our own certificate (mqtt.cert_file) lasts.")]
    return list(_lasting("our own certificate (mqtt.cert_file)", ssl.cert_time_to_seconds(found[1]), now_s))


def _lasting(whose: str, ends_s: float | None, now_s: float) -> Iterator[Finding]:
    if ends_s is None:
        return
    days = int((ends_s - now_s) // 86_400)
    if days < 0:
        yield error(AREA, "tls_expired", f"{whose.capitalize()} has expired.", RENEW)
    elif days < SOON_DAYS:
        yield warning(AREA, "tls_expires_soon", f"{whose.capitalize()} lasts {days} days more.", RENEW)
    else:
        yield fine(AREA, f"{whose.capitalize()} lasts {days} days more.")
