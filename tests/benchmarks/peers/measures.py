"""Other people's measures of the features in a file; runs in the peers' own environment and imports nothing of Gensmith.

python measures.py FEATURES.npz      prints one line of JSON
"""

from __future__ import annotations

import json
import sys
from types import ModuleType

import numpy as np


class _Absent(ModuleType):
    """Stands in for torchvision, whose data sets torch-fidelity imports and its arithmetic does not need."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


for _name in ("torchvision", "torchvision.datasets", "torchvision.transforms", "torchvision.models"):
    sys.modules[_name] = _Absent(_name)

from prdc import compute_prdc  # noqa: E402
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric  # noqa: E402
from torch_fidelity.metric_kid import polynomial_mmd  # noqa: E402


def main(path: str) -> int:
    """Measure the sets ``real`` and ``fake``, (N, F) each."""
    import torch

    with np.load(path) as stored:
        real, fake = stored["real"], stored["fake"]
    statistics = [fid_features_to_statistics(torch.from_numpy(rows)) for rows in (real, fake)]
    figures = {
        "kid": float(polynomial_mmd(fake, real, 3, None, 1.0)),
        "frechet": float(fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]),
        **{name: float(value) for name, value in compute_prdc(real, fake, nearest_k=5).items()},
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
