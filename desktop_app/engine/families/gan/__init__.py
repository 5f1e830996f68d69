"""GAN (R3GAN, Huang et al. 2025, arXiv:2501.05441): the declaration, without torch."""

from __future__ import annotations

from typing import Literal

from desktop_app.engine.families.declaration import Family, Remedy, setting
from desktop_app.engine.families.gan import presets
from desktop_app.engine.families.levers import Levers, redeclared

LossName = Literal["relativistic", "hinge", "non-saturating", "wgan-gp"]


class GANSettings(Levers):
    """Every lever of the GAN family. None, where it is allowed, leaves the choice to Gensmith."""

    learning_rate: float = redeclared("learning_rate", 5e-4)
    average: float = redeclared("average", 30.0)
    clip: float = redeclared("clip", 10.0)
    loss: LossName = setting(
        "relativistic", "What the two play for", "Relativistic: each real picture is compared with a drawn one, which keeps "
        "the game fair and the pictures varied. Hinge and non-saturating are the classic games; Wasserstein measures a "
        "distance, and learns slowly and steadily.",
        term="adversarial loss",
        choices={"relativistic": "Relativistic (R3GAN)", "hinge": "Hinge", "non-saturating": "Non-saturating",
                 "wgan-gp": "Wasserstein (WGAN-GP)"},
    )  # fmt: skip
    discriminator_rate: float = setting(
        1.0, "How fast the judge learns", "Beside the painter: above 1 the judge learns faster, below 1 slower.",
        term="learning-rate ratio (TTUR)", gt=0, le=20,
    )  # fmt: skip
    latent: int = setting(
        presets.LATENT, "Numbers behind a picture", "So many random numbers are behind each picture. More allow more variety, "
        "fewer make the pictures easier to vary one by one.",
        term="latent size", unit="numbers", ge=2, le=1024,
    )  # fmt: skip
    augmentation: float | None = setting(
        None, "Show pictures changed", "Chance that the judge sees pictures, real and drawn alike, recoloured, shifted or with "
        "a hole, so that the game does not go astray once it knows few pictures by heart. Left open, it rises while the "
        "judge is too sure of itself.",
        term="DiffAugment, adaptive (ADA)", group="regularising", ge=0, le=1,
    )  # fmt: skip
    augment_colour: bool = setting(
        True, "Recolour", "Brighter, darker, paler. Switch it off where the exact colour matters.",
        term="DiffAugment: colour", group="regularising",
    )  # fmt: skip
    augment_place: bool = setting(
        True, "Shift", "A little to the sides. Switch it off where the exact place matters.",
        term="DiffAugment: translation", group="regularising",
    )  # fmt: skip
    augment_cutout: bool = setting(
        True, "Cut a hole", "Hides a square, so that the judge looks at the whole picture and not at one spot.",
        term="DiffAugment: cutout", group="regularising",
    )  # fmt: skip
    r1: float | None = setting(
        None, "Calm the judge on real pictures", "Keeps its judgement from changing steeply around real pictures; it "
        "fades to a tenth as the training ends. More is steadier, less is sharper. 0 is off.",
        term="R1 penalty, γ", group="stability", ge=0, le=1000,
    )  # fmt: skip
    r2: float | None = setting(
        None, "Calm the judge on drawn pictures", "The same around drawn pictures. With both, the game is known to converge.",
        term="R2 penalty, γ", group="stability", ge=0, le=1000,
    )  # fmt: skip
    gradient_penalty: float = setting(
        10.0, "Even slope", "With the Wasserstein game only: keeps the judge's slope between real and drawn pictures at one.",
        term="WGAN gradient penalty, λ", group="stability", ge=0, le=1000,
    )  # fmt: skip
    spectral_norm: bool = setting(
        False, "Bound the judge", "Limits how strongly each layer of the judge may react. Suits the hinge game; it takes the "
        "place of the two calming penalties, unless you set them.",
        term="spectral normalisation", group="stability",
    )  # fmt: skip
    diversity: float = setting(
        0.0, "Reward differing pictures", "Rewards the painter when different random numbers give different pictures. Try 1 "
        "when its pictures become too much alike.",
        term="mode-seeking loss", group="diversity", ge=0, le=20,
    )  # fmt: skip


FAMILY = Family(
    name="gan",
    title="Generative adversarial network",
    tagline="A painter and a judge, each learning from the other.",
    how_it_works=(
        "A painter draws pictures from random numbers, a judge compares them with yours. The judge learns to tell them "
        "apart, the painter to deceive it. When neither gets ahead any more, the drawn pictures look like yours."
    ),
    strengths=("Draws in one pass: hundreds of pictures a second", "Crisp pictures", "Small files"),
    weaknesses=("Can become unsteady, or draw too little variety", "Its curves say less about how good it is"),
    settings=GANSettings,
    networks=tuple(presets.SIZES),
    estimate=presets.estimate,
    passes=presets.PASSES,
    learner="desktop_app.engine.families.gan.learner:Learner",
    held_out_title="distance to pictures kept aside",
    remedies={
        "overfitting": Remedy(
            "Show the judge pictures changed, or add pictures.", {"augmentation": 0.5, "discriminator_rate": 0.5}
        ),
        "copies": Remedy(
            "Show the judge pictures changed more often, and keep it from learning too fast; or add pictures.",
            {"augmentation": 0.7, "discriminator_rate": 0.5},
        ),
        "saturation": Remedy(
            "Let the judge learn more slowly, and show it pictures changed.",
            {"discriminator_rate": 0.5, "augmentation": 0.5},
        ),
        "collapse": Remedy(
            "Reward differing pictures, compare each with a real one, and calm the judge.",
            {"loss": "relativistic", "diversity": 1.0, "r1": None, "r2": None, "spectral_norm": False},
        ),
    },
    divergence=float("inf"),
    held_out_is_loss=False,
    milestones=presets.MILESTONES,
    ceiling=0.8,
    drawing="contest",
)
