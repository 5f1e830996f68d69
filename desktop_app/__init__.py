"""Gensmith: train a generative model on your own material, by point and click."""

import os

__version__ = "0.1.0"

os.environ["ORT_DISABLE_TELEMETRY"] = "1"
"""Nothing leaves the machine. From 1.29 on onnxruntime reports to its maker by itself on Linux and macOS. It asks for this
once, when it loads, so it is said here, before anything of Gensmith can load it. Child processes inherit it."""

THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "20000"}
"""How the engine's threads wait for one another, read once when torch loads. Spinning on and on would make a shared machine
crawl; sleeping at once costs a small network on two cores a third of its speed. Some microseconds of spinning cost neither."""
