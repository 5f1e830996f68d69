"""The peers' own environment: made once in the person's cache, never in the project's."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

from platformdirs import user_cache_path

HEAVY = (
    "denoising-diffusion-pytorch==2.3.4",
    "ema-pytorch==0.8.3",
    "accelerate==1.15.0",
    "pytorch-fid==0.3.0",
    "diffusers==0.42.1",
    "torchvision==0.28.0",  # of torch 2.13; only its transforms are used, see peers/pictures.py
)
"""Installed without what they ask for, so that none of them brings another torch."""
LIGHT = ("einops", "tqdm", "scipy", "pyyaml", "packaging", "huggingface_hub", "regex", "requests", "importlib_metadata")
"""The rest of what they import; none of these wants torch."""


MEASURES = ("torch-fidelity==0.3.0", "prdc==0.2")
MEASURES_LIGHT = ("scipy", "scikit-learn", "tqdm")
"""What other people's measures need, in place of other people's models."""


def provide(heavy: Sequence[str] = HEAVY, light: Sequence[str] = LIGHT) -> Path:
    """The Python that has the peers; the first call needs the network and a minute, later ones neither."""
    wanted = "\n".join([sys.version, sysconfig.get_path("purelib"), *heavy, *light])
    folder = user_cache_path("gensmith-benchmarks", appauthor=False) / hashlib.sha256(wanted.encode()).hexdigest()[:12]
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if (folder / "complete").is_file():
        return python
    print(f"Installing the peers into {folder} …", flush=True)
    venv.EnvBuilder(with_pip=True, clear=True).create(folder)
    _lend_ours(python)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--no-deps", *heavy], check=True)
    subprocess.run([*install, *light], check=True)
    (folder / "complete").touch()
    return python


def _lend_ours(python: Path) -> None:
    """Let it find torch and numpy where this Python has them, so that all contenders compute with the same ones."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.run([str(python), "-c", ask], check=True, capture_output=True, text=True).stdout.strip())
    (site / "ours.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
