"""The exported graphs as functions that turn noise into pictures: in strokes, or in one pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from desktop_app.project.errors import GensmithError
from desktop_app.runtime.graphs import Extent
from desktop_app.runtime.manifest import Manifest, Role
from desktop_app.runtime.sampling import Denoise, Float32, OnStep, Sampler, sample
from desktop_app.runtime.session import Session

Ports = tuple[dict[str, Extent], str]
"""Extent of each input by name, and the name of the output."""


class Painter(Protocol):
    """Turns what a picture begins with into the picture: unit noise, or the latent that is made of it.

    Attributes
    ----------
    noise_shape, start_shape
        Of the noise of one picture, and of what it begins with; ways between pictures lead through the latter.
    strokes
        Times that ``on_step`` is told of.
    """

    @property
    def noise_shape(self) -> tuple[int, ...]: ...

    @property
    def start_shape(self) -> tuple[int, ...]: ...

    @property
    def strokes(self) -> int: ...

    def begin(self, noise: Float32, labels: Float32) -> Float32:
        """Noise (B, *noise_shape) to what pictures begin with, (B, *start_shape)."""
        ...

    def __call__(self, start: Float32, labels: Float32, on_step: OnStep) -> Float32:
        """``start`` (B, *start_shape) and labels (B, K) to pictures (B, C, H, W)."""
        ...


def ports(manifest: Manifest) -> dict[str, Ports]:
    """What the graph of each role must take and give in such a bundle; all of it float32."""
    labels: dict[str, Extent] = {"labels": (None, len(manifest.classes))} if manifest.classes else {}
    picture: Extent = (None, *manifest.shape)
    drawn: Extent = (None, *(manifest.latent_shape or manifest.shape))
    return {
        "denoiser": ({"x": drawn, "sigma": (None,)} | labels, "denoised"),
        "guide": ({"x": drawn, "sigma": (None,)} | labels, "denoised"),
        "structure": ({"x": drawn, "sigma": (None,)} | labels, "denoised"),
        "decoder": ({"z": drawn}, "picture"),
        "prior": ({"noise": (None, manifest.noise)} | labels, "z"),
        "generator": ({"z": (None, manifest.latent)} | labels, "picture"),
        "encoder": ({"picture": picture} | labels, "z"),
    }


class Network:
    """One graph of a bundle, with its ports: called by position, returns its output."""

    def __init__(self, content: bytes, where: str, ports: Ports, threads: int = 1) -> None:
        self._where = where
        self._inputs, self._output = list(ports[0]), ports[1]
        self._session = Session(content, where, threads)

    def __call__(self, *values: Float32) -> Float32:
        """Compute; labels that the graph does not take are left out."""
        feed = dict(zip(self._inputs, values, strict=False))
        try:
            (found,) = self._session.run([self._output], feed)
        except Exception as error:  # onnxruntime's exceptions share no base class
            raise GensmithError(
                f"The model {self._where} could not be run: {str(error)[:200]}.",
                "If the memory is full, generate fewer at a time.",
                code=4,
            ) from error
        if len(found) != len(values[0]) or not np.isfinite(found).all():
            raise GensmithError(f"The model {self._where} returned something that is not a picture.", "Train it again.", code=3)
        return np.asarray(found, np.float32)


class InStrokes:
    """A denoiser and the sampler that uses it, what leads it, and a decoder where what is drawn are latents."""

    def __init__(
        self,
        shape: tuple[int, int, int],
        sampler: Sampler,
        denoise: Denoise,
        guide: Denoise | None = None,
        structure: Denoise | None = None,
        decode: Network | None = None,
    ) -> None:
        self.noise_shape: tuple[int, ...] = shape
        self.start_shape = self.noise_shape
        self.strokes = sampler.steps
        self._sampler, self._denoise, self._decode = sampler, denoise, decode
        self._leading = {"guide": guide, "structure": structure}

    def begin(self, noise: Float32, labels: Float32) -> Float32:
        return noise

    def __call__(self, start: Float32, labels: Float32, on_step: OnStep) -> Float32:
        drawn = sample(self._denoise, start, labels, self._sampler, **self._leading, on_step=on_step)
        return self._decode(drawn) if self._decode else drawn


class InOnePass:
    """A generator, and the prior that makes its latents of noise, where there is one."""

    strokes = 1

    def __init__(self, noise: int, latent: int, generate: Network, prior: Network | None) -> None:
        self.noise_shape: tuple[int, ...] = (noise,)
        self.start_shape: tuple[int, ...] = (latent,)
        self._generate, self._prior = generate, prior

    def begin(self, noise: Float32, labels: Float32) -> Float32:
        return self._prior(noise, labels) if self._prior else noise

    def __call__(self, start: Float32, labels: Float32, on_step: OnStep) -> Float32:
        pictures = self._generate(start, labels)
        on_step(1, 1)
        return pictures


def painter(manifest: Manifest, networks: Callable[[str], Network], sampler: Sampler | None) -> Painter:
    """The painter of a bundle.

    Parameters
    ----------
    networks
        Gives the network of a role that the manifest names.
    sampler
        Takes the place of the manifest's own.
    """

    def there(role: Role) -> Network | None:
        return networks(role) if role in manifest.graphs else None

    if sampler is not None:
        guide = there("guide") if sampler.autoguidance != 1 else None
        shape = manifest.latent_shape or manifest.shape
        return InStrokes(shape, sampler, networks("denoiser"), guide, there("structure"), there("decoder"))
    prior = there("prior")
    return InOnePass(manifest.noise, manifest.latent, networks("generator"), prior)
