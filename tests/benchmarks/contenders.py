"""Who takes part in the comparison of quality, and how each is run: in a process of its own, with the same pictures."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from desktop_app.data import Encoded, open_encoded, write_sample
from desktop_app.jobs import journey, launch
from desktop_app.project.files import new_folder
from desktop_app.project.runs import Phase, Progress, Run, Started, create_run
from desktop_app.project.store import Project
from desktop_app.runtime.bundle import Request, open_bundle
from desktop_app.runtime.pictures import to_image
from tests.benchmarks.measuring import PeakMemory
from tests.benchmarks.peers import environment

SIDE = 32
"""Pixels at which everybody is compared."""
NICENESS = 10
"""The engine gives way to the window; the peers are run with the same priority."""
SEED = 20_260_101
PEERS = Path(__file__).parent / "peers"


@dataclass(frozen=True)
class Conditions:
    """The same for everybody."""

    seconds: float
    count: int
    draw_cap: float
    threads: int
    seed: int
    strokes: int = 50
    """Of the peers' sampler; ours draws as its bundle says."""


@dataclass(frozen=True)
class Material:
    """A set of pictures: a project at 32 pixels without classes, and one as ``make`` would have it."""

    name: str
    project: Path
    as_made: Path

    def encoded(self) -> Encoded:
        """The arrays that everybody learns from and is judged by."""
        return _arrays(self.project)

    def training(self) -> np.ndarray:
        """What the peers get: uint8 (N, 32, 32, C)."""
        encoded = self.encoded()
        return np.ascontiguousarray(encoded.items[~np.asarray(encoded.held_out)])


@dataclass(frozen=True)
class Contender:
    """One row of the table; ``program`` is a peer's file, empty for ours."""

    name: str
    title: str
    family: str
    program: str = ""
    options: tuple[str, ...] = ()
    native: bool = False

    @property
    def is_ours(self) -> bool:
        return not self.program


@dataclass(frozen=True)
class Effort:
    """What a contender did in its time.

    Attributes
    ----------
    seconds
        From the first step to the last (ours: with opening the data, previews, checkpoints and held-out checks).
    pictures
        Training pictures gone through.
    memory
        Peak of the process and its children while training, in bytes.
    draw_seconds, drawn
        Afterwards.
    """

    seconds: float
    pictures: int
    weights: int
    memory: int
    draw_seconds: float
    drawn: int
    size: int = SIDE


FAST = ("--rate", "1e-3")
DDPM, DIFFUSERS = "denoising_diffusion.py", "diffusers_unconditional.py"
LIGHTWEIGHT, PYTHAE = "lightweight_gan_folder.py", "pythae_vae.py"
MADE = "Gensmith as `make` runs it: the pictures' own size, classes told"
CONTENDERS = {
    contender.name: contender
    for contender in (
        Contender("gensmith", "Gensmith, 32 pixels, without classes", "diffusion"),
        Contender("gensmith-as-made", MADE, "diffusion", native=True),
        Contender("ddpm", "denoising-diffusion-pytorch", "diffusion", DDPM),
        Contender("diffusers", "diffusers, unconditional recipe", "diffusion", DIFFUSERS),
        Contender("ddpm-fast", "denoising-diffusion-pytorch, learning rate raised to 1e-3", "diffusion", DDPM, FAST),
        Contender("diffusers-fast", "diffusers, learning rate raised to 1e-3", "diffusion", DIFFUSERS, FAST),
        Contender("gensmith-gan", "Gensmith's GAN, 32 pixels, without classes", "gan"),
        Contender("lightweight-gan", "lightweight-gan", "gan", LIGHTWEIGHT),
        Contender("lightweight-gan-fast", "lightweight-gan, learning rate raised to 1e-3", "gan", LIGHTWEIGHT, FAST),
        Contender("gensmith-vae", "Gensmith's VAE, 32 pixels, without classes", "vae"),
        Contender("pythae", "pythae, VAE, convolutional", "vae", PYTHAE),
        Contender("pythae-rae", "pythae, regularised autoencoder, convolutional", "vae", PYTHAE, ("--kind", "rae")),
        Contender("pythae-plain", "pythae, VAE, its own multilayer networks", "vae", PYTHAE, ("--default-networks",)),
        Contender("pythae-wide", "pythae, regularised autoencoder, 64 latents", "vae", PYTHAE,
                  ("--kind", "rae", "--latent", "64")),
    )
}  # fmt: skip
USUAL = {
    "diffusion": ("gensmith", "gensmith-as-made", "ddpm", "diffusers"),
    "gan": ("gensmith-gan", "lightweight-gan"),
    "vae": ("gensmith-vae", "pythae", "pythae-rae", "pythae-plain"),
}
TUNED = {"diffusion": ("ddpm-fast", "diffusers-fast"), "gan": ("lightweight-gan-fast",), "vae": ("pythae-wide",)}


