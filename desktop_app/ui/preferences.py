"""What the person prefers of the window itself, kept in their home and not in a project."""

from __future__ import annotations

from typing import Any

from desktop_app.project import remembered

FILE = "window.json"


def load() -> dict[str, Any]:
    """All preferences; an unreadable file counts as none."""
    return remembered.recall(FILE)


def get(name: str, default: Any) -> Any:
    """One preference, or ``default`` when it is missing or of another type."""
    value = load().get(name, default)
    return value if isinstance(value, type(default)) else default


def put(**values: Any) -> None:
    """Keep preferences; a home that cannot be written is no reason to fail."""
    remembered.remember(FILE, values)
