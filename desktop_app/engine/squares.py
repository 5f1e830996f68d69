"""Pixel art that was enlarged consists of squares of one colour: one value of each is all that there is to learn.

Every kind of model learns those small pictures; here its graphs are made to draw, and to look at, large ones.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from desktop_app.engine.families.learner import Exportable, Graph

INSIDE = "inside."
"""Begins the names of weights in a graph that was made so."""


class Enlarged(nn.Module):
    """Draws every value that a network gives as a square, or every one that it is given where there is no network."""

    def __init__(self, repeat: int, network: nn.Module | None = None) -> None:
        super().__init__()
        self.repeat, self.inside = float(repeat), network

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        return F.interpolate(_through(self.inside, z, labels), scale_factor=self.repeat)


class Reduced(nn.Module):
    """Shows a network one value of every square of a picture: their mean, for other pictures may not consist of squares."""

    def __init__(self, repeat: int, network: nn.Module) -> None:
        super().__init__()
        self.repeat, self.inside = repeat, network

    def forward(self, picture: Tensor, labels: Tensor | None = None) -> Tensor:
        return _through(self.inside, F.avg_pool2d(picture, self.repeat), labels)


def _through(network: nn.Module | None, x: Tensor, labels: Tensor | None) -> Tensor:
    if network is None:
        return x
    found: Tensor = network(x) if labels is None else network(x, labels)
    return found


def drawn_in_squares(parts: Exportable, repeat: int) -> Exportable:
    """The parts of a bundle whose pictures consist of squares of that side, of those of one that draws small ones."""
    if repeat == 1:
        return parts
    graphs = {role: _large(role, graph, repeat) for role, graph in parts.graphs.items()}
    if "denoiser" not in graphs or "decoder" in graphs:
        return replace(parts, graphs=graphs)
    small = parts.graphs["denoiser"].inputs["x"]
    graphs["decoder"] = Graph(Enlarged(repeat), {"z": torch.randn_like(small)}, ("picture",))
    _, channels, height, width = small.shape
    return replace(parts, graphs=graphs, latent_shape=(channels, height, width))


def _large(role: str, graph: Graph, repeat: int) -> Graph:
    if role in ("generator", "decoder"):
        return replace(graph, module=Enlarged(repeat, graph.module))
    if role == "encoder":
        inputs = graph.inputs | {"picture": F.interpolate(graph.inputs["picture"], scale_factor=float(repeat))}
        return Graph(Reduced(repeat, graph.module), inputs, graph.outputs)
    return graph
