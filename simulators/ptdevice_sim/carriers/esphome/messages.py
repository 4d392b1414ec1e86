"""The messages of ESPHome's native API. They are made at import (protobuf), so that no type checker knows them."""

from __future__ import annotations

from typing import Any

import aioesphomeapi.api_pb2 as made
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO

messages: Any = made
BY_TYPE: dict[int, Any] = dict(MESSAGE_TYPE_TO_PROTO)
TYPES: dict[Any, int] = {message: kind for kind, message in BY_TYPE.items()}
