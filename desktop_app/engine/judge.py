"""A small network that learns to see what is in the person's own pictures, so that generated ones can be judged.

Where there are classes it is a classifier; where there are none it learns to tell pictures apart whatever is done to
them (SimCLR, Chen et al. 2020, arXiv:2002.05709). It is trained on the training pictures only and exported to ONNX, so
that the measures need no torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.augment import augment
from desktop_app.engine.batches import Dataset, mix
from desktop_app.engine.onnx_graph import Graph
from desktop_app.project.errors import Cancelled

FEATURES = 128
BATCH = 64
STEPS = (150, 400)
"""Fewest and most steps; between them, about :data:`EPOCHS` passes. Three times as many move no dial further."""
EPOCHS = 12
RECIPE = 2
"""Raised when judges are made in another way: those that are kept beside the pictures are then made anew."""
LEARNING_RATE = 2e-3
TEMPERATURE = 0.2
SEED = 20_240_601
"""The judge does not depend on the run's seed, so that all runs of a project are judged alike."""


class JudgeNetwork(nn.Module):
    """Pictures float32 (B, C, H, W) in [-1, 1] to features (B, 128) and, with classes, logits (B, K)."""

    def __init__(self, channels: int, size: int, classes: int) -> None:
        super().__init__()
        stride = max(1, size // 16)
        side = -(-size // stride)
        self.stem = nn.Conv2d(channels, 32, max(3, stride), stride, padding=1 if stride == 1 else 0)
        side = side if stride == 1 else (size - max(3, stride)) // stride + 1
        self.body = nn.Sequential(
            nn.GroupNorm(8, 32), nn.SiLU(), nn.Conv2d(32, 64, 3, 2, 1),
            nn.GroupNorm(8, 64), nn.SiLU(), nn.Conv2d(64, 96, 3, 2, 1),
            nn.GroupNorm(8, 96), nn.SiLU(), nn.Flatten(),
        )  # fmt: skip
        side = (side + 3) // 4  # after two strides of two
        self.dropout = nn.Dropout(0.2)
        self.features = nn.Linear(96 * side * side, FEATURES)
        self.head = nn.Linear(FEATURES, classes) if classes else None

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        features = self.features(self.dropout(self.body(self.stem(pictures))))
        return (features,) if self.head is None else (features, self.head(F.silu(features)))


def train_judge(
    data: Dataset, *, progress: Callable[[float], None] = lambda _: None, cancelled: Callable[[], bool] = lambda: False
) -> bytes:
    """Train on the training items and return the ONNX file. Deterministic on a CPU.

    Raises
    ------
    Cancelled
        ``cancelled`` said so.
    """
    torch.manual_seed(SEED)
    network = JudgeNetwork(data.channels, data.size, len(data.classes)).to(memory_format=torch.channels_last)
    network = network.to(data.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.05)
    steps = min(max(STEPS[0], EPOCHS * len(data) // BATCH), STEPS[1])
    for step in range(steps):
        if cancelled():
            raise Cancelled
        torch.manual_seed(mix(SEED, step))
        pictures, labels = data.batch(step, min(BATCH, len(data)), SEED)
        loss = _classify(network, pictures, labels) if labels is not None else _tell_apart(network, pictures)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.param_groups[0]["lr"] = LEARNING_RATE * 0.5 * (1 + math.cos(math.pi * step / steps))
        optimiser.step()
        progress((step + 1) / steps)
    return as_onnx(network.eval().cpu(), data)


def _classify(network: JudgeNetwork, pictures: Tensor, labels: Tensor) -> Tensor:
    """Cross entropy on the items that have a class, slightly moved so that small sets are not learned by heart."""
    known = labels.sum(dim=1) > 0
    moved, _ = augment(pictures, 0.5, mirror=False)
    logits = network(moved)[1]
    loss = F.cross_entropy(logits, labels.argmax(dim=1), reduction="none", label_smoothing=0.05)
    return (loss * known).sum() / known.sum().clamp_min(1)


def _tell_apart(network: JudgeNetwork, pictures: Tensor) -> Tensor:
    """NT-Xent: two views of a picture are closer to one another than to any other picture of the batch."""
    views = torch.cat([_view(pictures), _view(pictures)])
    z = F.normalize(network(views)[0], dim=1)
    similarity = (z @ z.T / TEMPERATURE).masked_fill(torch.eye(len(z), dtype=torch.bool, device=z.device), -1e9)
    target = torch.arange(len(z), device=z.device).roll(len(pictures))
    return F.cross_entropy(similarity, target)


def _view(pictures: Tensor) -> Tensor:
    """A picture moved, with other colours and a little noise."""
    moved, _ = augment(pictures, 0.8, mirror=False)
    count, channels = moved.shape[:2]
    gain = torch.exp(0.2 * torch.randn(count, channels, 1, 1, device=moved.device))
    shift = 0.1 * torch.randn(count, channels, 1, 1, device=moved.device)
    return moved * gain + shift + 0.05 * torch.randn_like(moved)


# ---------------------------------------------------------------- as a file


def as_onnx(network: JudgeNetwork, data: Dataset) -> bytes:
    """The network as an ONNX graph."""
    graph = _Graph()
    x = graph.conv("pictures", network.stem)
    for layer in network.body:
        x = graph.layer(x, layer)
    graph.gemm(x, network.features, "features")
    outputs = {"features": FEATURES}
    if network.head is not None:
        graph.gemm(graph.silu("features"), network.head, "logits")
        outputs["logits"] = len(data.classes)
    return graph.model("judge", (data.channels, data.size, data.size), outputs)


class _Graph(Graph):
    """The judge's layers."""

    def layer(self, x: str, layer: nn.Module) -> str:
        """Any layer of the judge's body."""
        if isinstance(layer, nn.Conv2d):
            return self.conv(x, layer)
        if isinstance(layer, nn.GroupNorm):
            return self._norm(x, layer)
        return self.silu(x) if isinstance(layer, nn.SiLU) else self.add("Flatten", x)

    def conv(self, x: str, layer: nn.Conv2d) -> str:
        (down, right), (top, left) = layer.stride, cast(tuple[int, int], layer.padding)
        assert layer.bias is not None
        weights = (self.keep(layer.weight), self.keep(layer.bias))
        return self.add("Conv", x, *weights, strides=[down, right], pads=[top, left, top, left])

    def _norm(self, x: str, layer: nn.GroupNorm) -> str:
        """Each group as one channel of an instance normalisation, then the scale and shift of every channel."""
        count, channels = layer.num_groups, layer.num_channels
        grouped = self.add("Reshape", x, self.keep(torch.tensor([0, count, -1])))
        ones, zeros = self.keep(torch.ones(count)), self.keep(torch.zeros(count))
        normal = self.add("InstanceNormalization", grouped, ones, zeros, epsilon=layer.eps)
        whole = self.add("Reshape", normal, self.add("Shape", x))
        scaled = self.add("Mul", whole, self.keep(layer.weight.reshape(1, channels, 1, 1)))
        return self.add("Add", scaled, self.keep(layer.bias.reshape(1, channels, 1, 1)))

    def silu(self, x: str) -> str:
        return self.add("Mul", x, self.add("Sigmoid", x))

    def gemm(self, x: str, layer: nn.Linear, to: str) -> str:
        assert layer.bias is not None
        return self.add("Gemm", x, self.keep(layer.weight), self.keep(layer.bias), to=to, transB=1)
