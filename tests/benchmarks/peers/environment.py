"""The peers' own environments: each made once in the person's cache, never in the project's."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path


@dataclass(frozen=True)
class Needs:
    """What an environment holds.

    Attributes
    ----------
    heavy
        Installed without what they ask for, so that none of them brings another torch.
    light
        The rest of what they import; none of these wants torch.
    """

    heavy: tuple[str, ...]
    light: tuple[str, ...]


TORCHVISION = "torchvision==0.28.0"
"""Of torch 2.13; only its transforms are used, see :func:`tests.benchmarks.peers.contest.declare_operators`."""
NEEDS = {
    "diffusion": Needs(
        (
            "denoising-diffusion-pytorch==2.3.4",
            "ema-pytorch==0.8.3",
            "accelerate==1.15.0",
            "pytorch-fid==0.3.0",
            "diffusers==0.42.1",
            TORCHVISION,
        ),
        ("einops", "tqdm", "scipy", "pyyaml", "packaging", "huggingface_hub", "regex", "requests", "importlib_metadata"),
    ),
    "gan": Needs(
        ("lightweight-gan==1.2.1", "adabelief-pytorch==0.2.1", "kornia==0.9.0", "kornia-rs==0.2.0", TORCHVISION),
        ("colorama", "einops", "packaging", "retry", "tabulate", "tqdm"),
    ),
    "vae": Needs(("pythae==0.1.2",), ("cloudpickle", "imageio", "scikit-learn", "scipy", "tqdm", "typing-extensions")),
    "measures": Needs(("torch-fidelity==0.3.0", "prdc==0.2"), ("scipy", "scikit-learn", "tqdm")),
}
"""By kind of model, and what other people's measures need."""


def provide(kind: str) -> Path:
    """The Python that has the peers of a kind; the first call needs the network and a minute, later ones neither."""
    needs = NEEDS[kind]
    wanted = "\n".join([sys.version, sysconfig.get_path("purelib"), *needs.heavy, *needs.light])
    folder = user_cache_path("gensmith-benchmarks", appauthor=False) / hashlib.sha256(wanted.encode()).hexdigest()[:12]
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if (folder / "complete").is_file():
        return python
    print(f"Installing the peers into {folder} …", flush=True)
    venv.EnvBuilder(with_pip=True, clear=True).create(folder)
    _lend_ours(python)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--no-deps", *needs.heavy], check=True)
    subprocess.run([*install, *needs.light], check=True)
    (folder / "complete").touch()
    return python


def _lend_ours(python: Path) -> None:
    """Let it find torch and numpy where this Python has them, so that all contenders compute with the same ones."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True).stdout.strip())
    (site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
