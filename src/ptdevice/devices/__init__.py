"""The catalogue of devices: a dict, because a dict is greppable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import (
    beurer_em70,
    bluetens,
    bthome,
    capture2go,
    dglab_coyote3,
    health_thermometer,
    movella_dot,
    movesense,
    openemsstim,
    polar,
    thingy52,
    witmotion,
    yokonex_ems,
)

if TYPE_CHECKING:
    from ptdevice.devices.device import Profile

CATALOGUE: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        beurer_em70.PROFILE,
        bluetens.PROFILE,
        bthome.PROFILE,
        capture2go.PROFILE,
        dglab_coyote3.PROFILE,
        health_thermometer.PROFILE,
        movella_dot.PROFILE,
        movesense.PROFILE,
        openemsstim.PROFILE,
        polar.PROFILE,
        thingy52.PROFILE,
        witmotion.PROFILE,
        yokonex_ems.PROFILE,
    )
}
