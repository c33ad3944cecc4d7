"""`nightlight.connect`: the door from Python, to a home on this machine and to a server."""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pyarrow as pa
import pytest
import uvicorn
from tests.conftest import Deliver
from tests.sql.conftest import POLICIES, apply, conversation_rows
from tests.web import conftest as pages

import nightlight
from nightlight.accounts.tokens import create_token
from nightlight.catalog.audit import tail
from nightlight.client import Connection, ServerDoor, facts, fill_in, open_client
from nightlight.errors import NightlightError
from nightlight.settings import Home
from nightlight.web.app import create_app

SCHEMA = pa.schema(
    [("conversation_id", pa.string()), ("team", pa.string()), ("texter_key", pa.string()), ("messages", pa.int64())]
)

made_line, web_line = pages.made_line, pages.line  # the line that the pages' tests serve, a fixture


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    deliver(home, "silver.conversations", conversation_rows(range(10)), SCHEMA)
    apply(home, POLICIES)
    return home


def test_an_analyst_gets_arrow(line: Home) -> None:
    with nightlight.connect(line.root, user="carl", purpose="numbers", schema="silver") as connection:
        table = connection.sql("SELECT team, count(*) AS n FROM conversations GROUP BY team ORDER BY team")
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == {"team": ["north", "south"], "n": [5, 5]}
    assert tail(line, 1)[-1]["principal"] == "carl"


def test_a_stranger_is_refused(line: Home) -> None:
    with (
        nightlight.connect(line.root, user="stranger", purpose="numbers") as connection,
        pytest.raises(NightlightError, match="that you may read"),
    ):
        connection.sql("SELECT 1 FROM silver.conversations")


def test_rows_that_were_cut_are_told(line: Home) -> None:
    (line.root / "nightlight.toml").write_text("query_rows = 3\n")
    with (
        nightlight.connect(line.root, user="carl", purpose="numbers") as connection,
        pytest.warns(UserWarning, match="cut after 3 rows"),
    ):
        assert connection.sql("SELECT 1 FROM silver.conversations").num_rows == 3


def test_tables_are_those_one_may_read(line: Home) -> None:
    with nightlight.connect(line.root, user="carl", purpose="numbers") as connection:
        assert connection.tables() == ["silver.conversations"]
    with nightlight.connect(line.root, user="stranger", purpose="numbers") as connection:
        assert connection.tables() == []


def test_parameters_are_values_whatever_they_hold(line: Home) -> None:
    values: dict[str, Any] = {
        "text": "it's $n -- \\' \"x\"",
        "n": -3,
        "share": 0.1,
        "exact": Decimal("12.50"),
        "nothing": None,
        "yes": True,
        "day": date(2026, 3, 1),
        "at": datetime(2026, 3, 1, 2, 30, tzinfo=UTC),
        "plain": datetime(2026, 3, 1, 2, 30, 0, 5),
        "several": ["a", "b'c"],
    }
    with nightlight.connect(line.root, user="carl", purpose="numbers") as connection:
        asked = ", ".join(f"${name} AS {name}" for name in values)
        assert connection.sql(f"SELECT {asked}", values).to_pylist() == [values]


def test_a_parameter_within_a_text_a_name_or_a_comment_is_none() -> None:
    text = "SELECT '$a', e'\\'$a', \"$a\", $$ $a $$, $t$ $a $t$ -- $a\n/* $a */ FROM t WHERE x = $a"
    assert fill_in(text, {"a": 1}) == text[:-2] + "1"


def test_a_parameter_that_is_missing_or_unused_is_told() -> None:
    with pytest.raises(NightlightError, match=r"there is no value for \$b"):
        fill_in("SELECT $a, $b", {"a": 1})
    with pytest.raises(NightlightError, match=r"the statement has no \$c"):
        fill_in("SELECT $a", {"a": 1, "c": 2})
    with pytest.raises(NightlightError, match="a parameter cannot be a object"):
        fill_in("SELECT $a", {"a": object()})


