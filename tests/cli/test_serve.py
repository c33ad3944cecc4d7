"""Promises of `nightlight serve` before it serves: the first administrator is told once, a taken port is one line."""

import re
import socket
from datetime import UTC, datetime

import typer
from typer.testing import CliRunner

from nightlight.accounts.passwords import check_password
from nightlight.cli.serve import serve
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
