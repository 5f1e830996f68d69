"""How much of a graphics card a training uses: pictures a second, and the share of the card's own matrix rate.

    python -m tests.benchmarks.gpu [--networks medium large] [--batches 32 128] [--device cuda|cpu] [--quick]

The card's rate is that of one large bfloat16 product, measured in the same call. Diffusion at 64 pixels learns pictures, at
256 their latents. Where the diffusers library is installed, the network of its recipe for unconditional pictures
(`train_unconditional.py`, mixed precision) is measured beside it at its own batch of 16. Without a card it says so and ends.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from desktop_app.engine import families, hardware, measuring
from desktop_app.engine.batches import to_float
from desktop_app.engine.families.declaration import Shape
from desktop_app.engine.families.learner import Learner, Moment, factory
from desktop_app.engine.stepper import lower_precision
from tests.benchmarks import results
from tests.benchmarks.results import Result, conclude, number, table

ITEMS, STEPS = 1000, 10
WIDTHS = (128, 128, 256, 256, 512, 512)


@dataclass(frozen=True)
class Found:
    """One training: what it is, weights, 10⁹ operations of a picture (forward and backward), seconds of a step."""

    name: str
    pixels: int
    batch: int
    weights: int
    gflop: float
    seconds: float

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return self.batch / self.seconds

    def row(self, peak: float) -> list[str]:
        """Its cells; ``peak`` in 10¹² operations a second."""
        reached = self.rate * self.gflop / 1e3
        cells = [self.name, f"{self.pixels}", f"{self.batch}", f"{self.weights / 1e6:.1f} M", f"{self.gflop:.2f}"]
        return [*cells, f"{self.rate:,.0f}", number(reached), f"{reached / peak:.1%}"]


def matrix_rate(device: torch.device, side: int) -> float:
    """10¹² operations a second of a bfloat16 product of squares."""
    one = torch.randn(side, side, device=device, dtype=torch.bfloat16)
    other = torch.randn_like(one)
    return 2 * side**3 / seconds_of(lambda: one @ other, device) / 1e12


def seconds_of(step: Callable[[], object], device: torch.device, steps: int = STEPS) -> float:
    """Median seconds, once it is warm."""
    took = list[float]()
    for number_ in range(steps + 3):
        start = time.perf_counter()
        step()
        hardware.synchronise(device)
        if number_ >= 3:
            took.append(time.perf_counter() - start)
    return statistics.median(took)


def ours(network: str, pixels: int, batch: int, device: torch.device) -> Found:
    """A step of Gensmith's diffusion as a run takes it, reading included."""
    family, shape = families.get("diffusion"), Shape(pixels, 3, 0, ITEMS)
    settings = measuring.usual(family).model_copy(update={"batch_size": batch})
    context = measuring.context(network, shape, settings, device)
    learner = factory(family.learner)(context)
    stored, steps = measuring._stored(shape, batch).to(device), _moments(learner)

    def step() -> None:
        learner.train_step(to_float(stored, device).contiguous(memory_format=context.layout), None, next(steps))

    learner.begin()
    step()
    cost = family.estimate(shape, network, 1.0, 1.0)
    return Found(f"Gensmith, {network}", pixels, batch, cost.parameters, cost.gflop_per_item, seconds_of(step, device))


def _moments(learner: Learner) -> Iterator[Moment]:
    """The part of a run in which latents are learned, where there is one before it."""
    step = getattr(learner, "first_part", 0)
    while True:
        yield Moment(step, 1.0)
        step += 1


def diffusers(pixels: int, batch: int, device: torch.device, widths: tuple[int, ...] = WIDTHS) -> Found:
    """A step of the recipe: the noise predicted, mean squared error, AdamW, gradients clipped, an average kept."""
    from diffusers import DDPMScheduler, UNet2DModel
    from diffusers.training_utils import EMAModel

    down, up = ["DownBlock2D"] * len(widths), ["UpBlock2D"] * len(widths)
    down[-2], up[1] = "AttnDownBlock2D", "AttnUpBlock2D"
    model = UNet2DModel(
        sample_size=pixels, in_channels=3, out_channels=3, layers_per_block=2, block_out_channels=widths,
        down_block_types=tuple(down), up_block_types=tuple(up),
    ).to(device)  # fmt: skip
    average, levels = EMAModel(model.parameters(), use_ema_warmup=True), DDPMScheduler(num_train_timesteps=1000)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.95, 0.999), weight_decay=1e-6)
    clean = torch.rand(batch, 3, pixels, pixels, device=device) * 2 - 1

    def step() -> None:
        noise, level = torch.randn_like(clean), torch.randint(0, 1000, (batch,), device=device)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
            found = model(levels.add_noise(clean, noise, level), level).sample
        F.mse_loss(found.float(), noise).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        average.step(model.parameters())

    weights = sum(weight.numel() for weight in model.parameters())
    return Found("diffusers, recipe", pixels, batch, weights, 3 * _forward(model, clean[:1]), seconds_of(step, device))


def _forward(model: nn.Module, clean: Tensor) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(clean, torch.zeros(len(clean), dtype=torch.long, device=clean.device))
    return float(counter.get_total_flops()) / len(clean) / 1e9


def main(words: list[str] | None = None) -> int:
    """Measure and report; nothing is promised of cards in general."""
    options = parser().parse_args(words)
    if options.device == "cuda" and not torch.cuda.is_available():
        print("There is no graphics card here that could be measured.")
        return 0
    device, begun = torch.device(options.device), time.perf_counter()
    torch.backends.cudnn.benchmark = True
    if options.quick:
        options.networks, options.batches, options.pixels, options.side = ["tiny"], [2], [64], 256
    peak = matrix_rate(device, options.side)
    found = [
        ours(network, pixels, batch, device)
        for pixels in options.pixels
        for network in options.networks
        for batch in options.batches
    ]
    if importlib.util.find_spec("diffusers") is not None and not options.quick:
        found += [diffusers(pixels, 16, device) for pixels in options.pixels]
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "the processor"
    kind = str(lower_precision("auto", device) or torch.float32).removeprefix("torch.")
    how = f"On {name}, in {kind}: a bfloat16 product of {options.side:,} by {options.side:,} reaches {number(peak)} TFLOP/s."
    head = ["Training", "Pixels", "Batch", "Weights", "GFLOP a picture", "Pictures a second", "TFLOP/s", "Of the card's rate"]
    body = table(head, [one.row(peak) for one in found])
    result = Result("gpu", "A training on a graphics card", how, [], body, time.perf_counter() - begun)
    return conclude(result, options.out, quick=options.quick)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m tests.benchmarks.gpu", description=(__doc__ or "").split("\n\n")[0])
    made.add_argument("--networks", nargs="+", default=["medium", "large"])
    made.add_argument("--batches", nargs="+", type=int, default=[32, 128])
    made.add_argument("--pixels", nargs="+", type=int, default=[64, 256])
    made.add_argument("--side", type=int, default=8192, help="of the matrices whose product is the card's rate")
    made.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="cpu only to see whether it runs")
    made.add_argument("--quick", action="store_true", help="the smallest network: does it all run?")
    results.add_out(made)
    return made


if __name__ == "__main__":
    sys.exit(main())
