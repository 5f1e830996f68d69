"""What to do next: the advice of an evaluation in lines, and the run that takes one."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from desktop_app.cli import follow, targets
from desktop_app.cli.terminal import Output
from desktop_app.evaluation import Report, read_report
from desktop_app.evaluation.report import Advice
from desktop_app.jobs import advising
from desktop_app.project.errors import GensmithError
from desktop_app.project.runs import Run
from desktop_app.project.store import Project


def advice_lines(run: Run) -> list[str]:
    """Each advice about a run with its reason, and how to take it."""
    report = read_report(run.report_file)
    if not report.advice:
        return []
    lines = ["What to do next:"]
    for advice in report.advice:
        lines += [f"  {advice.title} ({advice.code}): {advice.reason} {advice.remedy}".rstrip()]
        if advice.change is not None:
            lines += [f"    {advising.in_words(run.spec.family, advice.change)}", f"    {_command(run, advice)}"]
    return lines


def _command(run: Run, advice: Advice) -> str:
    return f"gensmith improve {shlex.quote(str(run.folder))} --advice {advice.code}"


def improve(path: Path, name: str | None, code: str | None, output: Output) -> None:
    """Train a new run that takes an advice about the best one, and say whether it helped."""
    from desktop_app.cli.journey import outcome_values

    run = targets.trained_run(path, name)
    if not run.report_file.is_file():
        raise GensmithError(
            f"The run {run.name} has not been judged.", f"Judge it: gensmith evaluate {shlex.quote(str(run.folder))}"
        )
    advice = chosen(read_report(run.report_file), code)
    with Project.open(targets.project_of(run)) as project:
        new = advising.follow(project, run, advice)
    assert advice.change is not None
    output.say(f"{advice.title}: {advice.remedy} {advising.in_words(run.spec.family, advice.change)}")
    follow.work(new, "train", output)
    text, values = outcome_values(new)
    came = advising.outcome(new)
    output.result(f"{text}\n{came.sentence if came else ''}".rstrip(), {**values, "advice_taken": _told(came)})


def _told(came: advising.Outcome | None) -> dict[str, Any] | None:
    if came is None:
        return None
    figures = {"before": came.taken.before, "after": came.after}
    values = {name: each._asdict() if each else None for name, each in figures.items()}
    advice = came.taken.advice
    return {
        "from": came.taken.run,
        "code": advice.code,
        "dial": advice.dial,
        "state": came.state,
        "says": came.sentence,
        **values,
    }


def chosen(report: Report, code: str | None) -> Advice:
    """The advice of that code, else the first that a new run can take.

    Raises
    ------
    GensmithError
        There is none; the message names those that there are.
    """
    offered = [advice for advice in report.advice if advice.change is not None]
    fitting = [advice for advice in offered if code in (None, advice.code)]
    if fitting:
        return fitting[0]
    by_hand = [advice for advice in report.advice if code in (None, advice.code)]
    if by_hand:
        raise GensmithError(f"{by_hand[0].title}: that is done by hand.", by_hand[0].remedy)
    known = ", ".join(advice.code for advice in offered)
    raise GensmithError(
        "There is no such advice." if code else "There is nothing to advise.", f"There is: {known}." if known else ""
    )