# ---------------------------------------------------------------- the pictures


def gather(name: str, pictures: Path | None, work: Path) -> Material:
    """Import a sample (or a folder of pictures) twice; what an earlier call made is used again."""
    folder = work / name
    source = pictures or folder / "pictures"
    if pictures is None and not source.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        write_sample(name, source)
    material = Material(name, folder / "project", folder / "as-made")
    _import(material.project, source, SIDE, "none")
    _import(material.as_made, source, None, "auto")
    return material


def _import(folder: Path, source: Path, size: int | None, conditioning: str) -> None:
    if (folder / "project.json").is_file():
        return
    with Project.create(folder, folder.parent.name) as project:
        project.change("objective", output="images", conditioning=conditioning)
        project.change("data", sources=[str(source)], size=size)
        project.change("architecture", family="diffusion")
        journey.prepare_data(project)


def _arrays(folder: Path) -> Encoded:
    with Project.open(folder, read_only=True) as project:
        assert project.encoded_folder is not None
        return open_encoded(project.encoded_folder)


# ---------------------------------------------------------------- ours


def run_ours(contender: Contender, material: Material, work: Path, conditions: Conditions) -> Effort:
    """Train by the engine's process in a real run folder, then draw with the bundle."""
    folder = material.as_made if contender.native else material.project
    run = _new_run(folder, contender.family, conditions)
    engine = launch.start_engine(run)
    memory = PeakMemory(engine.pid)
    while engine.poll() is None and not any(_is_over(event) for event in run.last_events()):
        time.sleep(0.25)
    peak = memory.end()
    engine.wait()
    if run.state() != "finished":
        raise RuntimeError(f"the engine did not finish: {launch.log_tail(run)}")
    start = time.perf_counter()
    pictures, labels = _draw(run, conditions)
    took = time.perf_counter() - start
    np.save(work / "labels.npy", labels, allow_pickle=False)
    np.save(work / "generated.npy", pictures, allow_pickle=False)
    seconds, seen, weights = _told(run)
    return Effort(seconds, seen, weights, peak, took, len(pictures), pictures.shape[1])


def _new_run(folder: Path, family: str, conditions: Conditions) -> Run:
    """As :func:`launch.new_run`, with the conditions, and without the engine's own evaluation."""
    with Project.open(folder) as project:
        project.change("architecture", family=family)
        project.change("training", minutes=conditions.seconds / 60, seed=conditions.seed)
        encoded = project.encoded_folder
        assert encoded is not None
        spec = launch.resolve_spec(project.document, str(encoded), launch.classes_of(encoded))
        here = {"device": "cpu", "threads": conditions.threads, "evaluate": False}
        return create_run(project.runs_folder, spec.model_copy(update=here))


def _is_over(event: object) -> bool:
    return isinstance(event, Phase) and event.name == "exporting"


def _told(run: Run) -> tuple[float, int, int]:
    """Seconds from opening the data to the last step, pictures gone through, weights."""
    events = run.events()
    begun = next(event.time for event in events if isinstance(event, Phase))
    last = [event for event in events if isinstance(event, Progress)][-1]
    return last.time - begun, last.items, next(event.parameters for event in events if isinstance(event, Started))


def _draw(run: Run, conditions: Conditions) -> tuple[np.ndarray, np.ndarray]:
    bundle = open_bundle(run.bundle_folder)
    classes, start = len(bundle.manifest.classes), time.perf_counter()
    pictures = []
    for picture in bundle.generate(Request(count=conditions.count, seed=SEED + conditions.seed)):
        pictures.append(picture.array)
        if time.perf_counter() - start > conditions.draw_cap:
            break
    labels = np.arange(len(pictures)) % classes if classes else np.full(len(pictures), -1)
    return np.stack(pictures), labels.astype(np.int64)


