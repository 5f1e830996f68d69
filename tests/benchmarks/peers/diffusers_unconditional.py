"""The diffusers library's recipe for unconditional pictures (`train_unconditional.py`), scaled to two CPU cores.

As there: UNet2DModel, DDPM noise of 1,000 linear steps, the noise predicted, mean squared error, AdamW with its betas and
decay, warm-up and cosine, gradients clipped at 1, EMA with warm-up. Scaled: four levels in the place of six, about a quarter of
the width; the schedule follows the clock in the place of a number of steps; DDIM draws in 50 strokes, not 1,000.
"""

from __future__ import annotations

import time

import contest
import numpy as np
import torch
from torch.nn import functional as F

contest.declare_operators()
from diffusers import DDIMPipeline, DDIMScheduler, DDPMScheduler, UNet2DModel  # noqa: E402 - after the declaration
from diffusers.training_utils import EMAModel  # noqa: E402

DOWN = ("DownBlock2D", "DownBlock2D", "AttnDownBlock2D", "DownBlock2D")
UP = ("UpBlock2D", "AttnUpBlock2D", "UpBlock2D", "UpBlock2D")


def main() -> None:
    options = contest.parser().parse_args()
    pictures = contest.begin(options)
    data = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1
    model = network(data.shape[2], data.shape[1])
    average = EMAModel(model.parameters(), decay=0.9999, use_ema_warmup=True, inv_gamma=1.0, power=0.75)
    start = time.perf_counter()
    steps = train(model, average, data, options.seconds, options.batch, options.rate)
    seconds = time.perf_counter() - start
    weights = sum(weight.numel() for weight in model.parameters())
    contest.trained(options.folder, seconds, steps, steps * options.batch, weights)
    average.copy_to(model.parameters())
    pipeline = DDIMPipeline(unet=model.eval(), scheduler=DDIMScheduler(num_train_timesteps=1000, beta_schedule="linear"))
    pipeline.set_progress_bar_config(disable=True)

    def some(count: int) -> torch.Tensor:
        drawn = pipeline(batch_size=count, num_inference_steps=options.strokes, output_type="np").images
        return torch.from_numpy(np.asarray(drawn)).reshape(count, *drawn.shape[1:3], -1).permute(0, 3, 1, 2)

    contest.draw(options, some)


def network(size: int, channels: int) -> UNet2DModel:
    return UNet2DModel(
        sample_size=size,
        in_channels=channels,
        out_channels=channels,
        layers_per_block=2,
        block_out_channels=(32, 64, 96, 96),
        down_block_types=DOWN,
        up_block_types=UP,
    )


def train(model: UNet2DModel, average: EMAModel, data: torch.Tensor, seconds: float, batch: int, rate: float) -> int:
    """The recipe's loop; returns the steps done."""
    noise_levels = DDPMScheduler(num_train_timesteps=1000, beta_schedule="linear")
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.95, 0.999), weight_decay=1e-6, eps=1e-8)
    start, steps = time.perf_counter(), 0
    while (share := (time.perf_counter() - start) / seconds) < 1:
        clean = data[torch.randint(len(data), (batch,))]
        noise = torch.randn_like(clean)
        level = torch.randint(0, 1000, (batch,))
        loss = F.mse_loss(model(noise_levels.add_noise(clean, noise, level), level).sample, noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.param_groups[0]["lr"] = rate * contest.warm_up_and_cosine(share)
        optimiser.step()
        optimiser.zero_grad()
        average.step(model.parameters())
        steps += 1
    return steps


if __name__ == "__main__":
    main()
