"""One weighing says which run is best, wherever it is asked, and gives its reason."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from desktop_app.evaluation.report import Copies, Measure, Report, Verdict
from desktop_app.jobs import comparing
from desktop_app.jobs.best import best_run, score
from desktop_app.project.runs import Run, RunSpec, create_run
from desktop_app.project.store import Project

DIALS = ("accuracy", "precision", "recall", "diversity", "naturalness")


def a_run(project: Project, name: str, dials: float | None = None, *, copies: int = 0, kid: float = 0.5) -> Run:
    """A run with a model; judged where ``dials`` says what all of them reach."""
    run = create_run(project.runs_folder, RunSpec(name=name, data="../../data/x", family="diffusion"))
    run.bundle_folder.mkdir()
    if dials is not None:
        judge(run, dials, copies, kid)
    return run


def judge(run: Run, dials: float, copies: int = 0, kid: float = 0.5) -> None:
    values = dict.fromkeys(DIALS, dials) | {"kid": kid, "kid_learned": kid}
    measures = {
        key: Measure(value=value, low=value, high=value, floor=1.0, better="higher", title=key, help="")
        for key, value in values.items()
    }
    Report(
        run=run.name, generated=100, held_out=50, training=200, seed=0, measures=measures, nearest=[], advice=[],
        verdict=Verdict(state="good", sentence="Good."),
        copies=Copies(count=copies, of=100, baseline=1, threshold=0.4, tolerated=5),
    ).save(run.report_file)  # fmt: skip


def test_the_best_run_is_the_chosen_the_best_judged_or_the_newest(project: Project) -> None:
    assert best_run(project) is None
    create_run(project.runs_folder, RunSpec(name="a", data="../../data/x", family="diffusion"))
    assert best_run(project) is None, "it has no model"
    second = a_run(project, "b")
    assert best_run(project) == (second, "It is the newest; none could be judged yet.")
    good, worse = a_run(project, "c", 0.9), a_run(project, "d", 0.7)
    found = best_run(project)
    assert found is not None and found.run == good and "Ahead of the next best" in found.reason
    project.change("deployment", run=worse.name)
    assert best_run(project) == (worse, "You chose it.")
    project.change("deployment", run="gone")
    assert best_run(project) == found


def test_a_low_distance_does_not_excuse_copying(project: Project) -> None:
    """As the comparison weighs them: a copy of the training set has the lowest distance of all."""
    copying, honest = a_run(project, "copying", 0.9, copies=80, kid=0.01), a_run(project, "honest", 0.8, kid=0.3)
    found = best_run(project)
    assert found is not None and found.run == honest and "80 of 100 there" in found.reason
    together = comparing.compare([copying, honest])
    assert together.choice is not None
    assert (together.runs[together.choice.place], together.choice.reason) == found
    assert score(honest) > score(copying)  # type: ignore[operator]


def test_a_run_judged_again_is_weighed_again(project: Project) -> None:
    first, second = a_run(project, "a", 0.6), a_run(project, "b", 0.7)
    assert best_run(project).run == second  # type: ignore[union-attr]
    judge(first, 0.95)
    os.utime(first.report_file, ns=(1, first.report_file.stat().st_mtime_ns + 1_000_000))
    assert best_run(project).run == first  # type: ignore[union-attr]
    first.report_file.write_text("{", encoding="utf-8")
    assert score(first) is None and best_run(project).run == second  # type: ignore[union-attr]


def test_to_ask_for_it_loads_nothing_that_a_window_would_wait_for(tmp_path: Path) -> None:
    code = "import sys, desktop_app.jobs.best; print(*{'numpy', 'torch', 'PySide6'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
