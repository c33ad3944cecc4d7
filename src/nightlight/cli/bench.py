"""`nightlight bench`: what the platform costs beside other ways to do the same work, and how played texters do."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from nightlight.cli.options import JsonOption
from nightlight.cli.output import print_json, print_rows, saying
from nightlight.settings import BANK


def bench(
    suite: Annotated[
        str,
        typer.Argument(
            help="full (everything from scratch), day (one new day), dash (dashboards' questions), web (pages), "
            "practice (played texters), pocket (their small model) or label (phases, acts, risk)."
        ),
    ] = "full",
    *,
    scale: Annotated[str, typer.Option(help="S, M or L: 13 k, 131 k, 1.3 M conversations.")] = "S",
    engine: Annotated[str, typer.Option(help="sail (embedded) or spark (at NIGHTLIGHT_SPARK_REMOTE).")] = "sail",
    rounds: Annotated[int, typer.Option(help="How often each arm runs.")] = 3,
    peers: Annotated[str, typer.Option(help="Other tools to run too: dbt.", show_default=False)] = "",
    esconv: Annotated[
        Path | None,
        typer.Option(
            help="A folder of ESConv (non-commercial data): label measures on it instead, practice --arms beside it.",
            show_default=False,
        ),
    ] = None,
    wording: Annotated[
        str, typer.Option(help="practice: who words the replies: bank, pocket, or openai (the home's server).")
    ] = BANK,
    arms: Annotated[
        str,
        typer.Option(
            help="practice: several ways to word in one table: bank, pocket, openai, and the controls prompt-only and "
            "principles.",
            show_default=False,
        ),
    ] = "",
    cards: Annotated[str, typer.Option(help="practice --arms: only these cards.", show_default=False)] = "",
    seeds: Annotated[int, typer.Option(help="practice --arms: how many seeds of each card.")] = 1,
    messages: Annotated[int, typer.Option(help="practice --arms: messages of a counselor at most.")] = 60,
    url: Annotated[
        str, typer.Option(help="practice --arms: the model's server, instead of the home's.", show_default=False)
    ] = "",
    model: Annotated[str, typer.Option(help="practice --arms: its name there.", show_default=False)] = "",
    transcripts: Annotated[
        Path | None,
        typer.Option(help="practice --arms: folder for the conversations, for blind reading.", show_default=False),
    ] = None,
    data: Annotated[Path, typer.Option(help="Where generated data is kept for the next time.")] = Path(
        "~/.cache/nightlight-bench"
    ),
    output: Annotated[
        Path | None, typer.Option(help="JSON file to write (default: benchmarks-<date>.json here).", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure CPU-seconds of the platform and of other ways to do the same work; print figures against targets."""
    from nightlight.operations.benchmark_wordings import Compared
    from nightlight.operations.benchmarks import Bench, run_bench

    others = _names(peers)
    chosen, only = _names(arms), _names(cards)
    compared = Compared(chosen, only, seeds, messages, url, model, transcripts, esconv) if chosen else None
    wanted = Bench(suite, scale, data, engine, rounds, others, esconv=esconv, wording=wording, compared=compared)
    with saying("benchmark") as say:
        result = run_bench(wanted, on_step=say)
    file = output or Path(f"benchmarks-{datetime.now(UTC):%Y-%m-%d}.json")
    file.write_text(json.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(result.as_json())
        return
    if compared is not None:
        _print_arms(result.details["rounds"][0])
    else:
        print_rows([figure.as_row() for figure in result.figures], as_json=False, title=f"{suite}, scale {scale}")
    if esconv is not None and compared is None:
        _print_classes(result.details["rounds"][0]["esconv"])
    typer.echo(f"everything it was computed from: {file}")


def _names(listed: str) -> tuple[str, ...]:
    return tuple(filter(None, (name.strip() for name in listed.split(","))))


def _print_arms(found: Mapping[str, Any]) -> None:
    """One table of figures, one of text statistics, and how often each model spoke."""
    from nightlight.operations.benchmark_wordings import table_of_figures, table_of_statistics

    print_rows(table_of_figures(found), as_json=False, title="figures (* misses its bar, - not applicable)")
    print_rows(table_of_statistics(found), as_json=False, title="how the texters write, beside people")
    for arm, report in found["arms"].items():
        if report["wording"]:
            typer.echo(f"{arm}: {json.dumps(report['wording'])}")


def _print_classes(report: Mapping[str, Any]) -> None:
    """The figures with their intervals, and of which class which was said."""
    for title in ("strategies", "phases"):
        rows = [
            {
                title: name,
                "messages": row["messages"],
                "accuracy": _with_interval(row["accuracy"]),
                "macro F1": _with_interval(row["macro_f1"]),
                "most frequent class": row["majority"],
            }
            for name, row in report[title].items()
        ]
        print_rows(rows, as_json=False, title=f"{title}, {report['version']}, 95 % over conversations")
    for name in report["confusions"]:
        row = report["strategies"].get(name) or report["phases"][name]
        numbers = [str(number) for number in range(1, len(row["classes"]) + 1)]
        confusion = [
            {"wanted": f"{number} {each['label']}", **dict(zip(numbers, counts, strict=True)), "F1": each["f1"]}
            for number, each, counts in zip(numbers, row["classes"], row["confusion"], strict=True)
        ]
        print_rows(confusion, as_json=False, title=f"{name}: how often each was said")


def _with_interval(share: Mapping[str, float]) -> str:
    return f"{share['value']:.3f} ({share['low']:.3f}-{share['high']:.3f})"
