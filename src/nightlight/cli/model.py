"""`nightlight model`: what the trained models are worth."""

from typing import Annotated

import typer

from nightlight.cli.options import JsonOption
from nightlight.cli.output import print_json, progress
from nightlight.errors import NightlightError, suggest

model = typer.Typer(help="Trained models: what they are worth.", no_args_is_help=True)
MODELS = ("labeller",)


@model.command("evaluate")
def evaluate(
    name: Annotated[str, typer.Argument(help="Which model: labeller.")],
    as_json: JsonOption = False,
) -> None:
    """Measure a model on what it was not trained on: strangers' messages, cards and writers left out (minutes)."""
    if name not in MODELS:
        raise NightlightError(f"there is no model '{name}'", remedy=suggest(name, MODELS))
    from nightlight.conversations.corpus import shipped_corpus
    from nightlight.labelling.report import measure, print_report
    from nightlight.settings import shipped

    with progress() as display:
        task = display.add_task("", total=None)
        report = measure(
            shipped_corpus(),
            shipped("models/labeller"),
            shipped("benchmarks/label"),
            on_step=lambda step: display.update(task, description=step),
        )
    if as_json:
        print_json(report)
    else:
        print_report(report)
