"""denoising-diffusion-pytorch by its own Trainer, stopped by the clock; scaled to two CPU cores and small pictures."""

from __future__ import annotations

import time
from typing import Any

import contest
import torch

contest.declare_operators()
from denoising_diffusion_pytorch import GaussianDiffusion, Trainer, Unet  # noqa: E402 - after the declaration

WIDTH, LEVELS = 32, (1, 2, 4)
"""2.6 M weights. The README's 64 × (1, 2, 4, 8) has 35 M, and would see fewer pictures still."""


class ClockedTrainer(Trainer):
    """The package's own training loop, which asks at every step how many there shall be: none more after the time."""

    ends = float("inf")

    @property
    def train_num_steps(self) -> int:
        return 10**9 if time.perf_counter() < self.ends else 0

    @train_num_steps.setter
    def train_num_steps(self, _: int) -> None:
        """The time decides."""


def main() -> None:
    options = contest.parser().parse_args()
    pictures = contest.begin(options)
    model = Unet(dim=WIDTH, dim_mults=LEVELS, channels=pictures.shape[3], flash_attn=False)
    diffusion = GaussianDiffusion(model, image_size=pictures.shape[1], timesteps=1000, sampling_timesteps=options.strokes)
    settings: dict[str, Any] = {
        "train_batch_size": options.batch,
        "gradient_accumulate_every": 1,
        "train_lr": options.rate,
        "ema_decay": 0.995,
        "augment_horizontal_flip": False,  # nobody else mirrors; digits must not be
        "save_and_sample_every": 10**9,
        "calculate_fid": False,  # needs weights from the network
        "amp": False,
    }
    source = contest.files(pictures, options.folder)
    trainer = ClockedTrainer(diffusion, source, results_folder=options.folder / "results", **settings)
    start = time.perf_counter()
    trainer.ends = start + options.seconds
    trainer.train()
    seconds = time.perf_counter() - start
    seen = contest.seen(trainer.step, len(pictures), options.batch)
    contest.trained(options.folder, seconds, trainer.step, seen, _weights(model))
    drawer = trainer.ema.ema_model.eval()
    with torch.inference_mode():
        contest.draw(options, lambda count: drawer.sample(batch_size=count))


def _weights(model: torch.nn.Module) -> int:
    return sum(weight.numel() for weight in model.parameters())


if __name__ == "__main__":
    main()
