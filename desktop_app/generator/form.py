"""What to draw: how many, which kind, which seed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop_app.ui.widgets.request_form import RequestForm, TitledField

if TYPE_CHECKING:
    from desktop_app.runtime.bundle import Request
    from desktop_app.runtime.manifest import Manifest

WIDTH = 248


class Form(RequestForm):
    """Three fields."""

    def __init__(self) -> None:
        super().__init__(WIDTH)
        self._kinds = TitledField("Kind", self.kind, help="All kinds in turn, or one of them.")
        self.body.addWidget(TitledField("How many", self.count))
        self.body.addWidget(self._kinds)
        about_seeds = "A number for chance. The same seed always draws the same pictures."
        self.body.addWidget(TitledField("Seed", self.seed, self.dice, help=about_seeds))
        self.body.addStretch(1)

    def show_model(self, manifest: Manifest) -> None:
        """Offer the kinds that this model knows."""
        self.offer_kinds(manifest.classes)
        self._kinds.setVisible(bool(manifest.classes))

    def request(self) -> Request:
        """What is asked for."""
        from desktop_app.runtime.bundle import Request

        return Request(self.count.value(), self.seed.value(), self.chosen_kind())
