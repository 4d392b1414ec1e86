"""TLS with a real Mosquitto and certificates that are made here: what is right works, what is wrong says what to do."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.mqtt.authority import Authority, Pair
from tests.mqtt.mosquitto import HOST, mosquitto
from tests.mqtt.peer import peer

from ptdevice.errors import BrokerLostError, BrokerRefusedError
from ptdevice.mqtt.client import Broker, Tls, connect
from ptdevice.mqtt.client.explaining import tls_trouble
from ptdevice.mqtt.topics import Message

if TYPE_CHECKING:
    from pathlib import Path

DEADLINE_S = 5.0
DAY = timedelta(days=1)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def listener(server: Pair, *, clients: Authority | None = None) -> str:
    lines = [f"certfile {server.certificate}", f"keyfile {server.key}"]
    if clients is not None:
        lines += [f"cafile {clients.certificate}", "require_certificate true"]
    return "\n".join(lines)


def broker(port: int, tls: Tls | None, host: str = HOST) -> Broker:
    return Broker(host, "pi-1", port, tls=tls)


def alert_116() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] tlsv13 alert certificate required")
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    return error


async def refusal(config: str, tls: Tls | None, host: str = HOST) -> str:
    """What is told when this broker is asked in this way."""
    async with mosquitto(listener=config) as server:
        with pytest.raises((BrokerRefusedError, BrokerLostError)) as told:
            async with asyncio.timeout(DEADLINE_S), connect(broker(server.port, tls, host)):
                pass
    return str(told.value)


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
async def test_the_right_authority_carries_messages(authority: Authority, version: str) -> None:
    config = f"{listener(authority.sign('broker', host=HOST))}\ntls_version {version}"
    ours = Tls(authority.certificate)
    async with mosquitto(listener=config) as server, connect(broker(server.port, ours)) as session:
        await session.subscribe("t/+")
        await session.publish(Message("t/x", bytes(50_000), qos=1))
        async with asyncio.timeout(DEADLINE_S):
            assert len((await anext(session.messages())).payload) == 50_000


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
async def test_a_certificate_of_ours_is_shown_where_the_broker_asks_for_one(authority: Authority, version: str) -> None:
    config = f"{listener(authority.sign('broker', host=HOST), clients=authority)}\ntls_version {version}"
    own = authority.sign("pi-1")
    ours = Tls(authority.certificate, own.certificate, own.key)
    async with mosquitto(listener=config) as server, connect(broker(server.port, ours)) as session:
        await session.publish(Message("t/x", b"", qos=1))


async def test_a_broker_of_an_unknown_authority_is_refused_with_the_key_to_set(
    authority: Authority, tmp_path: Path
) -> None:
    config = listener(authority.sign("broker", host=HOST))
    assert "signed by nobody that the system's authorities have. Set mqtt.ca_file" in await refusal(config, Tls())
    other = Authority(tmp_path, "another authority")
    told = await refusal(config, Tls(other.certificate))
    assert f"signed by nobody that {other.certificate} has. Set mqtt.ca_file" in told


@pytest.mark.parametrize("name", ["10.9.8.7", "broker.example"])
async def test_a_broker_with_another_name_is_refused_with_both_ways_out(authority: Authority, name: str) -> None:
    told = await refusal(listener(authority.sign("broker", host=name)), Tls(authority.certificate))
    assert f"its certificate is for another name than {HOST}. Set mqtt.host" in told


async def test_a_name_that_is_not_that_of_the_certificate_is_refused(authority: Authority) -> None:
    told = await refusal(
        listener(authority.sign("broker", host="broker.example")), Tls(authority.certificate), "localhost"
    )
    assert "its certificate is for another name than localhost." in told


async def test_a_broker_whose_certificate_has_expired_is_refused(authority: Authority) -> None:
    config = listener(authority.sign("broker", host=HOST, begins=-2 * DAY, ends=-DAY))
    assert "has expired, by this host's clock. Renew it" in await refusal(config, Tls(authority.certificate))


async def test_a_certificate_that_is_not_valid_yet_points_to_the_clock(authority: Authority) -> None:
    config = listener(authority.sign("broker", host=HOST, begins=DAY, ends=2 * DAY))
    assert "is not valid yet, by this host's clock. Is that set?" in await refusal(config, Tls(authority.certificate))


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
async def test_a_broker_that_asks_for_a_certificate_we_do_not_have_says_so(authority: Authority, version: str) -> None:
    config = f"{listener(authority.sign('broker', host=HOST), clients=authority)}\ntls_version {version}"
    assert "certificate of ours" in (told := await refusal(config, Tls(authority.certificate)))
    assert "mqtt.cert_file and mqtt.key_file" in told


async def test_what_the_broker_objects_to_after_the_handshake_is_told_too(authority: Authority) -> None:
    """In TLS 1.3 a client is done before the broker has looked for its certificate (RFC 8446, 2)."""
    pair = authority.sign("broker", host=HOST)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = ssl.TLSVersion.TLSv1_3

    async def strict(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard, said = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(heard, said, server_side=True)
        try:
            while True:
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                writer.write(said.read())
                heard.write(await reader.read(4096))
        except ssl.SSLError:
            writer.write(said.read())  # the alert
        await reader.read()  # whoever hangs up now would take it back

    async with peer(strict) as port:
        with pytest.raises(BrokerRefusedError, match=r"it asks for a certificate of ours\. Set mqtt\.cert_file"):
            async with connect(broker(port, Tls(authority.certificate))):
                pass


async def test_a_certificate_of_ours_that_nobody_there_trusts_is_named(authority: Authority, tmp_path: Path) -> None:
    config = listener(authority.sign("broker", host=HOST), clients=authority)
    own = Authority(tmp_path, "another authority").sign("pi-1")
    told = await refusal(config, Tls(authority.certificate, own.certificate, own.key))
    assert "our certificate" in told
    assert "mqtt.cert_file" in told


async def test_a_port_without_tls_is_told(authority: Authority) -> None:
    async with mosquitto() as server:
        with pytest.raises((BrokerRefusedError, BrokerLostError), match=r"8883|mqtt\.cert_file") as told:
            async with connect(broker(server.port, Tls(authority.certificate))):
                pass
        assert str(server.port) in str(told.value)


async def test_a_port_that_wants_tls_is_told(authority: Authority) -> None:
    assert "does it want TLS (mqtt.tls" in await refusal(listener(authority.sign("broker", host=HOST)), None)


@pytest.mark.parametrize(
    ("alert", "told"),
    [
        # The numbers are those of RFC 8446, section 6.
        (40, "it refuses to talk, most often because it asks for a certificate of ours"),
        (42, "refuses our certificate .*: it cannot be verified"),
        (43, "refuses our certificate .*: it is of a kind"),
        (44, "refuses our certificate .*: it is revoked"),
        (45, "refuses our certificate .*: it has expired"),
        (46, "refuses our certificate .*: it is not accepted"),
        (48, "refuses our certificate .*: its cafile does not have who signed it"),
        (70, r"speaks no TLS 1\.2 or newer"),
        (80, "(?i)internal error"),
        (116, "it asks for a certificate of ours"),
    ],
)
async def test_what_the_broker_objects_to_is_told_in_words(alert: int, told: str) -> None:
    async def objecting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(
            bytes([21, 3, 3, 0, 2, 2, alert])
        )  # a record of type alert, TLS 1.2, 2 octets: fatal (RFC 8446, 5.1)
        await writer.drain()
        await reader.read(1000)

    async with peer(objecting) as port:
        with pytest.raises(BrokerRefusedError, match=told):
            async with connect(broker(port, Tls())):
                pass


async def test_a_refused_certificate_of_ours_is_not_asked_for_again(authority: Authority) -> None:
    own = authority.sign("pi-1")
    told = tls_trouble(alert_116(), broker(8883, Tls(authority.certificate, own.certificate, own.key)))
    assert f"does not take our certificate {own.certificate}" in told


@pytest.mark.parametrize("which", ["ca_file", "cert_file", "key_file"])
async def test_a_tls_file_that_is_missing_is_named(authority: Authority, tmp_path: Path, which: str) -> None:
    own = authority.sign("pi-1")
    files = {"ca_file": authority.certificate, "cert_file": own.certificate, "key_file": own.key}
    async with mosquitto() as server:
        with pytest.raises(BrokerRefusedError, match=r"TLS files .*absent\.pem.*: No such file"):
            async with connect(broker(server.port, Tls(**files | {which: tmp_path / "absent.pem"}))):
                pass


async def test_a_key_of_another_certificate_is_told(authority: Authority) -> None:
    own, other = authority.sign("pi-1"), authority.sign("pi-2")
    with pytest.raises(OSError, match=r"pi-1\.pem and .*pi-2\.key: .*MISMATCH"):
        Tls(authority.certificate, own.certificate, other.key).context()


async def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(authority: Authority) -> None:
    own = authority.sign("pi-1", passphrase=b"hunter2")
    with pytest.raises(OSError, match=r"pi-1\.key is locked with a passphrase"):
        Tls(authority.certificate, own.certificate, own.key).context()


def test_there_is_no_way_not_to_verify() -> None:
    context = Tls().context()
    assert (context.check_hostname, context.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert {field.name for field in fields(Tls)} == {"ca_file", "cert_file", "key_file"}
