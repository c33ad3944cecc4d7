"""`nightlight serve`: the pages and the API of a home, until stopped."""

from typing import TYPE_CHECKING, Annotated

import typer

from nightlight.cli.options import HomeOption, open_home

if TYPE_CHECKING:
    from nightlight.settings import Home

PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on; put TLS in front of any but the default.")]


def serve(port: PortOption = 8000, host: HostOption = "127.0.0.1", home: HomeOption = None) -> None:
    """Serve the pages of a home. The first start makes an administrator and prints a one-time password."""
    run_server(open_home(home), host, port, demo=False)


def run_server(place: "Home", host: str, port: int, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM."""
    import uvicorn

    from nightlight.web.app import create_app

    app = create_app(place, demo=demo)
    typer.echo(f"Nightlight: http://{host}:{port}  (Ctrl+C stops it)")
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
