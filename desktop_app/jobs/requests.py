"""What a training was asked for, in words, so that one that waits can be told from another (no Qt)."""

from __future__ import annotations

from desktop_app.jobs import catalog
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run, RunSpec
from desktop_app.project.steps import duration


def amount(spec: RunSpec) -> str:
    """How long it may learn."""
    return f"{spec.items:,} pictures" if spec.items else duration(60 * (spec.minutes or 0))


def in_words(run: Run) -> str:
    """Length, kind of model and what is other than usual: "10 min, Diffusion model, small, Forget a little: 0.2"."""
    spec = run.spec
    try:
        family = catalog.get(spec.family)
    except GensmithError:
        return f"{amount(spec)}, {spec.family}"
    usual = family.settings().model_dump(mode="json")
    changes = {name: value for name, value in spec.settings.items() if value != usual.get(name)}
    size = "" if spec.network == "auto" else catalog.SIZE_TITLES[spec.network].lower()
    start = "goes on from an earlier model" if spec.start else ""
    words = [amount(spec), family.title, size, start, catalog.changes_in_words(family, changes)]
    return ", ".join(filter(None, words))
