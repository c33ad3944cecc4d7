"""`nightlight.connect`: governed tables from Python, as Arrow; from a server with a token, or from a home's folder.

What a notebook, script or service calls. It passes the same door as every other reader: purpose, gate, audit."""

import json
import os
import re
import warnings
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from nightlight.errors import NightlightError
from nightlight.settings import Home, home_folder

if TYPE_CHECKING:
    import httpx2
    import pyarrow as pa

    from nightlight.sql.broker import Broker

URL_VARIABLE, TOKEN_VARIABLE = "NIGHTLIGHT_URL", "NIGHTLIGHT_TOKEN"
ARROW = "application/vnd.apache.arrow.stream"
CONNECT_SECONDS, ANSWER_SECONDS = 10.0, 600.0  # the first question after a change waits for what is prepared

Parameters = Mapping[str, Any]


class Door(Protocol):
    """Where questions go: to a server, or to a home on this machine."""

    def ask(self, text: str, schema: str | None, person: str) -> "pa.Table":
        """The answer; what its reader should know is in the schema's metadata, as JSON under `nightlight`."""

    def close(self) -> None: ...


class Connection:
    """Asks questions for one person and one purpose; a context manager.

    `schema` is where unqualified tables are looked up.
    """

    def __init__(self, door: Door, schema: str | None = None) -> None:
        self._door, self.schema = door, schema

    def sql(self, text: str, parameters: Parameters | None = None, *, person: str = "") -> "pa.Table":
        """The rows a statement gives: `.to_pandas()` and polars' `from_arrow` take it on.

        `$name` in the statement stands for a value in `parameters`. `person` tells the audit who asks through a token
        that several people share. Warns when rows were cut, or when the query ran without a sandbox. Raises
        NightlightError when refused.
        """
        table = self._door.ask(fill_in(text, parameters or {}), self.schema, person)
        for note in facts(table)["notes"]:
            warnings.warn(note, stacklevel=2)
        return table

    def tables(self) -> list[str]:
        """The tables of which one may read something, as `schema.table`."""
        rows = self._door.ask("SHOW TABLES", None, "").to_pylist()
        return [f"{row['schema']}.{row['table']}" for row in rows]

    def close(self) -> None:
        self._door.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(
    place: str | PathLike[str] | None = None,
    *,
    token: str | None = None,
    user: str | None = None,
    purpose: str | None = None,
    schema: str | None = None,
) -> Connection:
    """Connect to a server (`https://..` and `token`), or to a home on this machine (its folder, `user`, `purpose`).

    Left out, they come from NIGHTLIGHT_URL and NIGHTLIGHT_TOKEN; with a `user`, the folder from NIGHTLIGHT_HOME, else
    ./nightlight-home. A token has its purpose. `user` is believed: whoever may read the home's folder may read
    everything in it anyway.
    """
    if place is None and user is None:
        place = os.environ.get(URL_VARIABLE) or None
    if isinstance(place, str) and re.match(r"(?i)https?://", place):
        return Connection(ServerDoor(open_client(place, token or os.environ.get(TOKEN_VARIABLE, "")), purpose), schema)
    if user is None or purpose is None:
        raise NightlightError(
            "neither a server nor a user with a purpose is named",
            remedy='write nightlight.connect("https://..", token=..), or connect(folder, user=.., purpose=..)',
        )
    from nightlight.sql.broker import Broker

    home = Home.open(home_folder(Path(place) if place else None))
    return Connection(HomeDoor(Broker(home), user, purpose), schema)


class HomeDoor:
    """A home on this machine."""

    def __init__(self, broker: "Broker", user: str, purpose: str) -> None:
        self._broker, self._user, self._purpose = broker, user, purpose

    def ask(self, text: str, schema: str | None, person: str) -> "pa.Table":
        from nightlight.sql.results import with_facts

        found = self._broker.sql(text, principal=self._user, purpose=self._purpose, schema=schema, person=person)
        return with_facts(found.table, truncated=found.truncated, notes=found.notes, versions=found.versions)

    def close(self) -> None:
        self._broker.close()


