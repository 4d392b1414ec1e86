"""A web server for pages that are made in a moment: GET and nothing else, one request per connection, everything bounded.

It is for the machine itself or a network that is trusted: there is no encryption and no password, and nothing that needs one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

LARGEST = 4096  # octets of a request's head; Prometheus' has 300
REQUEST_S = 5.0  # from the first octet to the last answer
CONNECTIONS = 8  # at once; a ninth is turned away
BIND_AGAIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Page:
    """An answer."""

    status: HTTPStatus
    content_type: str
    body: str


class Server:
    """Serves `pages` by path at this host and port."""

    def __init__(
        self,
        host: str,
        port: int,
        pages: Mapping[str, Callable[[], Page]],
        *,
        request_s: float = REQUEST_S,
        bind_again_s: float = BIND_AGAIN_S,
    ) -> None:
        self.port: int | None = None  # the one it listens at
        self.listening = asyncio.Event()
        self._request_s, self._bind_again_s = request_s, bind_again_s
        self._host, self._wanted, self._pages = host, port, pages
        self._open = 0

    async def run(self) -> None:
        """Until cancelled. A port that cannot be had is no reason to end: it is told, and tried again."""
        told = False
        while True:
            try:
                server = await asyncio.start_server(self._serve, self._host, self._wanted, limit=LARGEST)
            except OSError as error:
                if not told:
                    log.error("metrics cannot be served at %s:%d: %s", self._host, self._wanted, error.strerror)  # noqa: TRY400 - a traceback says nothing more
                told = True
                await asyncio.sleep(self._bind_again_s)
                continue
            self.listening.set()
            self.port = server.sockets[0].getsockname()[1]
            log.info("metrics are served at http://%s:%d/metrics", self._host, self.port)
            async with server:
                await server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(self._request_s):
                page = self._turned_away() if self._open > CONNECTIONS else await self._answer(reader)
                if page is not None:
                    writer.write(_worded(page))
                    await writer.drain()
        except (TimeoutError, OSError):
            pass  # whoever asked is slow, or gone
        finally:
            self._open -= 1
            writer.close()
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(self._request_s):
                    await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader) -> Page | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            return _plain(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        except asyncio.IncompleteReadError:
            return None
        line = head.split(b"\r\n", 1)[0].split(b" ")
        if len(line) != 3 or not line[2].startswith(b"HTTP/1."):
            return _plain(HTTPStatus.BAD_REQUEST)
        method, target, _ = line
        page = self._pages.get(target.split(b"?", 1)[0].decode("ascii", "replace"))
        if page is None:
            return _plain(HTTPStatus.NOT_FOUND)
        return page() if method == b"GET" else _plain(HTTPStatus.METHOD_NOT_ALLOWED)

    def _turned_away(self) -> Page:
        return _plain(HTTPStatus.TOO_MANY_REQUESTS)


def _plain(status: HTTPStatus) -> Page:
    return Page(status, "text/plain; charset=utf-8", f"{status.phrase}\n")


def _worded(page: Page) -> bytes:
    body = page.body.encode()
    allow = "Allow: GET\r\n" if page.status is HTTPStatus.METHOD_NOT_ALLOWED else ""
    head = (
        f"HTTP/1.1 {page.status.value} {page.status.phrase}\r\nContent-Type: {page.content_type}\r\n"
        f"Content-Length: {len(body)}\r\n{allow}Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
