"""Making a variant of a bundle with fewer bits, proving it beside the original, and refusing what does not hold."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from desktop_app.engine import likeness, quantising
from desktop_app.engine.likeness import Advance, Material, Pair
from desktop_app.engine.quantising import Feed
from desktop_app.project.errors import GensmithError
from desktop_app.runtime.archive import read_bundle
from desktop_app.runtime.bundle import Bundle, open_bundle, pack, write_bundle
from desktop_app.runtime.manifest import CONTACT_SHEET, Manifest, Metric
from desktop_app.runtime.painters import Network, painter, ports
from desktop_app.runtime.pictures import UInt8, contact_sheet
from desktop_app.runtime.records import fingerprint
from desktop_app.runtime.sampling import Float32, noise, one_hot
from desktop_app.runtime.session import cores
from desktop_app.runtime.variants import BESIDE, Dial, Kind, Variant

MOST_APART: dict[Kind, float] = {"fp16": 2.0, "int8": 6.0}
"""Largest mean difference between pictures from the same seeds, in levels of 255. Half precision keeps three digits, and 2
levels are seen by nobody: measured are 0.03. With 8 bits about 1 is measured where the scales are right; from 6 on most
pictures are visibly others than the seed promised, and scales that are wrong bring 50."""
MOST_WORSE = 0.2
"""Largest rise of a kernel distance from real pictures, in parts of what it was, as far as it is no chance."""
LEAST_SMALLER = 1.1
"""A variant that is not so many times smaller is not worth the file."""
CALIBRATION_PICTURES, CALIBRATION_BATCH = 16, 8
CALIBRATION_SEED = 3_000_017
SHOWN = 8
"""Pictures of each side on the sheet that shows them beside each other."""
SHEET = 36

Tell = Callable[[float, str], None]
"""Told the share that is done and what is being done; it raises to stop the work."""


class Refused(GensmithError):
    """The variant does not hold what it must; nothing was written."""

    def __init__(self, message: str) -> None:
        super().__init__(message, "Nothing was written; the model stays as it is.", code=3)


def make(source: Path, kind: Kind, target: Path, material: Material | None, tell: Tell) -> Manifest:
    """Write a variant of the bundle ``source`` into the file ``target``; what it says of itself.

    Parameters
    ----------
    material
        What to judge both with; without it the pictures of both are compared with each other alone.

    Raises
    ------
    Refused
        It differs too much, is worse, or is hardly smaller.
    """
    manifest, files = read_bundle(source)
    if manifest.variant is not None:
        raise GensmithError("This model was made smaller already.", "Give the one that it was made from.")
    tell(0.0, "Opening the model")
    graphs = _graphs(Bundle(manifest, files, source.name), files, kind, tell)
    with tempfile.TemporaryDirectory(prefix="gensmith-") as folder:
        rough = Path(folder) / "rough"
        write_bundle(rough, _described(manifest, None, {}), dict(graphs))
        pair = _drawn(open_bundle(source), open_bundle(rough), kind, tell)
        dials, metrics = _judged(pair, material, manifest.classes, tell)
        tell(0.97, "Writing the file")
        variant = _variant(kind, manifest, files, graphs, pair, dials)
        refuse(variant)
        final = write_bundle(
            Path(folder) / "variant", _described(manifest, variant, metrics), {**graphs, **_sheets(pair, manifest)}
        )
        pack(Path(folder) / "variant", target)
    tell(1.0, "Done")
    return final


def refuse(variant: Variant) -> None:
    """Raise :class:`Refused`, with the reason, for a variant that does not hold."""
    apart, most = variant.mean_difference, MOST_APART[variant.kind]
    if apart > most:
        raise Refused(
            f"With fewer bits it draws other pictures from the same seeds: they differ by {apart:.1f} of 255 levels on "
            f"average, and {most:g} are the limit."
        )
    for key in ("kid", "kid_learned"):
        dial = variant.dials.get(key)
        if dial is not None and dial.low is not None and dial.low > 0 and dial.change > MOST_WORSE:
            raise Refused(
                f"With fewer bits its pictures are farther from real ones: the distance “{dial.title}” rises from "
                f"{dial.before:.3g} to {dial.after:.3g}, by {dial.change:.0%}, and {MOST_WORSE:.0%} are the limit."
            )
    if variant.smaller < LEAST_SMALLER:
        raise Refused("It would hardly become smaller: this model has few weights that could be stored in fewer bits.")


# ---------------------------------------------------------------- the graphs


def _graphs(bundle: Bundle, files: dict[str, bytes], kind: Kind, tell: Tell) -> dict[str, bytes]:
    """The graphs of the variant by file name."""
    named = {str(role): name for role, name in bundle.manifest.graphs.items()}
    if kind == "fp16":
        tell(0.1, "Storing its numbers with half the digits")
        return {name: _halved(role, files[name]) for role, name in named.items()}
    wide = {role: name for role, name in named.items() if quantising.bears_bytes(files[name])}
    if not wide:
        raise Refused("This model has no convolutions wide enough to gain from 8 bits.")
    feeds = _recorded(bundle, lambda share: tell(0.15 * share, "Watching it draw"))
    made, total = {}, len(named)
    for number, (role, name) in enumerate(named.items()):

        def advance(done: int, of: int, first: int = number) -> None:
            tell(0.15 + 0.2 * (first + done / max(1, of)) / total, "Converting it to 8 bits")

        seen = feeds.get(role, [])
        made[name] = quantising.quantised(files[name], seen, advance) if role in wide and seen else _halved(role, files[name])
    return made


def _halved(role: str, content: bytes) -> bytes:
    """A graph with half the digits; a prior keeps them all, for it chooses among latents, and rounded it chooses others."""
    return content if role == "prior" else quantising.halved(content)


def _recorded(bundle: Bundle, advance: Advance) -> dict[str, list[Feed]]:
    """What flows into each graph while pictures are drawn, and while an encoder looks at them."""
    manifest = bundle.manifest
    feeds: dict[str, list[Feed]] = {}

    def network(role: str) -> Network:
        return _Watched(bundle, role, feeds.setdefault(role, []))  # type: ignore[arg-type]

    paint = painter(manifest, network, manifest.sampler)
    for start in range(0, CALIBRATION_PICTURES, CALIBRATION_BATCH):
        indices = range(start, start + CALIBRATION_BATCH)
        classes = len(manifest.classes)
        labels = one_hot([index % classes for index in indices] if classes else [-1] * len(indices), classes)
        begun = paint.begin(noise(CALIBRATION_SEED, indices, paint.noise_shape), labels)
        share = start / CALIBRATION_PICTURES
        pictures = paint(
            begun, labels, lambda done, of, s=share: advance(s + done / of * CALIBRATION_BATCH / CALIBRATION_PICTURES)
        )
        if "encoder" in manifest.graphs:
            network("encoder")(pictures, labels)
    return feeds


class _Watched:
    """A network of a bundle whose inputs are kept."""

    def __init__(self, bundle: Bundle, role: str, feeds: list[Feed]) -> None:
        self._network = bundle.network(role, cores())
        self._names = list(ports(bundle.manifest)[role][0])
        self._feeds = feeds

    def __call__(self, *values: Float32) -> Float32:
        self._feeds.append(dict(zip(self._names, values, strict=False)))
        return self._network(*values)


# ---------------------------------------------------------------- beside the original


def _drawn(before: Bundle, after: Bundle, kind: Kind, tell: Tell) -> Pair:
    return likeness.drawn(before, after, lambda share: tell(0.35 + 0.4 * share, "Drawing the same pictures with both"))


def _judged(pair: Pair, material: Material | None, classes: list[str], tell: Tell) -> tuple[dict[str, Dial], dict[str, Metric]]:
    if material is None:
        return {}, {}
    dials, report = likeness.judged(pair, material, classes, lambda share: tell(0.75 + 0.22 * share, "Judging both"))
    return dials, report.metrics()


def _variant(
    kind: Kind, manifest: Manifest, files: dict[str, bytes], graphs: dict[str, bytes], pair: Pair, dials: dict[str, Dial]
) -> Variant:
    mean, largest = pair.difference
    return Variant(
        kind=kind,
        of=fingerprint(manifest),
        seed=likeness.SEED,
        count=len(pair.before),
        mean_difference=mean,
        max_difference=largest,
        bytes_before=sum(len(files[name]) for name in graphs),
        bytes_after=sum(len(content) for content in graphs.values()),
        speed=pair.speed,
        processors=cores(),
        dials=dials,
    )


def _described(manifest: Manifest, variant: Variant | None, metrics: dict[str, Metric]) -> Manifest:
    return manifest.model_copy(update={"variant": variant, "metrics": metrics, "files": {}})


def _sheets(pair: Pair, manifest: Manifest) -> dict[str, bytes]:
    scale = max(1, 96 // manifest.shape[1])
    both = np.concatenate([pair.before[:SHOWN], pair.after[:SHOWN]])
    return {CONTACT_SHEET: _sheet(pair.after[:SHEET], 6, scale), BESIDE: _sheet(both, SHOWN, scale)}


def _sheet(pictures: UInt8, columns: int, scale: int) -> bytes:
    stream = io.BytesIO()
    contact_sheet(pictures, columns, scale=scale).save(stream, "PNG")
    return stream.getvalue()
