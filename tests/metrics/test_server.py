"""A web server that nobody can fill, stall or confuse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from ptdevice.metrics.server import CONNECTIONS, LARGEST, Page, Server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "127.0.0.1"


def page() -> Page:
    return Page(HTTPStatus.OK, "text/plain", "all is well: ä\n")


@contextlib.asynccontextmanager
async def serving(request_s: float = 5.0) -> AsyncIterator[int]:
    server = Server(HOST, 0, {"/metrics": page}, request_s=request_s)
    task = asyncio.create_task(server.run())
    try:
        async with asyncio.timeout(10):
            await server.listening.wait()
        assert server.port is not None
        yield server.port
    finally:
        task.cancel()
        await asyncio.wait([task])


async def ask(port: int, request: bytes) -> bytes:
    """The whole answer."""
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        with contextlib.suppress(ConnectionError):
            writer.write(request)
            await writer.drain()
            return await reader.read()
        return b""
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def test_a_page_comes_with_its_length_and_the_connection_ends() -> None:
    async with serving() as port:
        answer = await ask(port, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert body.decode() == "all is well: ä\n"
    assert f"Content-Length: {len(body)}".encode() in head
    assert b"Connection: close" in head


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", 200),
        (b"GET /elsewhere HTTP/1.1\r\n\r\n", 404),
        (b"GET /metrics/../etc HTTP/1.1\r\n\r\n", 404),
        (b"GET http://x/metrics HTTP/1.1\r\n\r\n", 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 405),
        (b"HEAD /metrics HTTP/1.1\r\n\r\n", 405),
        (b"get /metrics HTTP/1.1\r\n\r\n", 405),
        (b"GET /metrics\r\n\r\n", 400),
        (b"GET /metrics HTTP/2\r\n\r\n", 400),
        (b"\xff\xfe \xff HTTP/1.1\r\n\r\n", 404),
        (b"\r\n\r\n", 400),
        (b"GET /metrics HTTP/1.1\r\n" + b"X: " + b"y" * LARGEST + b"\r\n\r\n", 431),
        (b"x" * (2 * LARGEST), 431),
    ],
)
async def test_what_is_no_right_request_gets_its_status(request_: bytes, status: int) -> None:
    async with serving() as port:
        answer = await ask(port, request_)
    if status == 431 and not answer:
        return  # what was not read resets the connection, which may overtake the answer
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert (b"Allow: GET" in answer) == (status == 405)


async def test_somebody_who_says_nothing_is_let_go_and_nobody_waits_for_them() -> None:
    async with serving(request_s=0.5) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"GET /met")
        assert (await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")
        async with asyncio.timeout(20):
            assert await reader.read() == b""
        writer.close()


async def test_more_than_a_few_at_once_are_turned_away_and_the_others_served() -> None:
    async with serving() as port, contextlib.AsyncExitStack() as stack:
        for _ in range(CONNECTIONS):
            _, writer = await asyncio.open_connection(HOST, port)
            stack.callback(writer.close)
        answer = await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")
        assert not answer or answer.startswith(b"HTTP/1.1 429"), "what was not read resets the connection"
    async with serving() as port:
        assert (await ask(port, b"GET /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_port_that_is_taken_is_told_once_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        server = Server(HOST, taken.getsockname()[1], {"/metrics": page}, bind_again_s=0.05)
        task = asyncio.create_task(server.run())
        await asyncio.sleep(0.3)
        assert server.port is None
    async with asyncio.timeout(10):
        await server.listening.wait()
    task.cancel()
    await asyncio.wait([task])
    assert [record.levelno for record in caplog.records if record.levelno >= logging.ERROR] == [logging.ERROR]
