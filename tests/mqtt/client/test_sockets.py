from __future__ import annotations

import select
import socket
from typing import TYPE_CHECKING

import pytest

from ptdevice.mqtt.client.sockets import BufferedSocket

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def ends() -> Iterator[tuple[BufferedSocket, socket.socket]]:
    near, far = socket.socketpair()
    with BufferedSocket(fileno=near.detach()) as buffered, far:
        buffered.setblocking(False)
        yield buffered, far


def test_what_came_is_read_piece_by_piece_and_in_order(ends: tuple[BufferedSocket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"\x40\x02\x00\x07\x40\x02\x00\x08")
    assert [near.recv(1), near.recv(1), near.recv(2), near.recv(100)] == [
        b"\x40",
        b"\x02",
        b"\x00\x07",
        b"\x40\x02\x00\x08",
    ]


def test_the_kernel_is_asked_once_and_what_is_held_is_told(ends: tuple[BufferedSocket, socket.socket]) -> None:
    near, far = ends
    far.sendall(b"abcd")
    assert near.held == 0
    near.recv(1)
    assert near.held == 3
    assert select.select([near], [], [], 0)[0] == []  # the kernel has nothing more
    near.recv(3)
    assert near.held == 0


def test_nothing_there_and_nothing_any_more_are_told_apart(ends: tuple[BufferedSocket, socket.socket]) -> None:
    near, far = ends
    with pytest.raises(BlockingIOError):
        near.recv(1)
    far.sendall(b"last")
    far.close()
    assert near.recv(10) == b"last"
    assert near.recv(10) == b""
