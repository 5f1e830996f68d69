"""How weights move: optimisers, parts of a batch, L1, averages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

from desktop_app.engine.families.levers import Levers, OptimiserName
from desktop_app.engine.optimisers import orthogonal, shrink
from desktop_app.engine.stepper import Average, Stepper, adopt, load_modules, lower_precision, module_tensors

CPU = torch.device("cpu")
X = torch.linspace(-2, 2, 32).reshape(16, 2)
Y = X @ torch.tensor([[1.0, -1.0, 0.5], [0.3, 0.2, -0.4]])


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 3))


def squared(module: nn.Module) -> Callable[[slice], tuple[Tensor, dict[str, Tensor]]]:
    return lambda part: ((module(X[part]) - Y[part]).square().mean(), {"half": torch.tensor(0.5)})


def stepper(module: nn.Module, **settings: Any) -> Stepper:
    return Stepper(list(module.parameters()), Levers(**{"learning_rate": 0.01, **settings}), device=CPU)


@pytest.mark.parametrize("name", get_args(OptimiserName))
def test_every_optimiser_learns_and_resumes_exactly(name: OptimiserName) -> None:
    module = network()
    one = stepper(module, optimiser=name)
    losses = [float(one.step(16, squared(module), 1.0)["loss"]) for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]
    copied = network()
    load_modules(module_tensors(weights=module), weights=copied)
    other = stepper(copied, optimiser=name)
    other.load_tensors("optimiser", one.tensors("optimiser"))
    one.step(16, squared(module), 0.5)
    other.step(16, squared(copied), 0.5)
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), copied.parameters(), strict=True))


def test_parts_give_the_gradient_of_the_whole() -> None:
    whole, parts = network(), network()
    one, other = stepper(whole), stepper(parts, micro_batch=5)
    figures = one.gradient(16, squared(whole)), other.gradient(16, squared(parts))
    assert float(figures[0]["loss"]) == pytest.approx(float(figures[1]["loss"]), rel=1e-5)
    assert float(figures[1]["half"]) == pytest.approx(0.5)
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        assert a.grad is not None
        torch.testing.assert_close(a.grad, b.grad)


def test_a_full_memory_halves_the_parts_and_repeats_the_same_chance() -> None:
    module = network()
    one, drawn = stepper(module), []

    def loss(part: slice) -> tuple[Tensor, dict[str, Tensor]]:
        drawn.append((part.start, float(torch.rand(()))))
        if part.stop - part.start > 4:
            raise torch.OutOfMemoryError
        return squared(module)(part)

    torch.manual_seed(3)
    one.gradient(16, loss)
    assert one.micro == 4
    assert [start for start, _ in drawn] == [0, 0, 0, 4, 8, 12]
    assert drawn[0][1] == drawn[1][1] == drawn[2][1]
    reference = network()
    stepper(reference).gradient(16, squared(reference))
    for a, b in zip(module.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(a.grad, b.grad)


def test_an_item_that_does_not_fit_is_an_error() -> None:
    def loss(_: slice) -> tuple[Tensor, dict[str, Tensor]]:
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError):
        stepper(network()).gradient(8, loss)


def test_an_error_of_another_kind_is_not_taken_for_a_full_memory() -> None:
    def loss(_: slice) -> tuple[Tensor, dict[str, Tensor]]:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        stepper(network()).gradient(8, loss)


def test_clipping_bounds_the_step_and_zero_lets_it_through() -> None:
    def moved(clip: float) -> float:
        module = network()
        before = torch.cat([weight.detach().flatten().clone() for weight in module.parameters()])
        one = stepper(module, optimiser="sgd", clip=clip, learning_rate=0.1)
        figures = one.gradient(16, lambda part: (1e3 * squared(module)(part)[0], {}))
        assert float(figures["loss"]) > 100
        assert float(one.move(1.0)) > 100
        return float((torch.cat([weight.detach().flatten() for weight in module.parameters()]) - before).norm())

    assert moved(1.0) < 0.25
    assert moved(0.0) > 10


def test_l1_makes_exact_zeros_of_matrices_only() -> None:
    weight, bias = nn.Parameter(torch.tensor([[0.5, -0.02], [0.01, -0.5]])), nn.Parameter(torch.tensor([0.01]))
    shrink([weight, bias], 0.05)
    torch.testing.assert_close(weight.detach(), torch.tensor([[0.45, 0.0], [0.0, -0.45]]))
    assert float(bias.detach()) == pytest.approx(0.01)


def test_orthogonal_has_singular_values_near_one() -> None:
    torch.manual_seed(0)
    matrices = [torch.randn(shape) for shape in ((8, 30), (30, 8), (5, 5), (8, 300))]
    for found, matrix in zip(orthogonal(matrices), matrices, strict=True):
        values = torch.linalg.svdvals(found)
        assert float(values.min()) > 0.6 or matrix.shape == (5, 5), "a square may hold a singular value near zero"
        assert float(values.max()) < 1.3
        torch.testing.assert_close(found, _one_by_one(matrix))


def _one_by_one(matrix: torch.Tensor) -> torch.Tensor:
    """The iteration as its author writes it, on the matrix itself."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm()
    for _ in range(5):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if tall else x


def test_average_of_a_moving_weight_lags_behind_and_gamma_zero_does_not() -> None:
    def after(gamma: float) -> float:
        network, average = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
        following = Average(network, average, gamma)
        for step in range(1, 101):
            nn.init.constant_(network.weight, step)
            following.follow(step)
        return float(average.weight.detach())

    assert after(0) == 100
    # The mean of t under a weight that grows like t^γ is (γ + 1) / (γ + 2) of the end.
    assert after(4) == pytest.approx(100 * 5 / 6, rel=0.02)


def test_adopt_takes_what_fits_and_counts_it() -> None:
    source, target = network(), network()
    tensors = {name: value + 1 for name, value in source.state_dict().items()}
    tensors["2.weight"] = torch.zeros(5, 5)
    taken, total = adopt(target, tensors)
    assert (total - taken, total) == (24, 51)
    torch.testing.assert_close(target[0].weight.detach(), source[0].weight.detach() + 1)
    torch.testing.assert_close(target[2].weight, source[2].weight)


def test_sixteen_bits_are_never_chosen_for_a_processor() -> None:
    assert lower_precision("auto", CPU) is None
    assert lower_precision("bfloat16", CPU) is torch.bfloat16


def test_lower_precision_learns_too() -> None:
    module = network()
    one = stepper(module, precision="bfloat16")
    losses = [float(one.step(16, squared(module), 1.0)["loss"]) for _ in range(40)]
    assert losses[-1] < 0.7 * losses[0]