# ---------------------------------------------------------------- theirs


def run_peer(contender: Contender, material: Material, work: Path, conditions: Conditions) -> Effort:
    """Run a peer's program in its own environment, with the priority, the threads and the variables that our engine has."""
    np.save(work / "training.npy", material.training(), allow_pickle=False)
    words = [str(environment.provide(contender.family)), str(PEERS / contender.program), str(work), *contender.options]
    for name in ("seconds", "count", "draw_cap", "threads", "seed", "strokes"):
        words += [f"--{name.replace('_', '-')}", str(getattr(conditions, name))]
    variables = launch.engine_environment() | {"PYTHONPATH": str(PEERS)}
    with (work / "log.txt").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=subprocess.STDOUT, cwd=work, env=variables)
    psutil.Process(process.pid).nice(NICENESS)
    memory = PeakMemory(process.pid)
    while process.poll() is None and not (work / "trained.json").is_file():
        time.sleep(0.25)
    peak = memory.end()
    if process.wait():
        raise RuntimeError(f"{contender.title} failed: {(work / 'log.txt').read_text(errors='replace')[-2000:]}")
    trained, drawn = (json.loads((work / f"{name}.json").read_text()) for name in ("trained", "drawn"))
    return Effort(trained["seconds"], trained["pictures"], trained["weights"], peak, drawn["seconds"], drawn["pictures"])


# ---------------------------------------------------------------- either


def compete(contender: Contender, material: Material, conditions: Conditions) -> Effort:
    """Run a contender on a set, unless an earlier call in the same folder did so under the same conditions."""
    work = place(contender, material)
    done = work / "effort.json"
    wanted = asdict(conditions)
    if done.is_file() and (kept := json.loads(done.read_text()))["conditions"] == wanted:
        return Effort(**kept["effort"])
    with new_folder(work, durable=False) as empty:
        (empty / "begun").touch()
    run = run_ours if contender.is_ours else run_peer
    effort = run(contender, material, work, conditions)
    done.write_text(json.dumps({"conditions": wanted, "effort": asdict(effort)}))
    return effort


def place(contender: Contender, material: Material) -> Path:
    """Where a contender's work on a set lies."""
    return material.project.parent / contender.name


def drawn_by(contender: Contender, material: Material) -> tuple[np.ndarray, np.ndarray]:
    """The pictures that it drew, at 32 pixels, and the classes it was asked for (-1 without)."""
    work = place(contender, material)
    pictures = np.load(work / "generated.npy", allow_pickle=False)
    labels = np.load(work / "labels.npy") if (work / "labels.npy").is_file() else np.full(len(pictures), -1, np.int64)
    if pictures.shape[1] == SIDE:
        return pictures, labels
    real, small = material.encoded().items, _arrays(material.as_made).items
    return enlarged(pictures, SIDE, exact=_is_repeated(real, small)), labels


def _is_repeated(large: np.ndarray, small: np.ndarray) -> bool:
    """Whether the import brought the real ones to 32 pixels by repeating theirs."""
    times = large.shape[1] // small.shape[1]
    same = len(large) == len(small) and small.shape[1] * times == large.shape[1]
    return same and all(np.array_equal(_repeated(s, times), a) for a, s in zip(large[:200], small[:200], strict=True))


def _repeated(picture: np.ndarray, times: int) -> np.ndarray:
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def enlarged(pictures: np.ndarray, side: int, *, exact: bool) -> np.ndarray:
    """Pictures (N, H, W, C) at another size, as the import brings real ones there."""
    if exact:
        return np.stack([_repeated(picture, side // pictures.shape[1]) for picture in pictures])
    way = Image.Resampling.BICUBIC if side > pictures.shape[1] else Image.Resampling.LANCZOS
    resized = [np.asarray(to_image(picture).resize((side, side), way)) for picture in pictures]
    return np.stack(resized).reshape(len(pictures), side, side, -1)


def lineup(names: list[str]) -> Iterator[Contender]:
    """Contenders by name."""
    return (CONTENDERS[name] for name in names)
