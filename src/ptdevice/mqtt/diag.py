"""What the gateway says of how it gets on, for `diag/health`. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ptdevice.mqtt import contract, topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ptdevice.latest import AdapterHealth, StageHealth


def health(
    names: topics.Names,
    counters: Mapping[str, float | None],
    stages: Mapping[str, StageHealth] | None = None,
    adapters: Iterable[AdapterHealth] = (),
    *,
    stamp: topics.Stamp,
    audit_head: str | None = None,
) -> topics.Message:
    """Progress by stage. Retained, so that whoever asks late still sees the last."""
    finite = {name: None if value is None or not math.isfinite(value) else value for name, value in counters.items()}
    body = contract.Health(
        counters=finite,
        boot_id=stamp.boot_id,
        simulated=names.simulated,
        time=stamp.rfc3339(),
        audit_head=audit_head,
        stages={
            name: contract.Stage(
                state=stage.state,
                since=stamp.rfc3339(stage.since),
                progress=None if stage.progress is None else stamp.rfc3339(stage.progress),
                text=stage.text,
            )
            for name, stage in (stages or {}).items()
        },
        adapters={
            each.name: contract.Adapter(
                state=each.state, since=stamp.rfc3339(each.since), code=each.code, text=each.text, fix=each.fix
            )
            for each in adapters
        },
    )
    return topics.retained(f"{names.prefix}/diag/health", body)
