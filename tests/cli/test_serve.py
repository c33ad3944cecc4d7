"""Promises of `nightlight serve`: the first administrator is told once, a taken port is one line, nothing waits."""

import asyncio
import re
import socket
from datetime import UTC, datetime

import typer
from typer.testing import CliRunner

from nightlight.accounts.passwords import check_password
from nightlight.cli.serve import listen, serve
from nightlight.errors import NightlightError
from nightlight.settings import Home

app = typer.Typer()
app.command()(serve)


def start(home: Home, port: int) -> str:
    """What it says before it finds that the port is taken."""
    result = CliRunner().invoke(app, ["--home", str(home.root), "--port", str(port)])
    assert isinstance(result.exception, NightlightError)
    assert "cannot listen on" in str(result.exception)
    return result.stdout


def test_the_first_administrator_is_told_once(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = re.fullmatch(
            r"Sign in as admin with ([\w-]+); you will choose your own password\. .*\n", start(home, port)
        )
        assert told
        assert check_password(home.database_url, "admin", told[1], now=datetime.now(UTC))
        assert start(home, port) == ""


def test_an_answer_in_two_packets_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    """Nagle's algorithm would hold every answer over a kept connection back for 40 ms."""

    async def is_sent_at_once(listener: socket.socket) -> bool:
        found: list[int] = []

        def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.append(writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(answer, sock=listener):
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            await reader.read()
            writer.close()
            await writer.wait_closed()
        return bool(found[0])

    with listen("127.0.0.1", 0) as listener:
        listener.setblocking(False)
        assert asyncio.run(is_sent_at_once(listener))
