"""Diffusion (EDM, Karras et al. 2022, arXiv:2206.00364): the declaration, without torch."""

from __future__ import annotations

from typing import Literal, cast

from desktop_app.engine.families.declaration import Family, Remedy, Settings, setting
from desktop_app.engine.families.diffusion import presets
from desktop_app.engine.families.levers import Levers, OptimiserName, redeclared


class DiffusionSettings(Levers):
    """Every lever of the diffusion family. None, where it is allowed, leaves the choice to Gensmith."""

    optimiser: OptimiserName = redeclared("optimiser", "muon")
    path: Literal["edm", "flow"] = setting(
        "edm", "Path from noise to picture", "EDM practises noise of every strength and weighs them alike; flow matching "
        "practises the straight line from noise to picture.",
        term="EDM or flow matching", choices={"edm": "EDM", "flow": "Flow matching"},
    )  # fmt: skip
    loss: Literal["squared", "huber", "absolute"] = setting(
        "squared", "How mistakes count", "Squared: large mistakes count most. Absolute: all in proportion, for crisp "
        "edges. Huber: squared when small, in proportion when large, so that odd pictures disturb less.",
        term="L2, Huber, L1 loss", choices={"squared": "Squared", "huber": "Huber", "absolute": "Absolute"},
    )  # fmt: skip
    latent: bool | None = setting(
        None, "Learn a shorthand first", "For large pictures: first it learns to put them into a grid eight times smaller, "
        "then to draw in that. Left open, it does so from 256 pixels on.",
        term="latent diffusion",
    )  # fmt: skip
    noise_mean: float = setting(
        -0.5, "Where it practises most", "Lower practises fine detail, higher the overall shape.",
        term="P_mean of ln σ", ge=-4, le=2,
    )  # fmt: skip
    noise_spread: float = setting(
        1.2, "How widely it practises", "Higher practises very fine and very coarse noise more often.",
        term="P_std of ln σ", gt=0, le=3,
    )  # fmt: skip
    augmentation: float | None = setting(
        None, "Show pictures turned and shifted", "Chance of each change. The model is told of it and does not draw it.",
        term="non-leaky augmentation", group="regularising", ge=0, le=0.8,
    )  # fmt: skip
    dropout: float | None = setting(
        None, "Forget a little", "Switches off a share of the network at random, so that it learns rules and not pictures.",
        term="dropout", group="regularising", ge=0, le=0.6,
    )  # fmt: skip
    label_dropout: float = setting(
        0.1, "Practise without a class", "Share of the practice in which the class is hidden, so that both can be drawn.",
        term="label dropout", group="diversity", ge=0, le=0.5,
    )  # fmt: skip
    guidance: float = setting(
        1.0, "How strictly it keeps to the class", "1 is natural; higher is more typical and less varied.",
        term="classifier-free guidance", group="sampling", ge=1, le=8,
    )  # fmt: skip
    boldness: float | None = setting(
        None, "How boldly it draws", "Above 1 it goes further from the plain first guess than it has learned to: cleaner "
        "shapes and fuller colours, up to overdrawn ones. Left open, what comes closest to your pictures is measured.",
        term="guidance away from the linear denoiser", group="sampling", ge=1, le=3,
    )  # fmt: skip
    autoguidance: float = setting(
        1.0, "Away from its younger self", "Draws away from what the same model drew when it was younger: closer to "
        "your pictures without losing variety, as boldness does more cheaply. 1 is off; above it, drawing takes twice as "
        "long and the file doubles.",
        term="autoguidance", group="sampling", ge=1, le=4,
    )  # fmt: skip
    sampling_steps: int = setting(
        18, "Strokes for each picture", "More strokes draw finer and take longer.",
        term="sampling steps", unit="strokes", group="sampling", ge=4, le=200,
    )  # fmt: skip
    solver: Literal["dpmpp_2m", "heun"] = setting(
        "dpmpp_2m", "Way of drawing", "DPM-Solver++ needs one look for each stroke, Heun two, and is a little more exact.",
        term="sampler", group="sampling", choices={"dpmpp_2m": "DPM-Solver++", "heun": "Heun"},
    )  # fmt: skip


LED = {"edm": 0.5, "flow": 1 / 3}
"""Share of the strokes that the structure of the pictures draws, in which the network rests."""


def _evaluations(settings: Settings) -> int:
    chosen = cast(DiffusionSettings, settings)
    per_stroke = (2 if chosen.solver == "heun" else 1) * (2 if chosen.autoguidance != 1 else 1)
    return max(1, round((1 - LED[chosen.path]) * chosen.sampling_steps)) * per_stroke


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
    learner="desktop_app.engine.families.diffusion.learner:make",
    evaluations=_evaluations,
    remedies={
        "overfitting": Remedy(
            "Let it forget a little and show the pictures turned and shifted, or add pictures.",
            {"dropout": 0.2, "augmentation": 0.15},
        ),
        "copies": Remedy(
            "Let it forget more and show the pictures turned and shifted, or add pictures.",
            {"dropout": 0.3, "augmentation": 0.2, "weight_decay": 0.02},
        ),
        "rough": Remedy("Let it draw away from its younger self, for cleaner pictures.", {"autoguidance": 1.5}),
        "collapse": Remedy("Keep less strictly to the class.", {"guidance": 1.0, "label_dropout": 0.1}),
    },
)
