"""The exported denoiser as a function: an onnxruntime session on the CPU."""

from __future__ import annotations

import numpy as np

from desktop_app.project.errors import GensmithError
from desktop_app.runtime.sampling import Float32
from desktop_app.runtime.session import Session


class Denoiser:
    """D(x; σ, labels) of a bundle: a :data:`~desktop_app.runtime.sampling.Denoise`."""

    def __init__(self, content: bytes, where: str, threads: int = 1) -> None:
        self._where = where
        self._session = Session(content, where, threads)

    def __call__(self, x: Float32, sigma: Float32, labels: Float32) -> Float32:
        feed = {"x": x, "sigma": sigma} | ({"labels": labels} if "labels" in self._session.inputs else {})
        try:
            (clean,) = self._session.run(["denoised"], feed)
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise GensmithError(
                f"The model {self._where} could not be run: {str(error)[:200]}.",
                "If the memory is full, generate fewer at a time.",
                code=4,
            ) from error
        if clean.shape != x.shape or not np.isfinite(clean).all():
            raise GensmithError(f"The model {self._where} returned something that is not a picture.", "Train it again.", code=3)
        return np.asarray(clean, np.float32)