class ServerDoor:
    """A server's API, by a client that knows its address and sends the token; raises at once if it lets nobody in."""

    def __init__(self, client: "httpx2.Client", purpose: str | None = None) -> None:
        self._client, self._purpose = client, purpose
        self._where = f"{client.base_url.scheme}://{client.base_url.netloc.decode()}"
        try:
            self._send("GET", "/api/me")
        except BaseException:
            client.close()
            raise

    def ask(self, text: str, schema: str | None, person: str) -> "pa.Table":
        import pyarrow as pa

        headers = {"Accept": ARROW} | ({"X-Nightlight-Person": person} if person else {})
        question = {"sql": text, "purpose": self._purpose, "schema": schema}
        answer = self._send("POST", "/api/sql", json=question, headers=headers)
        try:
            return pa.ipc.open_stream(answer.content).read_all()
        except pa.ArrowInvalid as error:
            raise self._stranger() from error

    def close(self) -> None:
        self._client.close()

    def _send(self, method: str, path: str, **content: Any) -> "httpx2.Response":
        import httpx2

        try:
            answer = self._client.request(method, path, **content)
        except httpx2.HTTPError as error:
            raise NightlightError(
                f"the server does not answer ({type(error).__name__})",
                where=self._where,
                remedy="check the address, and that it is served",
            ) from error
        if answer.status_code == 401:
            raise NightlightError("the token is not accepted", remedy="make a new one on your account's page")
        if answer.is_success and "html" not in answer.headers.get("content-type", ""):
            return answer
        raise self._refusal(answer)

    def _refusal(self, answer: "httpx2.Response") -> NightlightError:
        try:
            told = answer.json()
            return NightlightError(str(told["error"]), remedy=told.get("remedy"))
        except (ValueError, TypeError, KeyError):
            return self._stranger(answer.status_code)

    def _stranger(self, status: int | None = None) -> NightlightError:
        answered = f" (it answers {status})" if status else ""
        return NightlightError(f"this is no Nightlight server{answered}", where=self._where, remedy="check the address")


def open_client(url: str, token: str) -> "httpx2.Client":
    """A client of a server; refuses to send a token where others could read it on its way."""
    import httpx2

    if not token:
        raise NightlightError("a token is needed", remedy=f"name it as token=.., or in {TOKEN_VARIABLE}")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise NightlightError("this is no token: it holds characters that none has", remedy="copy it again")
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise NightlightError("this is no address of a server", remedy="write https://..") from error
    is_here = _is_loopback(address.host)
    if address.scheme != "https" and not is_here:
        raise NightlightError("a token is not sent over http, where others can read it", remedy="write https://..")
    return httpx2.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        trust_env=not is_here,  # a proxy that the environment names is not on this machine
    )


def _is_loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def facts(table: "pa.Table") -> dict[str, Any]:
    """What is known of an answer: `truncated`, `notes`, and `versions` of the tables that were read."""
    known = (table.schema.metadata or {}).get(b"nightlight")
    return {"truncated": False, "notes": [], "versions": {}} | (json.loads(known) if known else {})


# Texts, quoted names and comments, in which a $ is no parameter; then parameters.
_PARTS = re.compile(
    r"""[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/
    | \$(?P<tag>[A-Za-z_]*)\$.*?\$(?P=tag)\$ | (?<![\w$])\$(?P<name>[A-Za-z_]\w*)""",
    re.VERBOSE | re.DOTALL,
)


def fill_in(text: str, parameters: Parameters) -> str:
    """The statement with its parameters as SQL values; what it may read is decided behind the door, as always.

    >>> fill_in("SELECT * FROM t WHERE day > $since AND name = '$x'", {"since": date(2026, 1, 2)})
    "SELECT * FROM t WHERE day > DATE '2026-01-02' AND name = '$x'"
    """
    if not parameters:
        return text
    used = set()

    def value(found: re.Match[str]) -> str:
        name = found["name"]
        if name is None:
            return found[0]
        if name not in parameters:
            raise NightlightError(f"there is no value for ${name}", remedy="name it in parameters")
        used.add(name)
        return literal(parameters[name])

    filled = _PARTS.sub(value, text)
    if unused := sorted(set(parameters) - used):
        raise NightlightError(f"the statement has no ${unused[0]}", remedy="leave it out of parameters, or use it")
    return filled


def literal(value: Any) -> str:
    """
    >>> literal("it's"), literal([1, None]), literal(True)
    ("'it''s'", '[1, NULL]', 'TRUE')
    """
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).upper()
        case int():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case float():
            return f"DOUBLE '{value!r}'"
        case str():
            return "'" + value.replace("'", "''") + "'"
        case datetime():
            kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
            return f"{kind} '{value.isoformat(' ')}'"
        case date():
            return f"DATE '{value.isoformat()}'"
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    raise NightlightError(f"a parameter cannot be a {type(value).__name__}", remedy="use a number, text, date or list")
