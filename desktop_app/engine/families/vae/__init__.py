"""Variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114): the declaration, without torch."""

from __future__ import annotations

from typing import Literal

from desktop_app.engine.families.declaration import Family, Remedy, setting
from desktop_app.engine.families.levers import Levers, redeclared
from desktop_app.engine.families.vae import presets


class VAESettings(Levers):
    """Every lever of the VAE family. None or 0, where it is allowed, leaves the choice to Gensmith."""

    learning_rate: float = redeclared("learning_rate", 1e-3)
    kind: Literal["beta", "regularised"] = setting(
        "beta", "Kind of shorthand", "Variational: each picture becomes a small cloud of numbers, which keeps the space "
        "between pictures usable. Regularised: exact numbers that are kept small; crisper, with rougher passages between.",
        term="β-VAE or RAE", choices={"beta": "Variational (β-VAE)", "regularised": "Regularised (RAE)"},
    )  # fmt: skip
    latent: int = setting(
        0, "Numbers behind a picture", "More keep more detail, fewer make every number mean more. Automatic: as many as "
        "it takes to tell your pictures apart.",
        term="latent size", unit="numbers", zero="Automatic", ge=0, le=512,
    )  # fmt: skip
    reconstruction: Literal["squared", "absolute", "huber"] = setting(
        "squared", "How mistakes count", "Squared: large mistakes count most. Absolute: all in proportion, for crisp edges. "
        "Huber: squared when small, in proportion when large.",
        term="reconstruction loss",
        choices={"squared": "Squared (L2)", "absolute": "Absolute (L1)", "huber": "Huber"},
    )  # fmt: skip
    beta: float = setting(
        0.5, "Order against detail", "More makes the numbers orderly and the pictures softer, less keeps detail.",
        term="β", group="regularising", simple=True, ge=0, le=100,
    )  # fmt: skip
    beta_warm_up: int = setting(
        300, "Order comes slowly", "Steps in which the demand for order rises from nothing, so that it first learns to see.",
        term="KL warm-up", unit="steps", group="stability", ge=0, le=1_000_000,
    )  # fmt: skip
    free_bits: float = setting(
        0.02, "Free of order", "So much knowledge each number may hold for nothing, so that none is given up early.",
        term="free bits", unit="nat", group="diversity", ge=0, le=5,
    )  # fmt: skip
    augmentation: float = setting(
        0.0, "Show pictures turned and shifted", "Chance of each change. The model is told of it and does not draw it.",
        term="non-leaky augmentation", group="regularising", ge=0, le=0.8,
    )  # fmt: skip
    dropout: float = setting(
        0.0, "Forget a little", "Switches off a share of the network at random, so that it learns rules and not pictures.",
        term="dropout", group="regularising", ge=0, le=0.6,
    )  # fmt: skip
    prior: Literal["neighbours", "mixture", "normal"] = setting(
        "neighbours", "Where new pictures come from", "Between neighbours: between pictures of yours that are alike, as far "
        "from each as they are from one another; the best pictures. Clusters: from groups of your pictures, softer and "
        "farther from any one of them. Bell curve: from anywhere.",
        term="ex-post density", group="sampling",
        choices={"neighbours": "Between neighbours", "mixture": "Clusters of your pictures", "normal": "Bell curve"},
    )  # fmt: skip
    components: int = setting(
        0, "Clusters", "How many clusters the mixture has.",
        term="mixture components", zero="Automatic", group="sampling", ge=0, le=100,
    )  # fmt: skip
    variety: float = setting(
        1.0, "Variety", "Below 1 it draws more typical pictures, above 1 more unusual ones.",
        term="scale of the prior", group="sampling", gt=0, le=2,
    )  # fmt: skip


FAMILY = Family(
    name="vae",
    title="Variational autoencoder",
    tagline="Learns a shorthand for your pictures, and draws from it.",
    how_it_works=(
        "One network puts a picture into a few numbers, another makes the picture of them again. Afterwards new numbers, "
        "chosen where those of your pictures lie, become new pictures; between two pictures there are always others."
    ),
    strengths=("Learns fastest of all", "Draws in one pass", "Turns pictures into numbers, and blends them"),
    weaknesses=("Softer pictures than the others",),
    settings=VAESettings,
    networks=tuple(presets.SIZES),
    estimate=presets.estimate,
    passes=presets.PASSES,
    learner="desktop_app.engine.families.vae.learner:Learner",
    remedies={
        "overfitting": Remedy(
            "Let it forget a little and show the pictures turned and shifted, or add pictures.",
            {"dropout": 0.2, "augmentation": 0.15, "weight_decay": 0.05},
        ),
        "copies": Remedy("Draw from clusters of your pictures, farther from any one of them.", {"prior": "mixture"}),
        "rough": Remedy(
            "Count mistakes in proportion, for crisp edges, and ask for less order.",
            {"reconstruction": "absolute", "beta": 0.25},
        ),
        "collapse": Remedy("Ask for less order, and give the numbers more freedom.", {"beta": 0.1, "free_bits": 0.1}),
        "unused": Remedy("Ask for less order, and give the numbers more freedom.", {"beta": 0.1, "free_bits": 0.1}),
    },
    milestones=presets.MILESTONES,
    ceiling=0.55,
    drawing="code",
)
