"""The sampler against what is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_app.project.errors import Cancelled
from desktop_app.runtime import sampling
from desktop_app.runtime.sampling import Sampler

SPREAD, MEAN = 0.5, 0.3


def exact_denoiser(x: np.ndarray, sigma: float) -> np.ndarray:
    """D of N(µ, σd²) in float64."""
    return (SPREAD**2 * x + sigma**2 * MEAN) / (SPREAD**2 + sigma**2)


def exact_path(x: np.ndarray, start: float, end: float) -> np.ndarray:
    """Solution of dx/dσ = (x − D) / σ from ``start`` to ``end``."""
    return MEAN + (x - MEAN) * np.sqrt((SPREAD**2 + end**2) / (SPREAD**2 + start**2))


@pytest.mark.parametrize("solver", [sampling.heun, sampling.dpmpp_2m])
def test_solvers_converge_in_second_order(solver) -> None:
    x = np.linspace(-3, 3, 7) * 80

    def error(steps: int) -> float:
        sigmas = sampling.karras_sigmas(steps, 0.002, 80)[:-1]  # without the last step to 0
        return float(np.abs(solver(exact_denoiser, x, sigmas) - exact_path(x, 80, 0.002)).max())

    orders = [np.log2(error(steps) / error(2 * steps)) for steps in (64, 128, 256)]
    assert orders == pytest.approx([2, 2, 2], abs=0.25)


@pytest.mark.parametrize("solver", ["heun", "dpmpp_2m"])
def test_samples_have_the_right_mean_and_spread(solver) -> None:
    def denoise(x, sigma, labels):
        s = sigma.reshape(-1, 1, 1, 1)
        return ((SPREAD**2 * x + s**2 * MEAN) / (SPREAD**2 + s**2)).astype(np.float32)

    start = sampling.noise(7, range(400), (1, 8, 8))
    drawn = sampling.sample(denoise, start, np.zeros((400, 0), np.float32), Sampler(solver=solver, steps=32))
    assert drawn.dtype == np.float32
    assert drawn.mean() == pytest.approx(MEAN, abs=0.015)
    assert drawn.std() == pytest.approx(SPREAD, abs=0.015)


@pytest.mark.parametrize(("solver", "guidance", "calls"), [("dpmpp_2m", 1.0, 6), ("heun", 1.0, 11), ("dpmpp_2m", 2.0, 12)])
def test_evaluations_are_as_few_as_promised(solver, guidance, calls) -> None:
    seen = []

    def denoise(x, sigma, labels):
        seen.append((x.dtype, sigma.dtype, sigma.shape, labels.shape))
        return x * 0

    labels = sampling.one_hot([0, 1, 2], 3)
    sampler = Sampler(solver=solver, steps=6, guidance=guidance)
    sampling.sample(denoise, sampling.noise(0, range(3), (1, 4, 4)), labels, sampler)
    assert len(seen) == calls
    assert set(seen) == {(np.dtype(np.float32), np.dtype(np.float32), (3,), (3, 3))}


def test_guidance_moves_away_from_what_has_no_class() -> None:
    def denoise(x, sigma, labels):
        return (labels @ np.array([[1.0], [3.0]], np.float32)).reshape(-1, 1, 1, 1) + 0.5 + 0 * x

    labels, start = sampling.one_hot([0, 1, -1], 2), np.zeros((3, 1, 2, 2), np.float32)

    def drawn(guidance: float) -> list[float]:
        return sampling.sample(denoise, start, labels, Sampler(steps=2, guidance=guidance))[:, 0, 0, 0].tolist()

    assert drawn(1) == pytest.approx([1.5, 3.5, 0.5])
    assert drawn(0) == pytest.approx([0.5, 0.5, 0.5])
    assert drawn(2.5) == pytest.approx([3.0, 8.0, 0.5])


def test_guidance_without_any_class_costs_one_evaluation() -> None:
    calls = []
    for labels in (np.zeros((2, 0), np.float32), np.zeros((2, 5), np.float32)):
        evaluate = sampling.guided(lambda x, sigma, given: calls.append(1) or x, labels, 4.0)
        evaluate(np.zeros((2, 1, 4, 4)), 1.0)
    assert len(calls) == 2


def test_under_strong_noise_the_structure_draws_and_the_denoiser_rests() -> None:
    levels = {"structure": [], "denoiser": [], "guide": []}

    def watched(name: str, value: float):
        return lambda x, sigma, labels: levels[name].append(float(sigma[0])) or x * 0 + np.float32(value)

    sampler = Sampler(steps=10, handover=4.0, autoguidance=2.0)
    parts = {name: watched(name, value) for name, value in (("structure", 9.0), ("denoiser", 1.0), ("guide", 0.75))}
    start = sampling.noise(0, range(2), (1, 4, 4))
    drawn = sampling.sample(parts["denoiser"], start, np.zeros((2, 0), np.float32), sampler, **dict(list(parts.items())[::2]))
    assert min(levels["structure"]) > 4 > max(levels["denoiser"])
    assert levels["structure"] + levels["denoiser"] == sampling.levels(sampler)[:-1].astype(np.float32).tolist()
    assert levels["guide"] == levels["denoiser"]
    assert drawn == pytest.approx(1.25)


def test_noise_does_not_depend_on_the_batch() -> None:
    alone = [sampling.noise(3, [index], (3, 5, 5))[0] for index in range(6)]
    assert np.array_equal(sampling.noise(3, range(6), (3, 5, 5)), np.stack(alone))
    assert np.array_equal(sampling.noise(3, [5, 2], (3, 5, 5)), np.stack([alone[5], alone[2]]))


def test_noise_is_gaussian_and_independent() -> None:
    drawn = np.concatenate([sampling.noise(seed, range(200), (100,)) for seed in (0, 1)])
    quantiles = np.quantile(drawn, [0.0228, 0.1587, 0.5, 0.8413, 0.9772])
    assert quantiles == pytest.approx([-2, -1, 0, 1, 2], abs=0.05)
    apart = drawn @ drawn.T / 100 - np.eye(400)
    assert np.abs(apart[~np.eye(400, dtype=bool)]).max() < 0.6  # six standard deviations of a correlation of 100 numbers


def test_noise_stays_the_same_for_ever() -> None:
    """Pictures that people kept by their seed must come back in every later version, and in other programs."""
    assert sampling.noise(0, [0], (3,))[0] == pytest.approx([0.1165565, -0.6835324, 0.0981960], abs=1e-6)
    assert sampling.noise(5, [2], (3,))[0] == pytest.approx([-1.6973934, 0.1964116, 0.9327772], abs=1e-6)


def test_noise_takes_any_seed() -> None:
    drawn = [sampling.noise(seed, [0], (4,)).tobytes() for seed in (0, -1, 2**63, 2**31)]
    assert len(set(drawn)) == 4
    assert sampling.noise(0, [], (4,)).shape == (0, 4)


@given(st.integers(1, 60), st.floats(1e-3, 1), st.floats(1.5, 200), st.floats(1, 12))
def test_noise_levels_fall_to_nothing(steps, low, high, rho) -> None:
    sigmas = sampling.karras_sigmas(steps, low, high, rho)
    assert sigmas.shape == (steps + 1,)
    assert sigmas[0] == pytest.approx(high)
    assert sigmas[-1] == 0
    assert (np.diff(sigmas) < 0).all()
    if steps > 1:
        assert sigmas[-2] == pytest.approx(low)


def test_noise_levels_are_those_of_the_paper() -> None:
    i = np.arange(18)
    expected = (80 ** (1 / 7) + i / 17 * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    assert sampling.karras_sigmas(18, 0.002, 80)[:-1] == pytest.approx(expected)


def test_drawing_can_be_stopped_between_steps() -> None:
    steps = []

    def stop(done: int, total: int) -> None:
        steps.append((done, total))
        if done == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        sampling.sample(
            lambda x, sigma, labels: x,
            np.zeros((1, 1, 2, 2), np.float32),
            np.zeros((1, 0), np.float32),
            Sampler(steps=5),
            on_step=stop,
        )
    assert steps == [(1, 5), (2, 5)]


@pytest.mark.parametrize(
    "values",
    [
        {"steps": 0},
        {"solver": "euler"},
        {"sigma_min": 5, "sigma_max": 2},
        {"sigma_max": float("nan")},
        {"guidance": -1},
        {"x": 1},
    ],
)
def test_impossible_samplers_are_refused(values) -> None:
    with pytest.raises(ValidationError):
        Sampler(**values)


def test_pictures_are_rounded_and_clipped() -> None:
    x = np.array([-5, -1, 0, 1 / 255, 1, 5], np.float32).reshape(1, 1, 1, 6)
    assert sampling.to_uint8(x)[0, 0, :, 0].tolist() == [0, 0, 128, 128, 255, 255]
    assert sampling.to_uint8(x, (0, 1))[0, 0, :, 0].tolist() == [0, 0, 0, 1, 255, 255]
    assert sampling.to_uint8(np.zeros((2, 3, 4, 5), np.float32)).shape == (2, 4, 5, 3)


def test_one_hot_leaves_no_class_empty() -> None:
    assert sampling.one_hot([1, -1, 0], 2).tolist() == [[0, 1], [0, 0], [1, 0]]
    assert sampling.one_hot([-1, -1], 0).shape == (2, 0)
