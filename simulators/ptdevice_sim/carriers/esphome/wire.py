"""How messages of ESPHome's native API stand in a TCP stream, as the device reads and writes them: in the clear, or by Noise.

In the clear: a zero, the length and the type as varints, and the message. Encrypted: a one, the length in two octets, and what
Noise (NNpsk0, 25519, ChaCha20-Poly1305, SHA-256) makes of type, length and message. Written from what ESPHome's client does
(aioesphomeapi); the device is the responder.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from noise.connection import NoiseConnection  # type: ignore[import-untyped] # it has no types

if TYPE_CHECKING:
    import asyncio

NOISE = b"Noise_NNpsk0_25519_ChaChaPoly_SHA256"
PROLOGUE = b"NoiseAPIInit\x00\x00"
STRANGE = b"Bad indicator byte"  # the firmware's words to who speaks otherwise
CLEAR, ENCRYPTED = 0, 1  # the first octet of a frame


class RefusedError(ConnectionError):
    """The client speaks otherwise than this device, or has another key."""


class Wire(Protocol):
    """Frames of one connection."""

    async def begin(self) -> None:
        """Whatever precedes the first message. Raises RefusedError."""
        ...

    async def receive(self) -> tuple[int, bytes]:
        """The next message's type and octets. Raises EOFError, OSError, RefusedError."""
        ...

    def pack(self, kind: int, message: bytes) -> bytes:
        """A message as octets for the stream."""
        ...


class Clear:
    """Not encrypted."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def begin(self) -> None:
        """Nothing."""

    async def receive(self) -> tuple[int, bytes]:
        """The next message's type and octets. Raises EOFError, OSError, RefusedError."""
        if (await self._reader.readexactly(1))[0] != CLEAR:
            self._writer.write(bytes((CLEAR,)) + STRANGE)
            raise RefusedError("the client encrypts, this device does not")
        length, kind = await self._varint(), await self._varint()
        return kind, await self._reader.readexactly(length)

    def pack(self, kind: int, message: bytes) -> bytes:
        """A message as octets for the stream."""
        return bytes((CLEAR,)) + _varint(len(message)) + _varint(kind) + message

    async def _varint(self) -> int:
        value = shift = 0
        while True:
            octet = (await self._reader.readexactly(1))[0]
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                return value
            shift += 7


class Encrypted:
    """With a key that both sides have."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: str, name: str) -> None:
        self._reader, self._writer, self._name = reader, writer, name
        self._noise = NoiseConnection.from_name(NOISE)
        self._noise.set_as_responder()
        self._noise.set_psks(base64.b64decode(key))
        self._noise.set_prologue(PROLOGUE)
        self._noise.start_handshake()

    async def begin(self) -> None:
        """The handshake. Raises RefusedError."""
        await self._frame()  # the client's greeting says nothing
        self._writer.write(_frame(b"\x01" + self._name.encode() + b"\0"))
        try:
            self._noise.read_message((await self._frame())[1:])
        except InvalidTag:
            self._writer.write(_frame(b"\x01Handshake MAC failure"))
            raise RefusedError("the client has another key") from None
        self._writer.write(_frame(b"\x00" + bytes(self._noise.write_message())))

    async def receive(self) -> tuple[int, bytes]:
        """The next message's type and octets. Raises EOFError, OSError, RefusedError."""
        plain = bytes(self._noise.decrypt(await self._frame()))
        return int.from_bytes(plain[:2], "big"), plain[4:]

    def pack(self, kind: int, message: bytes) -> bytes:
        """A message as octets for the stream."""
        plain = kind.to_bytes(2, "big") + len(message).to_bytes(2, "big") + message
        return _frame(bytes(self._noise.encrypt(plain)))

    async def _frame(self) -> bytes:
        head = await self._reader.readexactly(3)
        if head[0] != ENCRYPTED:
            self._writer.write(_frame(b"\x01" + STRANGE))
            raise RefusedError("the client does not encrypt, this device does")
        return await self._reader.readexactly(int.from_bytes(head[1:], "big"))


def _frame(content: bytes) -> bytes:
    return bytes((ENCRYPTED,)) + len(content).to_bytes(2, "big") + content


def _varint(value: int) -> bytes:
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*octets, value))
