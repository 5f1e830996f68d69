"""Which size of network a training gets: by its family's formula where that is clear, by a few real steps where it is not."""

from __future__ import annotations

import torch

from desktop_app.engine import hardware, measuring
from desktop_app.engine.budget import choose_network
from desktop_app.engine.families import Family
from desktop_app.engine.families.declaration import Estimate, Shape
from desktop_app.engine.families.levers import Levers

DOUBT = 2.0
"""The formula decides where it is so many times away from what is asked for: processors differ from it by half and more."""
WORTH = 3.0
"""Minutes of training from which on the seconds are worth it that a few steps take."""


def chosen(family: Family, shape: Shape, settings: Levers, device: torch.device, minutes: float) -> Estimate:
    """The largest network that sees every item as often as its family asks for, at the speed measured here and now."""
    gflops = hardware.gflops(device)
    if minutes < WORTH:
        return choose_network(family, shape, minutes, gflops, family.passes)
    for network in reversed(family.networks):
        estimate = family.estimate(shape, network, minutes, gflops)
        if family.passes / DOUBT <= estimate.passes < family.passes * DOUBT:
            rate = measuring.rate(family, network, shape, settings, device, estimate.items_per_second)
            if rate is not None:
                estimate = family.estimate(shape, network, minutes, gflops * rate / estimate.items_per_second)
        if estimate.passes >= family.passes:
            return estimate
    return family.estimate(shape, family.networks[0], minutes, gflops)
