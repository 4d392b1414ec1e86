"""Which messages a golden file is about: MQTT filters, below the gateway's own prefix."""

from __future__ import annotations

PREFIX_LEVELS = 4  # root, version, site, gateway: see ptdevice.mqtt.topics.Names
# What a person or a record would miss. Not telemetry (lossy by design), not state (its times are renewed every ten seconds).
DEFAULT = ("evt/#", "status", "unit/+/availability")


def below_prefix(topic: str) -> str:
    """A topic without the levels that say which gateway spoke: `evt/alarm`, `unit/chest/state`."""
    return "/".join(topic.split("/")[PREFIX_LEVELS:])


def selects(patterns: tuple[str, ...], topic: str) -> bool:
    """Whether one of the filters (`+`: one level, `#`: the rest) takes this whole topic."""
    levels = topic.split("/")[PREFIX_LEVELS:]
    return any(_matches(pattern.split("/"), levels) for pattern in patterns)


def _matches(pattern: list[str], levels: list[str]) -> bool:
    for i, wanted in enumerate(pattern):
        if wanted == "#":
            return True  # MQTT 5.0, section 4.7.1.2: the parent level is meant too
        if i >= len(levels) or wanted not in {"+", levels[i]}:
            return False
    return len(pattern) == len(levels)
