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
    from nightlight.conversations.corpus import read_corpus, shipped_corpus
    from nightlight.labelling.model import shipped_model
    from nightlight.labelling.report import full_report, print_report
    from nightlight.labelling.training import train
    from nightlight.settings import shipped

    with progress() as display:
        task = display.add_task("training, for figures of what is left out", total=None)
        corpus = read_corpus(shipped_corpus())
        trained = train(corpus)
        report = full_report(
            trained,
            corpus,
            shipped_model(),
            shipped("benchmarks/label"),
            on_step=lambda step: display.update(task, description=step),
        )
    if as_json:
        print_json(report)
    else:
        print_report(report)
