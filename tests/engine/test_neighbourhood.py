"""The density that follows wherever the items lie."""

from __future__ import annotations

import math

import pytest
import torch

from desktop_app.engine.networks import mixture
from desktop_app.engine.networks.mixture import Prior
from desktop_app.engine.networks.neighbourhood import INWARD, NEIGHBOURS, QUANTILES, Neighbourhood, farther, moved, neighbours

ALONE = torch.ones(1, 1)


def ring(count: int = 300, width: int = 24) -> torch.Tensor:
    """A circle of radius 3 in the first two of ``width`` directions, a little unsharp: (N, width)."""
    generator = torch.Generator().manual_seed(0)
    angle = 2 * math.pi * torch.rand(count, generator=generator)
    flat = torch.zeros(count, width)
    flat[:, 0], flat[:, 1] = 3 * torch.cos(angle), 3 * torch.sin(angle)
    return flat + 0.02 * torch.randn(count, width, generator=generator)


def noise(count: int, width: int = 24) -> torch.Tensor:
    return torch.randn(count, width + 1, generator=torch.Generator().manual_seed(1))


def test_what_it_draws_stays_where_the_items_lie() -> None:
    rows = ring()
    drawn = Neighbourhood.of([rows], ALONE)(noise(500))
    blurred = Prior.of([mixture.fit(rows, 3)], ALONE)(noise(500))
    off, far = ((one[:, :2].norm(dim=1) - 3).abs().mean() for one in (drawn, blurred))
    assert off < 0.15
    assert far > 3 * off
    assert drawn[:, :2].std(dim=0).tolist() == pytest.approx([3 / math.sqrt(2)] * 2, rel=0.15)


def test_it_draws_as_far_from_the_items_as_they_lie_from_one_another() -> None:
    rows, at = torch.randn(400, 8, generator=torch.Generator().manual_seed(2)), torch.tensor(QUANTILES)
    density = Neighbourhood.of([rows], ALONE)
    apart = torch.cdist(rows, rows).fill_diagonal_(math.inf).amin(dim=1).quantile(at)
    drawn = torch.cdist(density(noise(2_000, 8)), rows).amin(dim=1).quantile(at)
    assert bool((drawn > 0.9 * apart).all())
    assert bool((drawn < 2 * apart).all())


def test_less_variety_draws_more_typical_items() -> None:
    rows = torch.randn(400, 8, generator=torch.Generator().manual_seed(2))
    usual, calm = (Neighbourhood.of([rows], ALONE, scale=scale)(noise(2_000, 8)) for scale in (1.0, 0.3))
    assert float(calm.var(dim=0).sum()) < 0.6 * float(usual.var(dim=0).sum())


def test_moved_inward_all_that_is_drawn_spreads_no_wider_than_the_items() -> None:
    rows = torch.randn(400, 8, generator=torch.Generator().manual_seed(2))
    item = torch.arange(4_000) % 400
    drawn = moved(rows, neighbours(rows, 8), item, torch.full((4_000,), math.sqrt(1 - INWARD**2)), noise(4_000, 7))
    assert float(drawn.var(dim=0).sum() / rows.var(dim=0).sum()) == pytest.approx(1.0, abs=0.1)


def test_an_item_that_stands_apart_is_not_copied() -> None:
    rows = torch.cat([torch.zeros(60, 3), torch.tensor([[10.0, 0.0, 0.0]])])
    rows = rows + 0.5 * torch.randn(61, 3, generator=torch.Generator().manual_seed(4))
    near, item = neighbours(rows, 3), torch.full((200,), 60)
    drawn = moved(rows, near, item, torch.full((200,), 0.5), noise(200, 2))
    middle = rows[[60, *near[60].tolist()]].mean(dim=0)
    torch.testing.assert_close(drawn.mean(dim=0), rows[60] + INWARD * (middle - rows[60]), atol=0.5, rtol=0)
    assert float((drawn - rows[60]).norm(dim=1).median()) > 3.0


def test_each_class_draws_among_its_own() -> None:
    low, high = torch.randn(50, 4) - 20, torch.randn(70, 4) + 20
    density = Neighbourhood.of([low, high], torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]))
    assert bool((density(noise(200, 4), torch.eye(2)[:1].expand(200, 2)) < 0).all())
    assert bool((density(noise(200, 4), torch.eye(2)[1:].expand(200, 2)) > 0).all())
    free = density(noise(400, 4), torch.zeros(400, 2))[:, 0] > 0
    assert float(free.float().mean()) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_items_are_enough(count: int) -> None:
    rows = torch.arange(3.0 * count).reshape(count, 3)
    drawn = Neighbourhood.of([rows], ALONE)(noise(10, 3))
    assert drawn.shape == (10, 3)
    assert bool(torch.isfinite(drawn).all())


def test_items_that_are_all_the_same_are_drawn_as_they_are() -> None:
    rows = torch.ones(30, 6)
    assert farther(rows, neighbours(rows, 3)) > 0
    torch.testing.assert_close(Neighbourhood.of([rows], ALONE)(noise(5, 6)), torch.ones(5, 6))
    assert Neighbourhood.of([ring()], ALONE).near.shape == (300, NEIGHBOURS)
