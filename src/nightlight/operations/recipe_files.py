"""What every recipe does the same way: its command line and parameters, its log with a plot of the loss, what is
measured of a model's memory, the export for onnxruntime, and the manifest. The libraries for training are imported
where they are used."""

import argparse
import contextlib
import hashlib
import io
import json
import logging
import platform
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from nightlight.dashboards.charts import svg
from nightlight.errors import NightlightError, suggest
from nightlight.operations.model_training import Recipe
from nightlight.registry import manifest
from nightlight.simulator.wording.pocket_words import pieces_of
from nightlight.studio.training_sets import TrainingDocuments

LOG, PLOT, GENAI = "metrics.jsonl", "loss.svg", manifest.GENAI
LIBRARIES = ("torch", "transformers", "peft", "safetensors", "onnxruntime-genai", "numpy")
PRECISIONS = ("int4", "int8", "fp32")
STARTERS = ("allowed", "refused")
CANARIES, CANARY_WORDS, CANARY_KNOWN = 6, 9, 4
"""Senseless sentences that are planted among the rows, their words, and how many of them a model is given when it is
asked whether it knows the rest by heart."""
GRAM = 12  # words in a row of a training line that make an answer a copy


def run_recipe(
    train: Recipe, about: str | None, defaults: Mapping[str, Any], arguments: Sequence[str] | None = None, *, seed: int
) -> tuple[Path, Path]:
    """A recipe by its command line: the training set that it was run on, and the model's folder."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("training_set", type=Path, help="a folder of `nightlight roleplay training-set build`")
    parser.add_argument("folder", type=Path, help="where the model goes")
    parser.add_argument("--seed", type=int, default=seed)
    for name, default in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=str(default), help=f"({default})")
    given = vars(parser.parse_args(arguments))
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()) as progress:
        task = progress.add_task("reading the training set", total=None)
        try:
            train(
                given["training_set"],
                given["folder"],
                seed=given["seed"],
                on_step=lambda step: progress.update(task, description=step),
                parameters={name: given[name] for name in defaults},
            )
        except NightlightError as error:
            raise SystemExit(str(error)) from None
    return given["training_set"], given["folder"]


def grams_of(text: str) -> set[str]:
    """Every twelve words in a row."""
    words = [piece.key for piece in pieces_of(text)]
    return {" ".join(words[place : place + GRAM]) for place in range(len(words) - GRAM + 1)}


def chosen(defaults: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """A recipe's parameters: the defaults, and what was given instead, of the same kinds."""
    found = dict(defaults)
    for name, text in given.items():
        if name not in defaults:
            raise NightlightError(f"the recipe has no parameter '{name}'", remedy=suggest(name, list(defaults)))
        found[name] = _as(type(defaults[name]), name, text)
    return found


def _as(kind: type, name: str, text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        kinds = {int: "a whole number", float: "a number"}
        raise NightlightError(f"{name} is not {kinds[kind]}", remedy=f"write --set {name}=1") from None


def check_one_of(name: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise NightlightError(f"{name} cannot be '{value[:40]}'", remedy=f"write one of {', '.join(allowed)}")


class TrainingLog:
    """A line of numbers for every so many steps, in `metrics.jsonl`; what a resumed training writes again is cut off
    first."""

    def __init__(self, folder: Path, *, from_step: int = 0) -> None:
        self._path = folder / LOG
        kept = [each for each in read_log(folder) if each["step"] <= from_step]
        self._path.write_text("".join(json.dumps(each) + "\n" for each in kept), encoding="utf-8")

    def write(self, step: int, **numbers: float) -> None:
        row = {"step": step, **{name: round(number, 6) for name, number in numbers.items()}}
        with self._path.open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")


def read_log(folder: Path) -> list[dict[str, float]]:
    path = folder / LOG
    if not path.exists():
        return []
    complete = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
    return [json.loads(line) for line in complete]


def draw_losses(folder: Path, title: str) -> None:
    """The losses in the log over the steps, as a picture beside it."""
    rows = [
        {"step": each["step"], "loss": each[name], "of": name}
        for each in read_log(folder)
        for name in ("loss", "held_out_loss")
        if name in each
    ]
    spec = {
        "mark": "line",
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "step"},
            "y": {"field": "loss", "type": "quantitative", "title": "loss", "scale": {"zero": False}},
            "color": {"field": "of", "type": "nominal", "title": None},
        },
    }
    words = f"The loss over {max((row['step'] for row in rows), default=0):.0f} steps of training."
    (folder / PLOT).write_text(svg(spec, rows, title=title, description=words), encoding="utf-8")


def export_genai(model: Path, folder: Path, *, precision: str) -> None:
    """A Llama's folder (safetensors and tokenizer) as onnxruntime-genai reads it on a CPU."""
    check_one_of("precision", precision, PRECISIONS)
    from onnxruntime_genai.models.builder import create_model, parse_extra_options

    with tempfile.TemporaryDirectory() as cache, _quietly():
        options = parse_extra_options("", str(model), str(folder), precision, "cpu", cache, [])
        create_model("", str(model), str(folder), precision, "cpu", cache, **options)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Without the hundreds of lines that an export prints and logs."""
    before = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def write_manifest(
    folder: Path,
    *,
    name: str,
    recipe: Path,
    parameters: Mapping[str, Any],
    documents: TrainingDocuments,
    seed: int,
    metrics: Mapping[str, float],
    code: Sequence[Path] = (),
) -> None:
    """The manifest of a trained model, written last: without it a folder is no model. `code`: what the model is to be
    trained with beside its recipe, for its revision."""
    values = {
        "name": name,
        "made_at": datetime.now(UTC).isoformat(),
        "author": "",
        "recipe": f"recipes/{recipe.name}",
        "code_revision": _digest_of(recipe, *code)[:16],
        "parameters": {key: str(value) for key, value in parameters.items()},
        "training_set": {"sha256": documents.sha256, "documents": [_short(each) for each in documents.documents]},
        "seed": seed,
        "metrics": {key: round(value, 6) for key, value in metrics.items()},
        "environment": {"python": platform.python_version(), **_installed()},
        "files": manifest.files_in(folder),
    }
    manifest.write_manifest(folder, values)


def _short(document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: document.get(key) for key in ("kind", "name", "version", "state", "sha256")}


def _digest_of(*files: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _installed() -> dict[str, str]:
    found = {}
    for library in LIBRARIES:
        with contextlib.suppress(PackageNotFoundError):
            found[library] = version(library)
    return found
