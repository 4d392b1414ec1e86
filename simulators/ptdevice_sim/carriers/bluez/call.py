"""One method call that waits for its answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbus_fast import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.carriers.bluez.words import Refusal


class Call:
    """Who asks what of which object. It is answered once, or never."""

    def __init__(self, message: Message, send: Callable[[Message], None]) -> None:
        self.sender = message.sender or ""
        self.path = message.path or ""
        self.interface = message.interface or ""
        self.member = message.member or ""
        self.arguments: list[Any] = message.body
        self._message, self._send = message, send

    def reply(self, signature: str = "", *body: Any) -> None:
        """It is done; this is the result."""
        self._send(Message.new_method_return(self._message, signature, list(body)))

    def reply_socket(self, descriptor: int, mtu: int) -> None:
        """It is done, and this is the client's end of a socket; it is closed here when it was sent."""
        self._send(Message.new_method_return(self._message, "hq", [0, mtu], [descriptor]))

    def answer(self, refusal: Refusal | None) -> None:
        """It is done, or not."""
        self.reply() if refusal is None else self.refuse(refusal)

    def refuse(self, refusal: Refusal) -> None:
        """It is not done."""
        self._send(Message.new_error(self._message, refusal.name, refusal.text))
