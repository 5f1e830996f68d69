"""pythae's VAE, or its regularised autoencoder, by its own trainers, stopped by the clock; new pictures from a mixture.

As its README: AdamW at 1e-3 with its betas and decay, the rate halved when the loss stands still, 16 latents, ten components.
Scaled: its convolutional networks for CIFAR at a quarter of their width, for any number of channels.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from typing import Any

import contest
import numpy as np
from pythae.data.preprocessors import DataProcessor
from pythae.models import RAE_L2, VAE, RAE_L2_Config, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.samplers import GaussianMixtureSampler, GaussianMixtureSamplerConfig
from pythae.trainers import BaseTrainer, BaseTrainerConfig, CoupledOptimizerTrainer, CoupledOptimizerTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback
from torch import Tensor, nn

WIDTHS = (32, 64, 128, 256)
"""The package's are 128 to 1,024, with 18 M weights."""
ADAMW = {"weight_decay": 0.05, "betas": (0.91, 0.995)}
PATIENCE = {"patience": 5, "factor": 0.5}


class TimeIsOver(Exception):
    """Ends the trainer, which knows only epochs."""


class Clock(TrainingCallback):
    """Counts the steps and ends the training when its time is over."""

    def __init__(self, end: float) -> None:
        self.end, self.steps = end, 0

    def on_train_step_end(self, training_config: BaseTrainerConfig, **_: Any) -> None:
        self.steps += 1
        if time.perf_counter() > self.end:
            raise TimeIsOver


class Encoder(BaseEncoder):
    """As Encoder_Conv_VAE_CIFAR: halves the grid at each level."""

    def __init__(self, channels: int, side: int, latent: int) -> None:
        super().__init__()
        inside = (channels, *WIDTHS[:-1])
        self.layers = nn.Sequential(*(_down(a, b) for a, b in zip(inside, WIDTHS, strict=True)), nn.Flatten())
        features = WIDTHS[-1] * (side // 2 ** len(WIDTHS)) ** 2
        self.embedding, self.log_var = nn.Linear(features, latent), nn.Linear(features, latent)

    def forward(self, x: Tensor) -> ModelOutput:
        h = self.layers(x)
        return ModelOutput(embedding=self.embedding(h), log_covariance=self.log_var(h))


class Decoder(BaseDecoder):
    """As Decoder_Conv_AE_CIFAR: begins at a quarter of the side, doubles it twice, ends in a sigmoid."""

    def __init__(self, channels: int, side: int, latent: int) -> None:
        super().__init__()
        wide, middle, fine = WIDTHS[3], WIDTHS[2], WIDTHS[1]
        self.layers = nn.Sequential(
            nn.Linear(latent, wide * (side // 4) ** 2),
            nn.Unflatten(1, (wide, side // 4, side // 4)),
            *_up(wide, middle),
            *_up(middle, fine),
            nn.Conv2d(fine, channels, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.layers(z))


def _down(inside: int, outside: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inside, outside, 4, 2, padding=1), nn.BatchNorm2d(outside), nn.ReLU())


def _up(inside: int, outside: int) -> tuple[nn.Module, ...]:
    return nn.ConvTranspose2d(inside, outside, 4, 2, padding=1), nn.BatchNorm2d(outside), nn.ReLU()


def main() -> None:
    more = contest.parser(rate=1e-3, batch=64)
    more.add_argument("--kind", choices=["vae", "rae"], default="vae")
    more.add_argument("--latent", type=int, default=16)
    more.add_argument("--default-networks", action="store_true", help="the package's own multilayer ones")
    options = more.parse_args()
    pictures = contest.begin(options)
    data = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)).astype(np.float32) / 255
    processor = DataProcessor()
    dataset = processor.to_dataset(processor.process_data(data))
    clock = Clock(0.0)
    trainer = make_trainer(model(data.shape[1:], options), dataset, clock, options)
    start = time.perf_counter()
    clock.end = start + options.seconds
    with contextlib.suppress(TimeIsOver):
        trainer.train()
    seconds, learned = time.perf_counter() - start, trainer.model.eval()
    weights = sum(weight.numel() for weight in learned.parameters())
    seen = contest.seen(clock.steps, len(data), options.batch)
    contest.trained(options.folder, seconds, clock.steps, seen, weights)
    sampler = GaussianMixtureSampler(learned, GaussianMixtureSamplerConfig(n_components=10))
    sampler.fit(data)
    contest.draw(options, lambda count: sampler.sample(count, batch_size=count))


def model(shape: tuple[int, ...], options: argparse.Namespace) -> nn.Module:
    """The model on pictures (C, H, W)."""
    kinds = {"vae": (VAE, VAEConfig), "rae": (RAE_L2, RAE_L2_Config)}
    make, config = kinds[options.kind]
    settings = config(input_dim=shape, latent_dim=options.latent)
    if options.default_networks:
        return make(settings)
    channels, side = shape[0], shape[1]
    return make(settings, Encoder(channels, side, options.latent), Decoder(channels, side, options.latent))


def make_trainer(learner: Any, dataset: Any, clock: Clock, options: argparse.Namespace) -> Any:
    """The package's trainer for that model; the regularised one has an optimiser for each half, as its pipeline chooses."""
    common = {
        "output_dir": str(options.folder / "pythae"),
        "num_epochs": 10**6,
        "per_device_train_batch_size": options.batch,
        "no_cuda": True,
        "keep_best_on_train": True,
        "seed": options.seed,
    }
    if options.kind == "vae":
        one = {"optimizer_cls": "AdamW", "optimizer_params": ADAMW, "scheduler_cls": "ReduceLROnPlateau"}
        config = BaseTrainerConfig(**common, **one, scheduler_params=PATIENCE, learning_rate=options.rate)
        return BaseTrainer(learner, dataset, training_config=config, callbacks=[clock])
    halves: dict[str, Any] = {}
    for half in ("encoder", "decoder"):
        halves |= {f"{half}_optimizer_cls": "AdamW", f"{half}_learning_rate": options.rate}
        halves |= {f"{half}_optimizer_params": ADAMW, f"{half}_scheduler_cls": "ReduceLROnPlateau"}
        halves |= {f"{half}_scheduler_params": PATIENCE}
    config = CoupledOptimizerTrainerConfig(**common, **halves)
    return CoupledOptimizerTrainer(learner, dataset, training_config=config, callbacks=[clock])


if __name__ == "__main__":
    main()
