"""`nightlight bench`: what the platform costs beside other ways to do the same work, and how played texters do."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from nightlight.cli.options import JsonOption
from nightlight.cli.output import print_json, print_rows, progress


def bench(
    suite: Annotated[
        str,
        typer.Argument(
            help="full (everything from scratch), day (one new day), dash (dashboards' questions), web (pages), "
            "practice (played texters) or label (phases, acts, risk)."
        ),
    ] = "full",
    *,
    scale: Annotated[str, typer.Option(help="S, M or L: 13 k, 131 k, 1.3 M conversations.")] = "S",
    engine: Annotated[str, typer.Option(help="sail (embedded) or spark (at NIGHTLIGHT_SPARK_REMOTE).")] = "sail",
    rounds: Annotated[int, typer.Option(help="How often each arm runs.")] = 3,
    peers: Annotated[str, typer.Option(help="Other tools to run too: dbt.", show_default=False)] = "",
    data: Annotated[Path, typer.Option(help="Where generated data is kept for the next time.")] = Path(
        "~/.cache/nightlight-bench"
    ),
    output: Annotated[
        Path | None, typer.Option(help="JSON file to write (default: benchmarks-<date>.json here).", show_default=False)
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Measure CPU-seconds of the platform and of other ways to do the same work; print figures against targets."""
    from nightlight.operations.benchmarks import Bench, run_bench

    wanted = Bench(suite, scale, data, engine, rounds, tuple(filter(None, peers.split(","))))
    with progress() as display:
        task = display.add_task("benchmark", total=None)
        result = run_bench(wanted, on_step=lambda step: display.update(task, description=step))
    file = output or Path(f"benchmarks-{datetime.now(UTC):%Y-%m-%d}.json")
    file.write_text(json.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(result.as_json())
        return
    print_rows([figure.as_row() for figure in result.figures], as_json=False, title=f"{suite}, scale {scale}")
    typer.echo(f"everything it was computed from: {file}")
