"""`nightlight training`: practice into the tables, a study's report, a person's practice erased."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, acting, open_home
from nightlight.cli.output import print_json, print_rows

if TYPE_CHECKING:
    from nightlight.practice.ratings import Report

training = typer.Typer(help="Practice as tables, and studies of the training.", no_args_is_help=True)
study = typer.Typer(help="Studies of the training.", no_args_is_help=True)
training.add_typer(study, name="study")

TrainerOption = Annotated[str, typer.Option("--as", help="The trainer who looks: MANAGE on app practice.")]


@training.command("publish")
def publish(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Write what is new of practice into the tables of schema practice; `serve` does so in every round."""
    from nightlight.practice import tables

    done = tables.publish(open_home(home))
    if as_json:
        print_json({"sessions": done.sessions, "tables": list(done.tables)})
        return
    typer.echo(f"{done.sessions} sessions are new; tables changed: {', '.join(done.tables) or 'none'}")


@training.command("erase")
def erase(
    person: Annotated[str, typer.Argument(help="The user whose practice is erased.")],
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase everything that somebody practised, from the tables' older versions too."""
    from nightlight.practice.tables import erase_person

    place = open_home(home)
    sessions = erase_person(place, person, by=acting(place, actor))
    if as_json:
        print_json({"person": person, "sessions": sessions})
        return
    typer.echo(f"erased {sessions} sessions of {person}")


@study.command("report")
def study_report(
    name: Annotated[str, typer.Argument(help="The study's name.")],
    trainer: TrainerOption,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print what a study shows so far: people in each arm, drop-outs, differences with intervals."""
    from nightlight.practice.ratings import report

    found = report(open_home(home), name, by=trainer)
    if as_json:
        print_json(_plain(found))
        return
    rows = [{"arm": arm.name, **_arm(arm)} for arm in found.arms]
    print_rows(rows, as_json=False, title=f"Study {found.study}: {found.raters} raters, {found.lost} people lost")
    for effect in found.effects:
        typer.echo(effect.sentence)


def _arm(arm: Any) -> dict[str, Any]:
    return {
        "joined": arm.joined,
        "left": arm.left,
        "rated_before_and_after": arm.rated,
        "before": arm.before,
        "after": arm.after,
    }


def _plain(report: "Report") -> dict[str, Any]:
    from dataclasses import asdict

    effects = [{**asdict(effect), "sentence": effect.sentence} for effect in report.effects]
    return {**asdict(report), "lost": report.lost, "effects": effects}
