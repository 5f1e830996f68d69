"""Distances between two sets of features (N, F), and the variety of one, in float64 with numpy alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
_BLOCK = 1024
_MOST_DISTANCES = 2**24
"""Distances held at once: 128 MiB."""


# ---------------------------------------------------------------- kernel distance


def kid(a: Float64, b: Float64) -> float:
    """Kernel distance: unbiased squared MMD with the kernel (x·y/F + 1)³ over all pairs (Bińkowski et al. 2018).

    About 0 for two samples of the same source, also slightly below; both need two rows or more.
    """
    return float(kid_weighted(a, b, np.ones((1, len(a))), np.ones((1, len(b))))[0])


def kid_weighted(a: Float64, b: Float64, in_a: Float64, in_b: Float64) -> Float64:
    """:func:`kid` of many sub-samples at once.

    Parameters
    ----------
    in_a, in_b
        1 where a row belongs to the sub-sample and 0 elsewhere: (R, len(a)), (R, len(b)).

    Returns (R,).
    """
    within = _kernel_sums(a, a, in_a, in_a) - in_a @ _kernel_diagonal(a)
    within_b = _kernel_sums(b, b, in_b, in_b) - in_b @ _kernel_diagonal(b)
    across = _kernel_sums(a, b, in_a, in_b)
    n, m = in_a.sum(axis=1), in_b.sum(axis=1)
    result: Float64 = within / (n * (n - 1)) + within_b / (m * (m - 1)) - 2 * across / (n * m)
    return result


def _kernel_sums(a: Float64, b: Float64, in_a: Float64, in_b: Float64) -> Float64:
    """Σᵢⱼ wᵢ vⱼ k(aᵢ, bⱼ) for each pair of rows of weights, in blocks, so that memory stays small."""
    total = np.zeros(len(in_a))
    for first in range(0, len(a), _BLOCK):
        rows = slice(first, first + _BLOCK)
        kernel = (a[rows] @ b.T / a.shape[1] + 1) ** 3
        total += np.einsum("rj,rj->r", in_a[:, rows] @ kernel, in_b)
    return total


def _kernel_diagonal(a: Float64) -> Float64:
    diagonal: Float64 = (np.einsum("if,if->i", a, a) / a.shape[1] + 1) ** 3
    return diagonal


# ---------------------------------------------------------------- Fréchet distance


def frechet(a: Float64, b: Float64) -> float:
    """Fréchet distance between two Gaussians fitted to the sets (Heusel et al. 2017).

    With centred A/√(n−1) and B/√(m−1), tr (Σ_A Σ_B)^½ is the sum of the singular values of A Bᵀ. Taken from the
    triangular factors it needs no matrix root, so that fewer rows than features do no harm.
    """
    shift = a.mean(axis=0) - b.mean(axis=0)
    root_a, root_b = _root(a), _root(b)
    common = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    return max(0.0, float(shift @ shift + (root_a**2).sum() + (root_b**2).sum() - 2 * common))


def _root(features: Float64) -> Float64:
    """R with RᵀR the covariance."""
    centred = (features - features.mean(axis=0)) / np.sqrt(max(1, len(features) - 1))
    return np.asarray(np.linalg.qr(centred, mode="r"))


# ---------------------------------------------------------------- neighbours


class Prdc(NamedTuple):
    """Precision, recall, density and coverage."""

    precision: float
    recall: float
    density: float
    coverage: float


def distances(a: Float64, b: Float64) -> Float64:
    """Euclidean distance of each row of ``a`` to each of ``b``: (len(a), len(b))."""
    squared = np.einsum("if,if->i", a, a)[:, None] + np.einsum("jf,jf->j", b, b) - 2 * a @ b.T
    return np.asarray(np.sqrt(np.maximum(squared, 0, out=squared), out=squared))


def prdc(real: Float64, fake: Float64, k: int = 5) -> Prdc:
    """Precision and recall (Kynkäänniemi et al. 2019), density and coverage (Naeem et al. 2020) with ``k`` neighbours.

    Both sets need more than ``k`` rows.
    """
    return prdc_from(distances(real, real), distances(real, fake), distances(fake, fake), k)


def prdc_from(within_real: Float64, across: Float64, within_fake: Float64, k: int) -> Prdc:
    """:func:`prdc` from distances real to real, real to fake, fake to fake."""
    reach = _reach(within_real, k)
    inside = across < reach[:, None]
    return Prdc(
        precision=float(inside.any(axis=0).mean()),
        recall=float((across < _reach(within_fake, k)).any(axis=1).mean()),
        density=float(inside.sum() / (k * across.shape[1])),
        coverage=float((across.min(axis=1) < reach).mean()),
    )


def _reach(within: Float64, k: int) -> Float64:
    """Distance of each item to its ``k``-th neighbour; the item itself comes first and does not count."""
    return np.partition(within, k, axis=1)[:, k]


def nearest(queries: Float64, items: Float64, count: int) -> tuple[Float64, NDArray[np.int64]]:
    """The ``count`` nearest ``items`` of each query, nearest first: distances and positions, both (len(queries), count)."""
    far, where = [], []
    rows = max(1, min(_BLOCK, _MOST_DISTANCES // len(items)))
    for first in range(0, len(queries), rows):
        apart = distances(queries[first : first + rows], items)
        some = np.argpartition(apart, count - 1, axis=1)[:, :count]
        order = np.argsort(np.take_along_axis(apart, some, axis=1), axis=1, kind="stable")
        where.append(np.take_along_axis(some, order, axis=1))
        far.append(np.take_along_axis(apart, where[-1], axis=1))
    return np.concatenate(far), np.concatenate(where)


# ---------------------------------------------------------------- variety


def vendi(similarity: Float64) -> float:
    """Vendi score: how many different items a set is worth, from 1 to its size (Friedman and Dieng 2023, equation 2).

    exp of the entropy of the eigenvalues of K/n, where K (N, N) holds the similarity of each two items, 1 of each with
    itself.
    """
    share = np.linalg.eigvalsh(similarity / len(similarity))
    share = share[share > 1e-12]
    return float(np.exp(-(share * np.log(share)).sum()))


def similarity(apart: Float64, width: float) -> Float64:
    """Gaussian similarity exp(−d² / 2w²) of distances d (N, N); ``width`` w in the same units."""
    return np.asarray(np.exp(-((apart / max(width, 1e-12)) ** 2) / 2), np.float64)
