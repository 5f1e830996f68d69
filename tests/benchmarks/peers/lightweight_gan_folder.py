"""lightweight-gan by its own Trainer, stopped by the clock; scaled to two CPU cores and small pictures.

As its command line: hinge game, the judge's self-supervision, gradient penalty at every fourth step, augmentation as strong
as it finds right for so few pictures. Scaled: a quarter of the width, attention only where it cannot be switched off and there
with two heads of 16 numbers for eight of 64, batches of 16 that are not added up.
"""

from __future__ import annotations

import time
from functools import partial
from types import ModuleType
from typing import Any

import contest
import torch
from torch import nn

contest.declare_operators()


class _OnProcessor(ModuleType):
    """torch as the package shall see it: it asks for a graphics card by name, and gets the processor."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def device(*_: object) -> torch.device:
        return torch.device("cpu")


def _import() -> ModuleType:
    """The package, which refuses to be imported without a CUDA card, and brings everything there with ``.cuda()``."""
    here = lambda thing, *_: thing  # noqa: E731 - one body for two kinds of things
    torch.Tensor.cuda = nn.Module.cuda = here  # type: ignore[method-assign, assignment]
    asked, torch.cuda.is_available = torch.cuda.is_available, lambda: True
    try:
        from lightweight_gan import lightweight_gan
    finally:
        torch.cuda.is_available = asked
    lightweight_gan.torch = _OnProcessor("torch")
    return lightweight_gan


package = _import()
WIDTH = 128
"""Most channels, and numbers behind a picture. The package's 512 and 256 have 19 M weights at 32 pixels."""


def main() -> None:
    options = contest.parser(rate=2e-4).parse_args()
    pictures = contest.begin(options)
    package.LinearAttention = partial(package.LinearAttention, dim_head=16, heads=2)
    trainer = package.Trainer(
        base_dir=options.folder,
        image_size=pictures.shape[1],
        greyscale=pictures.shape[3] == 1,
        latent_dim=WIDTH,
        fmap_max=WIDTH,
        batch_size=options.batch,
        gradient_accumulate_every=1,
        disc_output_size=1,
        attn_res_layers=[],
        num_workers=0,
        lr=options.rate,
        use_aim=False,
    )
    trainer.set_data_src(contest.files(pictures, options.folder))
    start = time.perf_counter()
    train(trainer, start + options.seconds)
    seconds, gan = time.perf_counter() - start, trainer.GAN
    weights = sum(weight.numel() for network in (gan.G, gan.D) for weight in network.parameters())
    contest.trained(options.folder, seconds, trainer.steps, trainer.steps * options.batch, weights)
    gan.eval()  # the running average begins at 20,000 steps; before, the package draws with the generator itself
    with torch.inference_mode():
        contest.draw(options, lambda count: trainer.generate_(gan.G, torch.randn(count, WIDTH)))


def train(trainer: Any, end: float) -> None:
    """The command line's loop: a step that gives no number is tried three times."""
    failures = 0
    while time.perf_counter() < end:
        try:
            trainer.train()
            failures = 0
        except package.NanException:
            failures += 1
            if failures == 3:
                raise


if __name__ == "__main__":
    main()
