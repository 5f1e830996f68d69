"""Diffusion (EDM, Karras et al. 2022, arXiv:2206.00364): the declaration, without torch."""

from __future__ import annotations

from desktop_app.engine.families.declaration import Estimate, Family, Settings, Shape, expectation, setting


class DiffusionSettings(Settings):
    """Every lever of the diffusion family. Paper symbols in the terms."""

    learning_rate: float = setting(
        2e-3, "How fast it learns", "Higher learns faster until it becomes unstable; halve it if the curve jumps.",
        term="learning rate", simple=True, gt=0, le=0.05,
    )  # fmt: skip
    batch_size: int = setting(
        0, "Pictures looked at together", "0 lets Gensmith choose. More is steadier and needs more memory.",
        term="batch size", ge=0, le=4096,
    )  # fmt: skip
    dropout: float = setting(
        0.0, "Forget a little", "Switches off a share of the network at random, so that it learns rules and not pictures.",
        term="dropout", group="regularising", ge=0, le=0.6,
    )  # fmt: skip
    guidance: float = setting(
        1.0, "How strictly it keeps to the class", "1 is natural; higher is more typical and less varied.",
        term="classifier-free guidance", group="sampling", ge=1, le=8,
    )  # fmt: skip
    sampling_steps: int = setting(
        18, "Strokes for each picture", "More steps draw finer and take longer.",
        term="sampling steps", unit="steps", group="sampling", simple=True, ge=4, le=200,
    )  # fmt: skip


def estimate(shape: Shape, network: str, minutes: float, gflops: float) -> Estimate:
    """Placeholder until the network's cost formula stands here."""
    cost = 0.1 * (shape.size / 32) ** 2
    speed = gflops / cost
    passes = speed * minutes * 60 / max(1, shape.items)
    return Estimate(network, 1_000_000, cost, speed, passes, 500_000_000, expectation(passes))


FAMILY = Family(
    name="diffusion",
    title="Diffusion model",
    tagline="Starts from noise and cleans it up, stroke by stroke.",
    how_it_works=(
        "In training it sees your pictures under more and more noise and learns to remove it. "
        "To draw, it starts from pure noise and removes it in a few steps until a new picture stands there."
    ),
    strengths=("The best pictures", "Learns steadily, rarely fails", "Covers the variety of your pictures"),
    weaknesses=("Draws in several steps, so generating takes longer", "Needs more training time than a VAE"),
    settings=DiffusionSettings,
    networks=("tiny", "small", "medium", "large"),
    estimate=estimate,
    learner="desktop_app.engine.families.diffusion.learner:Learner",
)
