"""onnxruntime on the CPU, with settings that leave a shared machine usable."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from desktop_app.runtime.manifest import damaged

onnxruntime.set_default_logger_severity(4)
onnxruntime.disable_telemetry_events()


def cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Session:
    """A graph loaded for the CPU; safe to call from several threads.

    Parameters
    ----------
    where
        Name of the model, for errors.
    threads
        CPU threads of each call.

    Raises
    ------
    GensmithError
        onnxruntime cannot load it.
    """

    def __init__(self, content: bytes, where: str, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # only what is fatal: the rest is raised
        # Threads that spin while they wait make a shared machine crawl.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise damaged(where, f"a graph cannot be run: {str(error)[:150]}") from error
        self.inputs: list[str] = [value.name for value in self._session.get_inputs()]
        self.outputs: list[str] = [value.name for value in self._session.get_outputs()]

    def run(self, outputs: Sequence[str], feed: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
        """Compute the named outputs."""
        return [np.asarray(value) for value in self._session.run(list(outputs), feed)]
