"""`nightlight workspace`: notebook workspaces, who they ask as, and where browsers reach them."""

from typing import Annotated

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, acting, open_home
from nightlight.cli.output import print_json, print_rows
from nightlight.errors import NightlightError

workspace = typer.Typer(help="Notebook workspaces: add, list.", no_args_is_help=True)


@workspace.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Name, such as analysis.")],
    principal: Annotated[str, typer.Option(help="Service principal that its notebooks ask as.", show_default=False)],
    purpose: Annotated[str, typer.Option(help="Purpose that they ask for.", show_default=False)],
    port: Annotated[int, typer.Option(help="Port on this machine that it listens on; 0: any that is free.")] = 0,
    url: Annotated[
        str, typer.Option(help="Address that browsers reach it at, behind a proxy with TLS.", show_default=False)
    ] = "",
    actor: ActorOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a workspace, or change one that is there. Who may enter it is for GRANT EXECUTE ON WORKSPACE to say."""
    from nightlight.catalog.audit import Entry, append, os_user
    from nightlight.catalog.workspaces import Workspace, add_workspace

    place = open_home(home)
    place.key("audit")  # without it nothing could be recorded: then nothing is changed
    made = Workspace(name, principal, purpose, port, url)
    statement = f"{name} --principal {principal} --purpose {purpose} --port {port} --url {url}"
    entry = Entry("workspace add", actor or os_user(), purpose, "done", statement=statement)
    try:
        new = add_workspace(place.database_url, made, by=acting(place, actor))
    except NightlightError as error:
        append(place, Entry(**{**vars(entry), "outcome": "refused", "detail": str(error)}))
        raise
    append(place, entry)
    (place.notebooks / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    if as_json:
        print_json({**vars(made), "new": new})
        return
    typer.echo(f"workspace {name}: {'kept' if new else 'was like this already'}; its notebooks lie in notebooks/{name}")
    typer.echo(f"next: GRANT EXECUTE ON WORKSPACE {name} TO <a group>, in a policy file")


@workspace.command("list")
def list_them(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the workspaces, with whom they ask as."""
    from nightlight.catalog.workspaces import list_workspaces

    rows = [vars(each) for each in list_workspaces(open_home(home).database_url)]
    print_rows(rows, as_json=as_json, empty="no workspace yet; run `nightlight workspace add NAME`")
