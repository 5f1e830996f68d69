"""Inception features from a file of the person's own, for figures that can be set beside those of papers.

The file is the one that everyone uses, known by its SHA-256. Without it nothing is lost but that comparison: Inception was
trained on photographs, and says little of sprites or drawings.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from desktop_app.evaluation.features import Float64, OnBatch, UInt8, batches
from desktop_app.evaluation.glossary import Known, measured, not_measured, plain
from desktop_app.evaluation.intervals import REPLICATES, around, halves, masks
from desktop_app.evaluation.measures import frechet, kid, kid_weighted
from desktop_app.evaluation.report import Measure
from desktop_app.project.errors import GensmithError
from desktop_app.project.files import explained, write_json
from desktop_app.project.store import home
from desktop_app.runtime.manifest import damaged
from desktop_app.runtime.session import Session, cores

KNOWN: dict[str, str] = {
    "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2": "pt_inception-2015-12-05-6726825d.pth",
}
"""SHA-256 of the files that are accepted, and the names they go by; pytorch-fid and torch-fidelity use the same one."""
WHERE = (
    "It is the file pt_inception-2015-12-05-6726825d.pth that the pytorch-fid project offers among its releases on GitHub "
    "(95 MB); torch-fidelity keeps the same as weights-inception-2015-12-05-6726825d.pth."
)
CHOICE = "inception.json"
"""In the person's own folder: which file was chosen. Beside it lies the network that was made from it."""
FEWEST = 50
"""Pictures of each side for a Fréchet distance; papers take 10,000 and more, and fewer make it higher."""


def checked(path: Path) -> str:
    """The SHA-256 of a file that is one of those known.

    Raises
    ------
    GensmithError
        It cannot be read, or is another file.
    """
    with explained(path), path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found not in KNOWN:
        raise GensmithError(
            f"{path.name} is not the file of Inception's weights: its SHA-256 begins with {found[:8]}.", WHERE, code=3
        )
    return found


def choose(path: Path) -> str:
    """From now on every evaluation measures by this file too; returns its SHA-256.

    Raises
    ------
    GensmithError
        It is not the known file, or the disk refuses.
    """
    found = checked(path)
    write_json(home() / CHOICE, {"file": str(path.absolute()), "sha256": found})
    return found


def forget() -> None:
    """Evaluations do without it again; the file itself stays where it is."""
    for path in (home() / CHOICE, *home().glob("inception-*.onnx")):
        path.unlink(missing_ok=True)


def chosen() -> tuple[Path, str] | None:
    """The file that was chosen and its SHA-256; None where none was, or the note of it is damaged."""
    try:
        note = json.loads((home() / CHOICE).read_text(encoding="utf-8"))
        return (Path(note["file"]), str(note["sha256"])) if note["sha256"] in KNOWN else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def network_file(sha256: str) -> Path:
    """Where the network that was made from the file is kept."""
    return home() / f"inception-{sha256[:12]}.onnx"


class Inception:
    """Features (N, 2048) of pictures.

    Parameters
    ----------
    onnx
        The graph: ``pictures`` float32 (B, 3, H, W) in 0 to 255 to ``features`` (B, F); it enlarges them itself.
    """

    def __init__(self, onnx: bytes) -> None:
        self._session = Session(onnx, "of Inception", cores())
        if self._session.outputs != ["features"]:
            raise damaged("of Inception", "it has no features")

    def features(self, pictures: UInt8, on_batch: OnBatch | None = None) -> Float64:
        """Of pictures (N, H, W, C); grey ones in all three colours."""
        rows = [self._session.run(["features"], {"pictures": _in_colour(batch)})[0] for batch in batches(pictures, on_batch)]
        return np.concatenate(rows).astype(np.float64)


def _in_colour(pictures: UInt8) -> NDArray[np.float32]:
    wide = np.broadcast_to(pictures, (*pictures.shape[:3], 3)) if pictures.shape[-1] == 1 else pictures
    return np.ascontiguousarray(wide.transpose(0, 3, 1, 2), np.float32)


def compared(training: Float64, held_out: Float64, generated: Float64, rng: np.random.Generator) -> dict[str, Measure]:
    """KID and FID of generated against training pictures, as papers take them, beside held-out ones in their place."""
    in_training, in_generated = (masks(halves(len(rows), REPLICATES, rng), len(rows)) for rows in (training, generated))
    near = around(kid(training, generated), kid_weighted(training, generated, in_training, in_generated))
    if min(len(training), len(held_out), len(generated)) < FEWEST:
        fid = not_measured("frechet_inception", f"{FEWEST} pictures of each side are needed.")
    else:
        fid = plain("frechet_inception", frechet(training, generated), frechet(training, held_out))
    return {"frechet_inception": fid, "kid_inception": measured("kid_inception", near, Known(kid(training, held_out)))}
