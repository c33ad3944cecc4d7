"""`nightlight serve`: the pages and the API of a home, until stopped."""

import socket
from contextlib import suppress
from typing import Annotated

import typer

from nightlight.cli.options import HomeOption, open_home
from nightlight.errors import NightlightError

PortOption = Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")]
HostOption = Annotated[str, typer.Option(help="Address to listen on; put TLS in front of any but the default.")]


DemoOption = Annotated[
    bool, typer.Option("--demo", help="Let everybody sign in as anybody: in the home of `nightlight demo` alone.")
]


def serve(
    port: PortOption = 8000, host: HostOption = "127.0.0.1", demo: DemoOption = False, home: HomeOption = None
) -> None:
    """Serve the pages of a home. The first start makes an administrator and prints a one-time password."""
    import uvicorn

    from nightlight.accounts.first_start import first_start
    from nightlight.operations.example import check_demo_home
    from nightlight.web.app import create_app

    place = open_home(home)
    if demo:
        check_demo_home(place)
    elif made := first_start(place):
        name, password = made
        typer.echo(f"Sign in as {name} with {password}; you will choose your own password. It is not shown again.")
    with listen(host, port) as listener:
        app = create_app(place, demo=demo)
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=5
        )
        typer.echo(f"Nightlight is at http://{host}:{port}  (Ctrl+C stops it)")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the port; raises NightlightError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's waiting off only where it sees the protocol: else every answer comes 40 ms later.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise NightlightError(
            f"cannot listen on {host}:{port} ({error.strerror})", remedy="choose another port with --port"
        ) from error
    return listener
