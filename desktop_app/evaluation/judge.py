"""The judge: a small network that the engine trained on the real training pictures, and exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from desktop_app.evaluation.features import Float64, OnBatch, UInt8, batches, to_model
from desktop_app.project.files import explained
from desktop_app.runtime.manifest import damaged
from desktop_app.runtime.session import Session, cores


class Judge:
    """Features that know the material and, where there are classes, what it takes a picture for.

    Parameters
    ----------
    onnx
        The graph: input ``pictures`` float32 (B, C, H, W) in [-1, 1], outputs ``features`` (B, F) and, where there are
        classes, ``logits`` (B, K).
    """

    def __init__(self, onnx: Path | bytes) -> None:
        if isinstance(onnx, Path):
            with explained(onnx):
                onnx = onnx.read_bytes()
        self._session = Session(onnx, "of the judge", cores())
        if "features" not in self._session.outputs:
            raise damaged("of the judge", "it has no features")

    @property
    def knows_classes(self) -> bool:
        """Whether it tells classes apart."""
        return "logits" in self._session.outputs

    def look(self, pictures: UInt8, on_batch: OnBatch | None = None) -> tuple[Float64, Float64 | None]:
        """Features (N, F) and logits (N, K) or None of ``pictures`` (N, H, W, C), in one pass."""
        names = ["features", "logits"] if self.knows_classes else ["features"]
        rows = [self._session.run(names, {"pictures": to_model(batch)}) for batch in batches(pictures, on_batch)]
        outputs = [np.concatenate(parts).astype(np.float64) for parts in zip(*rows, strict=True)]
        return outputs[0], outputs[1] if self.knows_classes else None

    def features(self, pictures: UInt8) -> Float64:
        """Features (N, F)."""
        return self.look(pictures)[0]

    def logits(self, pictures: UInt8) -> Float64 | None:
        """Logits (N, K); None without classes."""
        return self.look(pictures)[1]
