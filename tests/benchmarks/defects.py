"""Pictures to plant defects in, and the defects."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

TILE = 256
Change = Callable[[Image.Image, np.random.Generator], Image.Image]


# ---------------------------------------------------------------- sound pictures


def tiles(folders: list[Path], side: int = TILE) -> list[Image.Image]:
    """Squares cut side by side from every picture in the folders: RGB, all different."""
    found = []
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.is_file()):
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        if max(picture.size) > 4 * side:
            picture.thumbnail((4 * side, 4 * side))
        for top in range(0, picture.height - side + 1, side):
            found += [picture.crop((left, top, left + side, top + side)) for left in range(0, picture.width - side + 1, side)]
    return found


def landscapes(count: int, side: int = TILE, seed: int = 1) -> list[Image.Image]:
    """Photographs of nowhere: clouds of noise whose spectrum falls as that of photographs, before them soft and hard shapes."""
    return [_landscape(np.random.default_rng([seed, number]), side) for number in range(count)]


def _landscape(rng: np.random.Generator, side: int) -> Image.Image:
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None]) + 1 / side
    spectrum = rng.normal(size=(3, side, side)) + 0.8 * rng.normal(size=(1, side, side))
    cloud = np.fft.ifft2(np.fft.fft2(spectrum) / frequency ** rng.uniform(1.2, 1.7)).real
    cloud = cloud / cloud.std(axis=(1, 2), keepdims=True) * rng.uniform(18, 42) + rng.uniform(70, 170, (3, 1, 1))
    picture = Image.fromarray(np.clip(cloud.transpose(1, 2, 0), 0, 255).astype(np.uint8))
    for _ in range(rng.integers(3, 9)):
        _stamp(picture, rng)
    return picture


def _stamp(picture: Image.Image, rng: np.random.Generator) -> None:
    """Put a piece of another cloud or a shade on it, with a hard outline."""
    side = picture.width
    y, x = np.mgrid[0:side, 0:side]
    centre, radius, turn = rng.uniform(0, side, 2), rng.uniform(0.05, 0.3, 2) * side, rng.uniform(0, np.pi)
    u = (x - centre[0]) * np.cos(turn) + (y - centre[1]) * np.sin(turn)
    v = (y - centre[1]) * np.cos(turn) - (x - centre[0]) * np.sin(turn)
    inside = (
        (u / radius[0]) ** 2 + (v / radius[1]) ** 2 < 1 if rng.random() < 0.6 else (abs(u) < radius[0]) & (abs(v) < radius[1])
    )
    grain = rng.normal(0, rng.uniform(0, 6), (side, side, 1))
    shade = rng.uniform(10, 245, 3) + (u / side * rng.uniform(-90, 90))[..., None] + grain
    sheet = Image.fromarray(np.clip(shade, 0, 255).astype(np.uint8))
    picture.paste(sheet, (0, 0), Image.fromarray((inside * 255).astype(np.uint8)))


def art(folders: list[Path], count: int, seed: int = 0) -> list[Image.Image]:
    """Flat-coloured drawings with their transparency, as many from each folder."""
    chosen = []
    for folder in folders:
        paths = sorted(folder.rglob("*.png"))
        picked = np.random.default_rng(seed).permutation(len(paths))[: count // len(folders)]
        chosen += [paths[number] for number in sorted(picked.tolist())]
    pictures = []
    for path in chosen:
        with Image.open(path) as opened:
            pictures.append(opened.convert("RGBA"))
    return pictures


def numerals(count: int, side: int = 32, seed: int = 0) -> list[Image.Image]:
    """Single digits, light on dark, of different sizes, places and shades."""
    rng, found = np.random.default_rng(seed), []
    for number in range(count):
        sheet = Image.new("L", (side, side))
        font = ImageFont.load_default(size=float(rng.uniform(0.6, 0.9) * side))
        place = tuple((rng.uniform(-0.12, 0.12, 2) * side + side / 2).tolist())
        ImageDraw.Draw(sheet).text(place, str(number % 10), fill=int(rng.integers(180, 256)), font=font, anchor="mm")
        found.append(sheet.rotate(rng.uniform(-12, 12), Image.Resampling.BILINEAR).convert("RGB"))
    return found


def on_white(picture: Image.Image) -> Image.Image:
    """A drawing as people save it without transparency."""
    sheet = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(sheet, picture.convert("RGBA")).convert("RGB")


# ---------------------------------------------------------------- defects


def blur(sigma: float) -> Change:
    """Gaussian blur of ``sigma`` pixels."""
    return lambda picture, _: picture.filter(ImageFilter.GaussianBlur(sigma))


def noise(sigma: float) -> Change:
    """White noise of ``sigma`` levels in each colour."""

    def add(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
        pixels = np.asarray(picture, dtype=np.float32)
        return Image.fromarray(np.clip(pixels + rng.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8))

    return add


def overexpose(share: float) -> Change:
    """So much more light that ``share`` of the pixels are clipped."""

    def expose(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        gray = np.asarray(picture.convert("L"), dtype=np.float32)
        times = 258 / max(8.0, float(np.quantile(gray, 1 - share)))
        return Image.fromarray(np.clip(np.asarray(picture, dtype=np.float32) * times, 0, 255).astype(np.uint8))

    return expose


def underexpose(share: float) -> Change:
    """So little light that the lights lie at ``share`` of white."""

    def expose(picture: Image.Image, _: np.random.Generator) -> Image.Image:
        lights = max(8.0, float(np.quantile(np.asarray(picture.convert("L")), 0.98)))
        return Image.fromarray((np.asarray(picture, dtype=np.float32) * share * 255 / lights).clip(0, 255).astype(np.uint8))

    return expose


def letterbox(kind: str) -> Change:
    """Bars above and below, at the sides, or all around, in a colour drawn by lot."""

    def put(picture: Image.Image, rng: np.random.Generator) -> Image.Image:
        colours = [(0, 0, 0), (255, 255, 255), tuple(rng.integers(0, 256, 3).tolist())]
        width, height = picture.size
        bar = rng.uniform(0.04, 0.15)
        across = round(width * bar) if kind in ("sides", "frame") else 0
        down = round(height * bar) if kind in ("letterbox", "frame") else 0
        sheet = Image.new("RGB", picture.size, colours[rng.integers(3)])
        sheet.paste(picture.resize((width - 2 * across, height - 2 * down), Image.Resampling.LANCZOS), (across, down))
        return sheet

    return put


def blank(_: Image.Image, rng: np.random.Generator) -> Image.Image:
    """A shade with a touch of grain: a lens cap, an empty page."""
    shade = np.full((TILE, TILE, 3), rng.integers(0, 256, 3)) + rng.normal(0, rng.uniform(0, 3), (TILE, TILE, 3))
    return Image.fromarray(np.clip(shade, 0, 255).astype(np.uint8))


def copies(picture: Image.Image) -> Iterator[tuple[str, Image.Image, dict[str, int]]]:
    """Near duplicates as people have them: name, picture, how it is saved."""
    width, height = picture.size
    edge, half = round(0.05 * width), round(0.025 * width)
    yield "re-encoded", picture, {"quality": 50}
    yield "half the size", picture.resize((width // 2, height // 2), Image.Resampling.LANCZOS), {"quality": 92}
    yield "5 % cropped around", picture.crop((half, half, width - half, height - half)), {"quality": 92}
    yield "5 % cropped at a side", picture.crop((edge, 0, width, height - edge)), {"quality": 92}
    yield "brighter", ImageEnhance.Brightness(picture).enhance(1.1), {"quality": 92}
    yield "paler and flatter", ImageEnhance.Contrast(ImageEnhance.Color(picture).enhance(0.8)).enhance(0.92), {"quality": 92}
    warm = np.asarray(picture, dtype=np.float32) * np.array([1.06, 1.0, 0.94])
    yield "warmer", Image.fromarray(np.clip(warm, 0, 255).astype(np.uint8)), {"quality": 92}


def truncated(picture: Image.Image, kind: str, rng: np.random.Generator) -> bytes:
    """A file that ends early, after 15 to 85 % of its bytes."""
    stream = io.BytesIO()
    picture.save(stream, kind)
    content = stream.getvalue()
    return content[: int(len(content) * rng.uniform(0.15, 0.85))]
