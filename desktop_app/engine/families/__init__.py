"""The registry of families: the only place that knows their names.

A family declares itself without torch (:class:`Family`: its card, its settings, its sizes), so that the window can
show it at once. Its learner, which needs torch, is named by module and loaded in the engine's own process.
"""

from __future__ import annotations

from desktop_app.engine.families import diffusion, gan, vae
from desktop_app.engine.families.declaration import Family
from desktop_app.project.errors import GensmithError

FAMILIES: dict[str, Family] = {family.name: family for family in (diffusion.FAMILY, gan.FAMILY, vae.FAMILY)}


def get(name: str) -> Family:
    """The family of that name.

    Raises
    ------
    GensmithError
        There is none; the message lists those that there are.
    """
    if name not in FAMILIES:
        raise GensmithError(f"There is no model family “{name}”.", f"Choose one of: {', '.join(FAMILIES)}.")
    return FAMILIES[name]
