"""The command line: its verbs, and the way in. What a verb takes is in its module, and how it fails in ``endings``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from desktop_app import __version__
from desktop_app.cli import deploy, endings, keeping, looking, queueing, shrinking, steps
from desktop_app.cli.terminal import Interrupted
from desktop_app.project.errors import Cancelled

app = typer.Typer(
    name="gensmith",
    help="Train a generative model on your own pictures, and generate with it, offline. Without a verb the window opens.",
    epilog="Exit codes: 0 done, the artefact exists · 1 unexpected · 2 wrong request · 3 bad material · "
    "4 the machine · 5 the run failed · 130 interrupted",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(deploy.app, name="deploy")

VERBS: dict[str, Callable[..., None]] = {
    "make": steps.make,
    "new": steps.new,
    "objective": steps.objective,
    "import": steps.import_,
    "rehearse": steps.rehearse,
    "train": steps.train,
    "queue": queueing.queue,
    "resume": steps.resume,
    "evaluate": steps.evaluate,
    "improve": steps.improve,
    "compare": steps.compare,
    "report": steps.report,
    "export": steps.export,
    "keep": keeping.keep,
    "shrink": shrinking.shrink,
    "generate": steps.generate,
    "info": looking.info,
    "estimate": looking.estimate,
    "doctor": looking.doctor,
    "selftest": looking.selftest,
    "sample": looking.sample,
    "try": looking.try_,
}
"""Each verb that is no group, in the order in which ``--help`` lists them."""

for _name, _verb in VERBS.items():
    app.command(_name)(_verb)


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, callback=lambda yes: _say_version(yes))] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the details of an error; may stand anywhere.")] = False,
) -> None:
    """What may stand before the verb."""


def _say_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"Gensmith {__version__}")
        raise typer.Exit


def main(words: Sequence[str]) -> int:
    """Run a verb; every failure is one line on stderr and a code, the details only with ``--debug``."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a name in another script is no reason to fail
    debug = "--debug" in words
    try:
        code = app([word for word in words if word != "--debug"], prog_name="gensmith", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (KeyboardInterrupt, Cancelled):
        return endings.failed("Interrupted; nothing was changed.", endings.INTERRUPTED, words)
    except Interrupted as ended:
        return endings.failed(str(ended), endings.INTERRUPTED, words)
    except BrokenPipeError:  # whoever read the output has closed it, as head does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return endings.UNEXPECTED
    except Exception as error:
        if debug:
            sys.stderr.write(endings.details(error))
        return endings.explained(error, words, VERBS)
