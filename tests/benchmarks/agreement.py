"""Do our distances and neighbour measures agree with torch-fidelity and prdc on the same features?

    python -m tests.benchmarks.agreement [--quick]

The peers live in an environment of their own, made on the first call (that one needs the network).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from desktop_app.evaluation.features import Float64
from desktop_app.evaluation.measures import frechet, kid, prdc
from tests.benchmarks.peers import environment
from tests.benchmarks.results import Claim, Result, add_out, conclude, table

TOLERANCE = 1e-6
"""Relative difference that is allowed."""


def pairs(count: int) -> dict[str, tuple[Float64, Float64]]:
    """Features of sets that are alike, apart and narrow; of one size each, as torch-fidelity's KID wants it."""
    rng = np.random.default_rng(0)
    mixture = rng.standard_normal((48, 48)) / 7
    real, other = (rng.standard_normal((count, 48)) @ mixture for _ in range(2))
    return {
        "of one source": (real, other),
        "shifted and wider": (real, 1.3 * other + 0.4),
        "around a few points": (real, other[:8].repeat(count // 8, axis=0) + 0.05 * rng.standard_normal((count, 48))),
    }


def ours(real: Float64, fake: Float64) -> dict[str, float]:
    """Our figures by the peers' names."""
    return {"kid": kid(real, fake), "frechet": frechet(real, fake), **prdc(real, fake)._asdict()}


def theirs(python: Path, real: Float64, fake: Float64) -> dict[str, float]:
    """The peers' figures, from their own process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.npz"
        np.savez(path, real=real, fake=fake)
        script = Path(__file__).parent / "peers" / "measures.py"
        done = subprocess.run([str(python), str(script), str(path)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"the peers failed:\n{done.stderr[-3000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def inception_apart(python: Path) -> float:
    """Largest difference of our Inception features from torch-fidelity's, in their spread, with weights drawn by chance."""
    from desktop_app.engine.inception import as_onnx
    from desktop_app.evaluation.inception import Inception

    pictures = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "pictures.npy", pictures)
        script = Path(__file__).parent / "peers" / "inception.py"
        done = subprocess.run([str(python), str(script), f"{folder}/pictures.npy", folder], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"the peer failed:\n{done.stderr[-3000:]}")
        theirs = np.load(Path(folder) / "features.npy")
        ours = Inception(as_onnx(Path(folder) / "weights.pth")).features(pictures)
    return float(np.abs(ours - theirs).max() / theirs.std())


def measure(*, quick: bool) -> Result:
    """Both, side by side."""
    start = time.perf_counter()
    python = environment.provide("measures")
    rows, worst = [], dict.fromkeys(("kid", "frechet", "precision", "recall", "density", "coverage"), 0.0)
    for name, (real, fake) in pairs(400 if quick else 1600).items():
        mine, others = ours(real, fake), theirs(python, real, fake)
        for key in worst:
            apart = abs(mine[key] - others[key]) / max(abs(others[key]), 1e-12)
            worst[key] = max(worst[key], apart)
            rows.append([name, key, f"{mine[key]:.9g}", f"{others[key]:.9g}", f"{apart:.1e}"])
    claims = [
        Claim(f"{key}: relative difference from the peers', in millionths", 1e6 * value, 1e6 * TOLERANCE)
        for key, value in worst.items()
    ]
    what = "Inception: largest difference of a feature from torch-fidelity's, in millionths of their spread"
    claims.append(Claim(what, 1e6 * inception_apart(python), 10))
    body = table(["Sets", "Measure", "Ours", "Theirs", "Relative difference"], rows)
    words = (
        "KID and Fréchet distance beside torch-fidelity, the neighbour measures beside prdc, on the same features; Inception "
        "on the same weights, drawn by chance."
    )
    return Result("agreement", "Measures beside others' of the same name", words, claims, body, time.perf_counter() - start)


def main(words: list[str] | None = None) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.agreement", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller sets; the report stays as it is")
    add_out(parser)
    options = parser.parse_args(words)
    return conclude(measure(quick=options.quick), options.out, quick=options.quick)


if __name__ == "__main__":
    sys.exit(main())
