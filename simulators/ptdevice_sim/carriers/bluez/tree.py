"""The objects on the bus, and the signals that tell of their changes. Whatever changes here is announced, in this order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbus_fast import Message, MessageType, Variant

from ptdevice_sim.carriers.bluez import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Properties = dict[str, Variant]
    Interfaces = dict[str, Properties]


class Tree:
    """path → interface → property → value. `send` takes the signals."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        self.objects: dict[str, Interfaces] = {}
        self._send = send

    def add(self, path: str, interfaces: Interfaces) -> None:
        """A new object."""
        self.objects[path] = {words.INTROSPECTABLE: {}, **interfaces, words.PROPERTIES: {}}
        self._signal("/", words.OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", path, _copy(self.objects[path]))

    def remove(self, path: str) -> None:
        """It is gone, and before it everything below it."""
        for child in self.children(path):
            self.remove(child)
        interfaces = self.objects.pop(path)
        self._signal("/", words.OBJECT_MANAGER, "InterfacesRemoved", "oas", path, list(interfaces))

    def children(self, path: str) -> list[str]:
        """The objects directly below."""
        return [other for other in self.objects if other.rpartition("/")[0] == path]

    def snapshot(self) -> dict[str, Interfaces]:
        """All objects as they are now."""
        return {path: _copy(interfaces) for path, interfaces in self.objects.items()}

    def change(self, path: str, interface: str, properties: Properties, invalidated: Iterable[str] = ()) -> None:
        """Properties have new values, or none any more."""
        known = self.objects[path][interface]
        known.update(properties)
        gone = [name for name in invalidated if known.pop(name, None) is not None]
        if properties or gone:
            self._signal(path, words.PROPERTIES, "PropertiesChanged", "sa{sv}as", interface, properties, gone)

    def get(self, path: str, interface: str, name: str) -> Variant:
        """One value. Raises Refusal."""
        if path not in self.objects:
            raise words.unknown_object(path)
        try:
            return self.objects[path][interface][name]
        except KeyError:
            raise words.Refusal("org.freedesktop.DBus.Error.InvalidArgs", f"No such property '{name}'") from None

    def get_all(self, path: str, interface: str) -> Properties:
        """All values of one interface. Raises Refusal."""
        if interface not in self.objects.get(path, {}):
            raise words.Refusal("org.freedesktop.DBus.Error.InvalidArgs", f"No such interface '{interface}'")
        return dict(self.objects[path][interface])

    def _signal(self, path: str, interface: str, member: str, signature: str, *body: object) -> None:
        self._send(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=list(body),
            )
        )


def _copy(interfaces: Interfaces) -> Interfaces:
    """What is sent must not change while it waits to be sent."""
    return {interface: dict(properties) for interface, properties in interfaces.items()}
