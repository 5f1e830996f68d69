"""What is shown where: results on stdout, progress on stderr, in a terminal and in a log."""

from __future__ import annotations

import io
import json
import shlex

from rich.console import Console

from desktop_app.cli import terminal
from desktop_app.cli.follow import Engine, _mention, _show, training_line
from desktop_app.cli.journey import parse_settings
from desktop_app.cli.terminal import Output
from desktop_app.jobs.story import Story
from desktop_app.project.runs import Metrics, Phase, Progress, RunSpec, Warned, create_run


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


def test_a_finding_is_told_once_with_the_command_that_takes_its_remedy(tmp_path, capsys) -> None:
    run = create_run(tmp_path / "my project" / "runs", RunSpec(name="a", data="x", family="diffusion"))
    engine, output = Engine(run, None, 0), Output()
    apply = {"dropout": 0.2, "mirror": None, "loss": "huber", "augment": True}
    finding = Warned(code="copies", message="It learns by heart.", remedy="Let it forget.", apply=apply)
    for _ in range(2):
        _mention(finding, engine, output)
    said = capsys.readouterr().err
    assert said.count("It learns by heart. Let it forget.") == 1
    (command,) = [line for line in said.splitlines() if "gensmith resume" in line]
    words = shlex.split(command[command.index("gensmith") :])
    assert words[:3] == ["gensmith", "resume", str(run.folder)]
    assert parse_settings(words[4::2]) == apply, "it reads back as it was meant"
    _mention(finding.model_copy(update={"message": "Now 9 of 36."}), engine, output)
    _mention(Warned(code="memory", message="The memory was full."), engine, output)
    said = capsys.readouterr().err
    assert "Now 9 of 36." in said and said.count("gensmith resume") == 1


def test_a_bar_goes_back_with_the_training(capsys) -> None:
    story = Story()
    with Output().bar() as bar:
        for step in (600, 100):
            story.take([
                Phase(name="training"),
                Progress(step=step, items=step * 8, total_items=9_600, epoch=1, elapsed=60, seconds_left=60,
                         items_per_second=160.4, memory=1),
            ])  # fmt: skip
            bar._said = 0.0  # a line in a log comes now and then only
            _show(story, bar, "loss")
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["50%", "8%"]
