"""Diffusion (EDM, Karras et al. 2022, arXiv:2206.00364): the declaration, without torch."""

from __future__ import annotations

from typing import Literal

from desktop_app.engine.families.declaration import Family, Settings, setting
from desktop_app.engine.families.diffusion import presets


class DiffusionSettings(Settings):
    """Every lever of the diffusion family. None, where it is allowed, leaves the choice to Gensmith."""

    learning_rate: float = setting(
        2e-3, "How fast it learns", "Higher learns faster until it becomes unstable; halve it if the curve jumps.",
        term="learning rate", simple=True, gt=0, le=0.05,
    )  # fmt: skip
    batch_size: int = setting(
        0, "Pictures looked at together", "0 lets Gensmith choose. More is steadier, slower, and needs more memory.",
        term="batch size", unit="pictures", ge=0, le=4096,
    )  # fmt: skip
    noise_mean: float = setting(
        -1.0, "Where it practises most", "Lower practises fine detail, higher the overall shape.",
        term="P_mean of ln σ", ge=-4, le=2,
    )  # fmt: skip
    noise_spread: float = setting(
        1.2, "How widely it practises", "Higher practises very fine and very coarse noise more often.",
        term="P_std of ln σ", gt=0, le=3,
    )  # fmt: skip
    mirror: bool = setting(
        False, "Mirror images are as good", "Doubles your material. Leave it off for letters, digits and logos.",
        term="horizontal flip", group="regularising", simple=True,
    )  # fmt: skip
    augmentation: float | None = setting(
        None, "Show pictures turned and shifted", "Chance of each change. The model is told of it and does not draw it.",
        term="non-leaky augmentation", group="regularising", ge=0, le=0.8,
    )  # fmt: skip
    dropout: float | None = setting(
        None, "Forget a little", "Switches off a share of the network at random, so that it learns rules and not pictures.",
        term="dropout", group="regularising", ge=0, le=0.6,
    )  # fmt: skip
    weight_decay: float = setting(
        0.0, "Prefer small weights", "Pulls all weights towards zero; a little can keep it from learning by heart.",
        term="L2 / weight decay", group="regularising", ge=0, le=1,
    )  # fmt: skip
    clip: float = setting(
        1.0, "Limit every step", "Caps how far one surprising batch may move the network.",
        term="gradient clipping", group="stability", gt=0, le=100,
    )  # fmt: skip
    average: float = setting(
        16.97, "Averaging of the weights", "Pictures are drawn with a running average. Higher forgets the past sooner.",
        term="power-function EMA, γ", group="stability", ge=1, le=100,
    )  # fmt: skip
    label_dropout: float = setting(
        0.1, "Practise without a class", "Share of the practice in which the class is hidden, so that both can be drawn.",
        term="label dropout", group="diversity", ge=0, le=0.5,
    )  # fmt: skip
    guidance: float = setting(
        1.0, "How strictly it keeps to the class", "1 is natural; higher is more typical and less varied.",
        term="classifier-free guidance", group="sampling", ge=1, le=8,
    )  # fmt: skip
    sampling_steps: int = setting(
        18, "Strokes for each picture", "More strokes draw finer and take longer.",
        term="sampling steps", unit="strokes", group="sampling", ge=4, le=200,
    )  # fmt: skip
    solver: Literal["dpmpp_2m", "heun"] = setting(
        "dpmpp_2m", "Way of drawing", "DPM-Solver++ needs one look for each stroke, Heun two, and is a little more exact.",
        term="sampler", group="sampling",
    )  # fmt: skip


FAMILY = Family(
    name="diffusion",
    title="Diffusion model",
    tagline="Starts from noise and cleans it up, stroke by stroke.",
    how_it_works=(
        "In training it sees your pictures under more and more noise and learns to remove it. "
        "To draw, it starts from pure noise and removes it in a few strokes until a new picture stands there."
    ),
    strengths=("The best pictures", "Learns steadily, rarely fails", "Covers the variety of your pictures"),
    weaknesses=("Draws in several strokes, so generating takes longer", "Wants more training time than simpler models"),
    settings=DiffusionSettings,
    networks=tuple(presets.SIZES),
    estimate=presets.estimate,
    passes=presets.PASSES,
    learner="desktop_app.engine.families.diffusion.learner:Learner",
)