@pytest.fixture
def server(web_line: Home) -> Iterator[str]:
    """The address of a running server of the pages' small line."""
    running = uvicorn.Server(uvicorn.Config(create_app(web_line), host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        thread.join(0.01)
    yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    running.should_exit = True
    thread.join()


@pytest.fixture
def token(web_line: Home) -> str:
    return create_token(web_line, principal="ana", purpose="improve_service", name="test", days=1, by="ada")


def test_a_server_gives_what_the_home_gives(server: str, token: str, web_line: Home) -> None:
    question = "SELECT * FROM volume_daily ORDER BY ALL"
    with nightlight.connect(server, token=token, schema="gold") as remote:
        over_http = remote.sql(question)
        assert remote.tables() == ["gold.volume_daily", "silver.conversations", "silver.messages"]
    with nightlight.connect(web_line.root, user="ana", purpose="improve_service", schema="gold") as local:
        at_home = local.sql(question)
    assert over_http.equals(at_home, check_metadata=True)
    assert facts(over_http) == {"truncated": False, "notes": [], "versions": {"gold.volume_daily": 0}}


def test_a_servers_refusal_says_what_and_what_to_do(server: str, token: str) -> None:
    with nightlight.connect(server, token=token) as connection:
        with pytest.raises(NightlightError, match="there is no column 'text' that you may read") as refusal:
            connection.sql("SELECT text FROM silver.messages")
        assert refusal.value.remedy == "DESCRIBE a table to see yours"
    with (
        nightlight.connect(server, token=token, purpose="quality_review") as connection,
        pytest.raises(NightlightError, match="this token is for 'improve_service' alone"),
    ):
        connection.sql("SELECT 1")


def test_cut_rows_are_told_by_a_server_too(server: str, token: str) -> None:
    with (
        nightlight.connect(server, token=token) as connection,
        pytest.warns(UserWarning, match="cut after 100,000 rows"),
    ):
        assert facts(connection.sql("SELECT * FROM range(100001)"))["truncated"] is True


def test_a_wrong_token_or_address_is_told_when_connecting(server: str, token: str) -> None:
    with pytest.raises(NightlightError, match="the token is not accepted"):
        nightlight.connect(server, token="nl_invented")
    with pytest.raises(NightlightError, match="this is no Nightlight server"):
        nightlight.connect(f"{server}/sign-in", token=token)
    with pytest.raises(NightlightError, match=r"the server does not answer \(ConnectError\)"):
        nightlight.connect("http://127.0.0.1:9", token=token)


@pytest.mark.parametrize(
    ("url", "token", "told"),
    [
        ("http://line.example", "nl_x", "not sent over http"),
        ("http://127.0.0.1.line.example", "nl_x", "not sent over http"),
        ("http://localhost@line.example", "nl_x", "not sent over http"),
        ("https://line.example", "", "a token is needed"),
        ("https://line.example", "nl_x\r\nCookie: a", "this is no token"),
        ("https://line.example:port", "nl_x", "no address of a server"),
    ],
)
def test_a_token_goes_nowhere_where_others_could_read_it(url: str, token: str, told: str) -> None:
    with pytest.raises(NightlightError, match=told):
        open_client(url, token)


def test_a_proxy_sees_no_token_that_is_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("ALL_PROXY", "http://proxy.example:3128")
    with open_client("http://127.0.0.1:8000", "nl_x") as client:
        assert not client.trust_env


def test_without_a_place_or_a_user_it_says_what_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NIGHTLIGHT_URL", raising=False)
    with pytest.raises(NightlightError, match="neither a server nor a user"):
        nightlight.connect()
    with pytest.raises(NightlightError, match="neither a server nor a user"):
        nightlight.connect(user="ana")


def test_who_asks_through_a_shared_token_is_sent(token: str) -> None:
    seen: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return (
            httpx2.Response(400, json={"error": "no", "remedy": "yes"}) if seen[1:] else httpx2.Response(200, json={})
        )

    client = httpx2.Client(base_url="https://line.example", transport=httpx2.MockTransport(answer))
    with Connection(ServerDoor(client)) as connection, pytest.raises(NightlightError, match="no; yes"):
        connection.sql("SELECT 1", person="sam")
    assert [request.headers.get("x-nightlight-person") for request in seen] == [None, "sam"]


def test_what_the_documentation_prints_works(
    server: str,
    token: str,
    web_line: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NIGHTLIGHT_URL", server)
    monkeypatch.setenv("NIGHTLIGHT_TOKEN", token)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nightlight-home").symlink_to(web_line.root)
    documented = (Path(__file__).parents[1] / "docs" / "python-client.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", documented, re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, "docs/python-client.md", "exec"), names)  # noqa: S102
    names["line"].close()
    assert len(blocks) >= 7
    assert names["waits"].conversations.sum() == names["volume"]["conversations"].sum() == 2576
    assert names["recent"].num_rows == 18
    assert (tmp_path / "volume.parquet").exists()
