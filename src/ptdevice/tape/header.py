"""The first line of a tape, checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ptdevice.tape.words import NAME_MAX, VERSION, Characteristic, Header, Service, Source

if TYPE_CHECKING:
    from collections.abc import Callable

Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Text = Annotated[str, Field(max_length=NAME_MAX)]
PropertyName = Annotated[
    str, Field(pattern=r"^[a-z][a-z-]{0,63}$")
]  # also those that only BlueZ has, e.g. "encrypt-read"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Characteristic(_Strict):
    uuid: Uuid
    properties: list[PropertyName]


class _Service(_Strict):
    uuid: Uuid
    characteristics: list[_Characteristic]


class _Header(_Strict):
    ptdevice_tape: int
    device: Word | None
    simulated: bool | None
    name: Text | None
    source: Literal["radio", "btsnoop"]
    software: Text
    start_s: Annotated[float, Field(ge=0, lt=1e12)] | None
    started: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")] | None
    ports: dict[Word, Uuid]
    gatt: list[_Service]


def parse_header(body: dict[str, Any], wrong: Callable[[str], NoReturn]) -> Header:
    """The header from its JSON object. Calls `wrong`, which raises, with the reason."""
    version = body.get("ptdevice_tape")
    if type(version) is not int or version < 1:
        wrong("not a tape: its first line has no ptdevice_tape")
    if version > VERSION:
        wrong(f"a tape of version {version}; this program reads up to {VERSION}: a newer ptdevice can")
    try:
        model = _Header.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        wrong(f"the header's {'.'.join(map(str, first['loc']))}: {first['msg']}")
    services = tuple(
        Service(service.uuid, tuple(Characteristic(c.uuid, frozenset(c.properties)) for c in service.characteristics))
        for service in model.gatt
    )
    return Header(
        device=model.device,
        simulated=model.simulated,
        name=model.name,
        services=services,
        source=Source(model.source),
        software=model.software,
        ports=model.ports,
        start_s=model.start_s,
        started=model.started,
    )
