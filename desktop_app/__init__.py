"""Gensmith: train a generative model on your own material, by point and click."""

__version__ = "0.1.0"
