"""Words that several verbs share, each with its help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from desktop_app.cli import choices
from desktop_app.jobs.catalog import titles

Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no remarks.")]
ProjectFolder = Annotated[Path, typer.Argument(metavar="PROJECT", help="The project's folder.")]
ProjectOrRun = Annotated[Path, typer.Argument(metavar="PROJECT_OR_RUN", help="A project's folder, or that of one run.")]
BundleOrProject = Annotated[Path, typer.Argument(metavar="BUNDLE_OR_PROJECT", help="A model, or a project: its best run's.")]
RunName = Annotated[str | None, typer.Option("--run", metavar="NAME", help="Which run of the project.")]
Size = Annotated[int | None, typer.Option(min=8, max=512, help="Side of the pictures in pixels; proposed when left out.")]
Colour = Annotated[Literal["auto", "colour", "gray"] | None, typer.Option(help="Whether the model sees colour.")]
Fit = Annotated[Literal["crop", "pad", "stretch"] | None, typer.Option(help="How pictures that are not square become so.")]
HeldOut = Annotated[float | None, typer.Option(min=0.02, max=0.5, help="Share kept aside to judge the model.")]
Licence = Annotated[str | None, typer.Option(help="Licence of your material, for the model's card.")]
LeaveOut = Annotated[
    str | None, typer.Option(metavar="FINDING,…", help="Leave out what was noticed for these: blurred,near-duplicate; or none.")
]
MendNoticed = Annotated[
    str | None, typer.Option("--mend", metavar="FINDING,…", help="Mend what was noticed for these: noisy,border; or none.")
]
Frames = Annotated[bool | None, typer.Option("--frames/--first-frame", help="Every picture of animated files, or the first.")]
FamilyName = Annotated[str | None, typer.Option("--family", help=f"Kind of model: {', '.join(titles())}.")]
Network = Annotated[
    Literal["auto", "tiny", "small", "medium", "large"] | None,
    typer.Option(help="Size of the network; auto follows from the time and this machine's speed."),
]
Minutes = Annotated[float | None, typer.Option(min=0.01, help="Time to train.")]
Items = Annotated[int | None, typer.Option(min=1, help="Pictures to go through, in place of the time.")]
Seed = Annotated[int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same training.")]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the family.")]
Conditioning = Annotated[Literal["auto", "none", "class"] | None, typer.Option(help="Whether the model is told the class.")]
Purpose = Annotated[
    Literal["sprites", "icons", "drawings", "photos", "textures", "other"] | None,
    typer.Option(help="Step 1: what it makes. Given, or either of the next two, later defaults follow."),
]
Priority = Annotated[Literal["fast", "balanced", "best"] | None, typer.Option(help="Step 1: how good against how fast.")]
RunsOn = Annotated[
    Literal["laptop", "workstation", "web", "phone"] | None,
    typer.Option("--runs-on", help="Step 1: where it will generate."),
]
Device = Annotated[choices.Device, typer.Option(help="Where to train.")]
Threads = Annotated[int | None, typer.Option(min=1, help="Threads of the processor to use.")]
Start = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="RUN_OR_BUNDLE", help="Start from an earlier model: a path, or a run of the project by name."
    ),
]
NewRunName = Annotated[str | None, typer.Option("--name", help="Name of the run.")]
InceptionFile = Annotated[
    Path | None,
    typer.Option(
        "--inception", metavar="FILE", help="Inception's weights, for FID and KID as papers give them; kept for later."
    ),
]
