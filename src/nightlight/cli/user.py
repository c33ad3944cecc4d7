"""`nightlight user`: who there is, in which groups, and how they come in. What they may do is said by policies."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, acting, open_home, refusals_recorded
from nightlight.cli.output import print_json, print_rows
from nightlight.cli.token import token
from nightlight.errors import NightlightError

if TYPE_CHECKING:
    from nightlight.settings import Home

user = typer.Typer(
    help="People and groups, and how they come in: passwords, second factor, tokens.", no_args_is_help=True
)
group = typer.Typer(help="Groups of people.", no_args_is_help=True)
user.add_typer(group, name="group")
user.add_typer(token, name="token")

Name = Annotated[str, typer.Argument(help="Name, such as ana or ana.b@line.org.")]


@user.command("add")
def add_user(
    name: Name,
    groups: Annotated[list[str] | None, typer.Option("--group", help="Group to add to.", show_default=False)] = None,
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a user, or add one that is there to more groups."""
    from nightlight.catalog.principals import add_member, add_principal

    place = open_home(home)
    wanted = list(dict.fromkeys(groups or ()))
    statement = " ".join([name, *(f"--group {group}" for group in wanted)])
    with _recorded(place, actor, "user add", statement) as by:
        _check_groups(place, wanted)
        url = place.database_url
        new = add_principal(url, name, "user", by=by)
        added = [group for group in wanted if add_member(url, name, group, by=by)]
    if as_json:
        print_json({"name": name, "new": new, "added_to": added})
        return
    membership = f"added to {', '.join(added)}" if added else "nothing to add" if not new else "in no group yet"
    typer.echo(f"{name}: {'made' if new else 'was there already'}; {membership}")


@user.command("list")
def list_users(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List users, groups and service principals, with the groups they are members of."""
    from nightlight.catalog.principals import list_principals

    rows = list_principals(open_home(home).database_url)
    print_rows(rows, as_json=as_json, empty="nobody yet; run `nightlight user add NAME`")


@user.command("disable")
def disable_user(name: Name, actor: ActorOption = None, home: HomeOption = None) -> None:
    """Disable a user: from now on nothing is there for them. Their history stays."""
    from nightlight.accounts.sessions import end_all
    from nightlight.catalog.principals import disable

    place = open_home(home)
    with _recorded(place, actor, "user disable", name) as by:
        disable(place.database_url, name, by=by)
        end_all(place.database_url, name)
    typer.echo(f"{name}: disabled")


@user.command("reset-password")
def reset(name: Name, actor: ActorOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Print a one-time password, with which a user chooses their own; ends where they are signed in."""
    from nightlight.accounts.passwords import ONE_TIME_DAYS, reset_password

    place = open_home(home)
    with refusals_recorded(place, actor, "password reset", name) as by:
        password = reset_password(place, name, by=by)
    if as_json:
        print_json({"name": name, "one_time_password": password, "days": ONE_TIME_DAYS})
        return
    typer.echo(f"{name}: {password}\nGood for {ONE_TIME_DAYS} days, to choose an own password with; not shown again.")


@user.command("reset-second-factor")
def reset_factor(name: Name, actor: ActorOption = None, home: HomeOption = None) -> None:
    """Take away the second factor of somebody who has lost it; ends where they are signed in."""
    from nightlight.accounts.second_factor import reset

    place = open_home(home)
    with refusals_recorded(place, actor, "second factor reset", name) as by:
        reset(place, name, by=by)
    typer.echo(f"{name}: no second factor now")


@user.command("unlink")
def unlink_user(name: Name, actor: ActorOption = None, home: HomeOption = None) -> None:
    """Forget whom the identity provider knows a user as; their next sign-in by it links them anew."""
    from nightlight.accounts.oidc import unlink

    place = open_home(home)
    with refusals_recorded(place, actor, "provider unlink", name) as by:
        unlink(place, name, by=by)
    typer.echo(f"{name}: linked to nobody at the provider now")


@group.command("add")
def add_group(name: Name, actor: ActorOption = None, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Add a group; its members are added with `user add NAME --group GROUP`."""
    from nightlight.catalog.principals import add_principal

    place = open_home(home)
    with _recorded(place, actor, "user group add", name) as by:
        new = add_principal(place.database_url, name, "group", by=by)
    if as_json:
        print_json({"name": name, "new": new})
    else:
        typer.echo(f"group {name}: {'made' if new else 'was there already'}")


def _check_groups(place: "Home", wanted: list[str]) -> None:
    """Before anything is changed: a user half added would be noticed by nobody."""
    from nightlight.catalog.principals import list_principals

    known = [row["name"] for row in list_principals(place.database_url) if row["kind"] == "group"]
    for name in wanted:
        if name not in known:
            close = get_close_matches(name, known, 1)
            remedy = f"did you mean '{close[0]}'?" if close else f"make it with `nightlight user group add {name}`"
            raise NightlightError(f"there is no group '{name}'", remedy=remedy)


@contextmanager
def _recorded(place: "Home", actor: str | None, action: str, statement: str) -> Iterator[str]:
    """Whose change it is; the audit has it once it is known how it ended, and before anything is printed."""
    from nightlight.catalog.audit import Entry, append, os_user

    place.key("audit")  # without it nothing could be recorded: then nothing is changed
    entry = Entry(action=action, principal=actor or os_user(), purpose=None, outcome="done", statement=statement)
    outcome = "refused"
    try:
        by = acting(place, actor)
        outcome = "failed"
        yield by
    except NightlightError as error:
        append(place, replace(entry, outcome=outcome, detail=str(error)))
        raise
    append(place, entry)
