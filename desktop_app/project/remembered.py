"""What Gensmith remembers from one start to the next beside projects: a small table of JSON each, in the person's home.

None of it is worth a failure: a table that is missing or damaged counts as empty, and one that cannot be written is not.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from desktop_app.project.errors import GensmithError
from desktop_app.project.files import write_json
from desktop_app.project.store import home


def recall(name: str) -> dict[str, Any]:
    """The table in the file of that name."""
    try:
        values = json.loads((home() / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def remember(name: str, values: Mapping[str, Any]) -> None:
    """Put values into the table, beside the others there."""
    with contextlib.suppress(GensmithError):
        write_json(home() / name, recall(name) | dict(values))
