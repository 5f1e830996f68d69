"""Gensmith: train a generative model on your own material, by point and click."""

__version__ = "0.1.0"

THREADS = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "20000"}
"""How the engine's threads wait for one another, read once when torch loads. Spinning on and on would make a shared machine
crawl; sleeping at once costs a small network on two cores a third of its speed. Some microseconds of spinning cost neither."""
