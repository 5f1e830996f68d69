"""What the peers' programs share: the arrays, the clock, the hand-over. Needs only numpy, pillow and torch."""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

WARM_UP = 0.05
"""Share of the time; diffusers' 500 steps are that of a run of 10,000."""


def declare_operators() -> None:
    """Let torchvision load beside a torch of another build.

    Its compiled part does not load there, and all it would add is two operators for boxes that nobody here calls; their
    schemas are enough for the rest, which is plain Python.
    """
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    globals()["_library"] = library  # the declaration lives as long as this object


def parser(**usual: float) -> argparse.ArgumentParser:
    """What :mod:`tests.benchmarks.contenders` passes; ``usual`` are a program's own defaults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="work folder: training.npy in; trained.json, generated.npy, drawn.json out")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--draw-cap", type=float, default=600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate")
    parser.add_argument("--strokes", type=int, default=50, help="strokes of the sampler")
    parser.add_argument("--seed", type=int, default=0)
    parser.set_defaults(**usual)
    return parser


def begin(options: argparse.Namespace) -> np.ndarray:
    """Set threads and seed; returns the training pictures uint8 (N, H, W, C)."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    return np.load(options.folder / "training.npy", allow_pickle=False)


def files(pictures: np.ndarray, folder: Path) -> Path:
    """Write the pictures as files, for trainers that read a folder; returns it."""
    target = folder / "pictures"
    target.mkdir(exist_ok=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture).save(target / f"{index:05d}.png")
    return target


def seen(steps: int, count: int, batch: int) -> int:
    """Pictures in so many steps over a set of ``count``, where the last batch of an epoch is a short one."""
    per_epoch = -(-count // batch)
    return steps // per_epoch * count + steps % per_epoch * batch


def trained(folder: Path, seconds: float, steps: int, pictures: int, weights: int) -> None:
    """Tell that the training is over, and what it was."""
    told = {"seconds": seconds, "steps": steps, "pictures": pictures, "weights": weights}
    _write(folder / "trained.json", told)


def draw(options: argparse.Namespace, some: Callable[[int], torch.Tensor]) -> None:
    """Draw until there are enough or the time is over; ``some(n)`` gives n pictures (n, C, H, W) in [0, 1]."""
    start, parts, count = time.perf_counter(), [], 0
    while count < options.count and time.perf_counter() - start < options.draw_cap:
        values = some(min(25, options.count - count))
        parts.append((values.clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy())
        count += len(parts[-1])
    took = time.perf_counter() - start
    np.save(options.folder / "generated.npy", np.concatenate(parts), allow_pickle=False)
    _write(options.folder / "drawn.json", {"seconds": took, "pictures": count})


def warm_up_and_cosine(share: float) -> float:
    """Factor on the learning rate: warm-up and half a cosine over the share of the time that is gone."""
    if share < WARM_UP:
        return share / WARM_UP
    return 0.5 * (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP)))


def _write(path: Path, values: dict[str, float]) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(json.dumps(values), encoding="utf-8")
    temporary.replace(path)
