"""torch-fidelity's Inception with weights drawn by chance; runs in the peers' own environment and imports nothing of Gensmith.

python inception.py PICTURES.npy FOLDER      writes FOLDER/weights.pth and FOLDER/features.npy
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch


class _Absent(ModuleType):
    """Stands in for torchvision, whose data sets torch-fidelity imports and its arithmetic does not need."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


for _name in ("torchvision", "torchvision.datasets", "torchvision.transforms", "torchvision.models"):
    sys.modules[_name] = _Absent(_name)

from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3  # noqa: E402


class Network(FeatureExtractorInceptionV3):
    """The peer's network, its weights not loaded but drawn."""

    def load_state_dict(self, *_: Any, **__: Any) -> None:
        """What the file says is passed over."""


def main(pictures: str, folder: str) -> int:
    """Draw weights, look at the pictures uint8 (N, H, W, 3)."""
    empty = Path(folder) / "empty.pth"
    torch.save({}, empty)
    network = Network("inception-v3-compat", ["2048"], feature_extractor_weights_path=str(empty)).eval()
    weights, chance = network.state_dict(), torch.Generator().manual_seed(1)
    for name, value in weights.items():
        if value.is_floating_point():
            value.copy_(drawn(name, value, chance))
    torch.save(weights, Path(folder) / "weights.pth")
    with torch.no_grad():
        features = network(torch.from_numpy(np.load(pictures)).permute(0, 3, 1, 2).contiguous())[0]
    np.save(Path(folder) / "features.npy", features.numpy())
    return 0


def drawn(name: str, value: torch.Tensor, chance: torch.Generator) -> torch.Tensor:
    """Of a size that keeps what passes through about as it is."""
    if name.endswith(("running_var", "bn.weight")):
        return 0.5 + torch.rand(value.shape, generator=chance)
    scale = (2 / value[0].numel()) ** 0.5 if value.dim() > 1 else 0.2
    return scale * torch.randn(value.shape, generator=chance)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
