"""What the simulated models of Polar offer. What is known and what was chosen: docs/devices/polar.md."""

from __future__ import annotations

from dataclasses import dataclass

from ptdevice.devices.polar import wire


@dataclass(frozen=True, slots=True)
class Offer:
    """What a model offers of one measurement (rates in Hz; ranges in g, deg/s or gauss).

    `factor` is what a count of compressed frames (type 0) is, in these units, as the bits of an f32; None for raw frames in
    thousandths of g (type 1).
    """

    rates: tuple[int, ...]
    ranges: tuple[int, ...]
    factor: int | None

    def settings(self) -> dict[int, list[int]]:
        """As a unit lists them."""
        listed = {wire.RATE: list(self.rates), wire.RESOLUTION: [16], wire.RANGE: list(self.ranges)}
        return listed if self.factor is None else listed | {wire.CHANNEL_COUNT: [3]}


@dataclass(frozen=True, slots=True)
class Model:
    """What a model offers and how it sends. `epoch_ns` is where its clock starts unless it was set."""

    offers: dict[int, Offer]
    frame_samples: int
    features: int
    epoch_ns: int


MODELS = {
    # since 2019-01-01T00:00Z
    "H10": Model({wire.ACC: Offer((25, 50, 100, 200), (2, 4, 8), None)}, 36, 0x05, 599_616_000_000_000_000),
    # since 2017-01-01T10:00Z
    "Sense": Model(
        {
            wire.ACC: Offer((52,), (8,), 0x397FDA40),  # 0.000244 g
            wire.GYRO: Offer((52,), (250, 500, 1000, 2000), 0x3D8F5C29),  # 0.07 deg/s
            wire.MAG: Offer((10, 20, 50, 100), (50,), 0x3AC80000),  # 0.00152588 G
        },
        50,
        0x6E,
        536_580_000_000_000_000,
    ),
}
