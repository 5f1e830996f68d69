"""The exported denoiser as a function: an onnxruntime session on the CPU."""

from __future__ import annotations

import numpy as np
import onnxruntime

from desktop_app.project.errors import GensmithError
from desktop_app.runtime.manifest import damaged
from desktop_app.runtime.sampling import Float32

onnxruntime.set_default_logger_severity(3)


def session(content: bytes, where: str, threads: int = 1) -> onnxruntime.InferenceSession:
    """Load a graph for the CPU with ``threads`` threads for each call.

    Raises
    ------
    GensmithError
        onnxruntime cannot run it.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # a shared machine crawls beside spinning threads
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions share no base class
        raise damaged(where, f"a graph cannot be run: {str(error)[:150]}") from error


class Denoiser:
    """D(x; σ, labels) of a bundle: a :data:`~desktop_app.runtime.sampling.Denoise`."""

    def __init__(self, content: bytes, where: str, threads: int = 1) -> None:
        self._where = where
        self._session = session(content, where, threads)
        self._names = {value.name for value in self._session.get_inputs()}

    def __call__(self, x: Float32, sigma: Float32, labels: Float32) -> Float32:
        feed = {"x": x, "sigma": sigma} | ({"labels": labels} if "labels" in self._names else {})
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
