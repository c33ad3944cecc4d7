"""`nightlight user token`: API tokens of users and service principals, each for one purpose and until a day."""

from dataclasses import asdict
from typing import Annotated

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, open_home, refusals_recorded
from nightlight.cli.output import print_json, print_rows

token = typer.Typer(help="API tokens: make, list, revoke.", no_args_is_help=True)


@token.command("create")
def create(
    principal: Annotated[str, typer.Argument(metavar="NAME", help="User or service principal that it asks as.")],
    purpose: Annotated[str, typer.Option("--purpose", help="The one purpose it asks for.")],
    days: Annotated[int, typer.Option(help="How many days it is good, 1 to 365.")] = 90,
    name: Annotated[str, typer.Option(help="What it is for, to tell it from others.", show_default=False)] = "",
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a token and print it, once."""
    from nightlight.accounts.tokens import create_token

    place = open_home(home)
    with refusals_recorded(place, actor, "token create", f"for {principal}") as by:
        secret = create_token(place, principal=principal, purpose=purpose, name=name, days=days, by=by)
    if as_json:
        print_json({"principal": principal, "purpose": purpose, "days": days, "token": secret})
        return
    typer.echo(f"{secret}\nAsks as {principal} for {purpose}, for {days} days. It is not shown again.")


@token.command("list")
def list_all(
    principal: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Only those of this user.", show_default=False)
    ] = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List tokens: whose, what for, until when, last used; never the secret."""
    from nightlight.accounts.tokens import list_tokens

    rows = [asdict(token) for token in list_tokens(open_home(home).database_url, principal)]
    print_rows(rows, as_json=as_json, empty="no tokens; make one with `nightlight user token create`")


@token.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `token list` shows it.")],  # noqa: A002 - its name
    actor: ActorOption = None,
    home: HomeOption = None,
) -> None:
    """Revoke a token: whatever uses it gets no answer any more."""
    from nightlight.accounts.tokens import revoke_token

    place = open_home(home)
    with refusals_recorded(place, actor, "token revoke", id) as by:
        revoked = revoke_token(place, id, by=by)
    typer.echo(f"{id}: {'revoked' if revoked else 'was revoked already'}")
