"""The model card: ``README.md`` inside a bundle, in plain words."""

from __future__ import annotations

from desktop_app.runtime.manifest import CONTACT_SHEET, Manifest, Metric
from desktop_app.runtime.variants import BESIDE

_FAMILIES = {
    "diffusion": "a diffusion model: it starts from noise and cleans it up, stroke by stroke",
    "gan": "a GAN: a generator that learned to deceive a critic, and draws in one pass",
    "vae": "a variational autoencoder: it learned to describe pictures by few numbers, and draws from new ones",
}


def model_card(manifest: Manifest) -> str:
    """What the model is, what it learned from, how well it does, how to generate with it (Markdown)."""
    parts = [
        *(_intro(manifest), _material(manifest), _measures(manifest)),
        *(_variant(manifest), _generating(manifest), _limits(manifest)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _line(text: str) -> str:
    """One line of text that cannot open a heading, a link or HTML of its own."""
    flat = " ".join(text.split())
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>#|!" else letter for letter in flat)


def _intro(manifest: Manifest) -> str:
    channels, height, width = manifest.shape
    kind = "gray" if channels == 1 else "colour"
    family = _FAMILIES.get(manifest.family, f"a model of the family {_line(manifest.family)}")
    classes = f" It draws {len(manifest.classes)} kinds: {_listed(manifest.classes)}." if manifest.classes else ""
    sheet = f"\n\n![Pictures that it drew]({CONTACT_SHEET})" if CONTACT_SHEET in manifest.files else ""
    return (
        f"# {_line(manifest.name)}\n\nThis model draws {kind} pictures of {width} × {height} pixels. It is {family}.{classes} "
        f"It was made with Gensmith {_line(manifest.gensmith)} on {manifest.created:%d %B %Y}.{sheet}"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(_line(name) for name in names[:20])
    return f"{shown} and {len(names) - 20} more" if len(names) > 20 else shown


def _material(manifest: Manifest) -> str:
    amount = f"It learned from {manifest.training_items:,} pictures." if manifest.training_items else "How many is not known."
    licence = _line(manifest.licence) or "not stated. Ask whoever made the model before you publish what it draws"
    return f"## What it learned from\n\n{amount} Licence of these pictures, as its maker stated it: {licence.rstrip('.')}."


def _measures(manifest: Manifest) -> str:
    if not manifest.metrics:
        return "## How well it does\n\nNot measured."
    rows = "\n".join(_row(name, metric) for name, metric in manifest.metrics.items())
    return (
        "## How well it does\n\nMeasured on pictures kept aside, which it never learned from. The last column is what real "
        "pictures reach when they are measured in the same way: nothing can honestly do better.\n\n"
        f"| measure | this model | better is | real pictures |\n|---|---|---|---|\n{rows}"
    )


def _row(name: str, metric: Metric) -> str:
    floor = "not measured" if metric.floor is None else f"{metric.floor:.3g}"
    return f"| {_line(metric.title or name)} | {metric.value:.3g} | {metric.better} | {floor} |"


def _variant(manifest: Manifest) -> str:
    variant = manifest.variant
    if variant is None:
        return ""
    how = {"fp16": "its numbers are stored with half the digits", "int8": "its convolutions compute with 8-bit numbers"}
    shown = f"\n\n![Above as it was trained, below this variant]({BESIDE})" if BESIDE in manifest.files else ""
    return (
        f"## A smaller variant\n\nThis is a smaller variant of a model: {how[variant.kind]}. It is {variant.smaller:.1f} times "
        f"smaller and draws {variant.speed:.1f} times as fast on the machine that made it. {variant.count:,} pictures from the "
        f"same seeds differ by {variant.mean_difference:.2g} of 255 levels on average, by {variant.max_difference:.0f} at "
        f"most.{shown}"
    )


def _generating(manifest: Manifest) -> str:
    chosen = ' --class "NAME"' if manifest.classes else ""
    return (
        "## Drawing pictures with it\n\nWith Gensmith, on the command line:\n\n"
        f"    gensmith generate THIS_FILE --count 16 --out pictures --seed 0{chosen}\n\n"
        "The same seed always gives the same pictures. No network and no graphics card are needed.\n\n"
        f"Settings: {_settings(manifest)}."
    )


def _settings(manifest: Manifest) -> str:
    sampler = manifest.sampler
    if sampler is None:
        return f"one pass, from {manifest.noise} random numbers for each picture"
    return (
        f"{sampler.steps} steps with {sampler.solver}, noise from {sampler.sigma_max:g} to {sampler.sigma_min:g}, "
        f"guidance {sampler.guidance:g}"
    )


def _limits(manifest: Manifest) -> str:
    proof = ""
    if manifest.parity:
        low, high = manifest.value_range
        sizes = ", ".join(str(size) for size in manifest.parity.batch_sizes)
        proof = (
            f" The exported file was compared with the trained model ({sizes} pictures at once): values between "
            f"{low:g} and {high:g} differ by at most {manifest.parity.max_abs_error:.1g}."
        )
    return (
        "## Good to know\n\nIt can only draw what resembles its material, and it may come close to single pictures that it "
        f"learned from; look at the copy check before you publish.{proof}"
    )
