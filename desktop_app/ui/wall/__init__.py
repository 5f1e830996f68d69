"""The wall of pictures: smooth with a hundred thousand, for only what is seen is loaded."""

from desktop_app.ui.wall.choice import Choice, Filter, filters, select
from desktop_app.ui.wall.loader import ThumbnailLoader
from desktop_app.ui.wall.model import WallModel
from desktop_app.ui.wall.view import WallView

__all__ = ["Choice", "Filter", "ThumbnailLoader", "WallModel", "WallView", "filters", "select"]
