"""What is shown where: results on stdout, progress on stderr, in a terminal and in a log."""

from __future__ import annotations

import io
import json

from rich.console import Console

from desktop_app.cli import terminal
from desktop_app.cli.follow import training_line
from desktop_app.cli.terminal import Output
from desktop_app.jobs.story import Story
from desktop_app.project.runs import Metrics, Progress


def test_results_and_remarks_never_mix(capsys) -> None:
    output = Output()
    output.say("a [bold]remark[/bold]")
    output.result("a result in /tmp/[brackets]", {})
    said = capsys.readouterr()
    assert said.out == "a result in /tmp/[brackets]\n"
    assert said.err == "a [bold]remark[/bold]\n"


def test_machines_get_one_line_in_any_script(capsys) -> None:
    Output(as_json=True).result("for people", {"folder": "東京\nnew line"})
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out) == {"folder": "東京\nnew line"}


def test_quiet_means_quiet(capsys) -> None:
    output = Output(quiet=True)
    output.say("a remark")
    with output.bar() as bar:
        bar.show("Drawing", 0.5)
    assert capsys.readouterr().err == ""


def test_a_log_gets_a_line_for_each_phase_and_one_now_and_then(capsys, monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    with Output().bar() as bar:
        for number in range(11):
            bar.show("Training", number / 10, f"step {number}")
            now[0] += 3
        bar.show("Judging", 0)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["Training 0% step 0", "Training 40% step 4", "Training 80% step 8", "Judging 0%"]


def test_a_terminal_gets_a_bar_that_moves() -> None:
    screen = io.StringIO()
    output = Output()
    output._err = Console(file=screen, force_terminal=True, width=100)
    with output.bar() as bar:
        bar.show("Training", 0.25, "loss 0.5 [sic]")
    assert "Training" in screen.getvalue()
    assert "25%" in screen.getvalue()
    assert "[sic]" in screen.getvalue()


def test_a_trainings_figures_in_one_line() -> None:
    story = Story()
    assert training_line(story, "kept-aside loss") == ""
    story.take(
        [
            Metrics(step=1_200, items=9_600, values={"loss": 0.25, "learning_rate": 1e-3}),
            Progress(
                step=1_200, items=9_600, total_items=19_200, epoch=20.0, elapsed=60.0, seconds_left=60.0,
                items_per_second=160.4, memory=1,
            ),
        ]
    )  # fmt: skip
    assert training_line(story, "kept-aside loss") == "step 1,200, loss 0.250, 160 pictures/s, 1 min left"
    story.take([Metrics(step=1_200, items=9_600, values={"held_out_loss": 0.5})])
    assert ", distance 0.500, " in training_line(story, "distance"), "in the words of its kind of model"
