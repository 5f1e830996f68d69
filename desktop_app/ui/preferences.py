"""What the person prefers of the window itself, kept in their home and not in a project."""

from __future__ import annotations

import json
from typing import Any

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.store import home

FILE = "window.json"


def load() -> dict[str, Any]:
    """All preferences; an unreadable file counts as none."""
    try:
        values = json.loads((home() / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def get(name: str, default: Any) -> Any:
    """One preference, or ``default`` when it is missing or of another type."""
    value = load().get(name, default)
    return value if isinstance(value, type(default)) else default


def put(**values: Any) -> None:
    """Keep preferences; a home that cannot be written is no reason to fail."""
    try:
        write_json(home() / FILE, load() | values)
    except GensmithError:
        return
