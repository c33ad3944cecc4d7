"""Whatever is sent to whichever route by whomever: it is answered, and never by a failure of ours."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok
from tests.web.conftest import NOW
from tests.web.test_routes import EXAMPLES, NOBODY, TOKEN, Possessions, app, furnished, registry_of_one

from nightlight.accounts.sessions import start_session
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE

__all__ = ["app", "furnished", "registry_of_one"]  # fixtures
FEW, MANY = 1, 20  # examples for each route, mode and person
FIRST_LOOK = (GenerationMode.POSITIVE,)  # making what does not fit takes minutes
SEVERAL = ("ada", "ana", NOBODY, TOKEN)
ALL = ("ada", "alba", "ana", "sam", "vera", "lin", "otto", NOBODY, TOKEN)
HOSTILE = (
    "",
    "\0",
    "a\0b",
    "\ufffe\U0001f9e1\u202e",
    "-1",
    "9" * 400,
    "1e400",
    "NaN",
    "a" * 20_000,
    "../../catalog.db",
    "..\\..\\x",
    "gold.volume_daily; DROP TABLE x",
    "'\"`--/*",
    "{name}{0}%s%(x)s",
    "{{ 7 * 7 }}",
    "<script>alert(1)</script>",
    "x\r\nSet-Cookie: a=b",
    "2026-02-31",
    "9999-12-31",
    "0001-01-01",
)
BROKEN = ("%00", "%FF%FE", "%ED%A0%80", "%2e%2e%2f%2e%2e%2fcatalog.db", "%0d%0aSet-Cookie:a=b")  # no UTF-8, or unfit

Browser = Callable[[str], TestClient]


@pytest.fixture
def possessions(app: FastAPI, furnished: Home) -> Possessions:
    return Possessions(app, furnished)


@pytest.fixture
def browser(app: FastAPI, furnished: Home, possessions: Possessions) -> Browser:
    """A browser or program of somebody; a new one each time, as what is sent may end the session."""

    def open_browser(who: str) -> TestClient:
        client = TestClient(app, "http://nightlight.test", raise_server_exceptions=False, follow_redirects=False)
        client.headers["sec-fetch-site"] = "same-origin"
        if who == TOKEN:
            client.headers["authorization"] = f"Bearer {possessions.token_of_ana()}"
        elif who:
            client.cookies.set(PLAIN_COOKIE, start_session(furnished.database_url, who, now=NOW, client="test"))
        return client

    return open_browser


def operations(app: FastAPI) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    schema = schemathesis.openapi.from_dict(app.openapi())
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        yield found.ok()


@dataclass(frozen=True)
class Made:
    """A request that schemathesis made for a route."""

    path: str
    wanted: dict[str, Any]
    told: str


_made: dict[tuple[int, tuple[GenerationMode, ...]], list[Made]] = {}


def make_requests(app: FastAPI, examples: int, modes: tuple[GenerationMode, ...]) -> list[Made]:
    """Requests of each route's parameters and body, fitting and unfitting: the same for everybody, so made once."""
    if (examples, modes) in _made:
        return _made[examples, modes]
    made: list[Made] = []
    for operation, mode in product(operations(app), modes):

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def keep(case: Case[Any]) -> None:
            wanted = case.as_transport_kwargs(base_url="http://nightlight.test")
            made.append(Made(case.operation.path, wanted, case.as_curl_command()))

        try:
            keep()
        except Exception as nothing_fits:  # a route without parameters has no unfitting request
            if "unsatisfiable" not in type(nothing_fits).__name__.lower():
                raise
    return _made.setdefault((examples, modes), made)


def send_generated(
    app: FastAPI, browser: Browser, who: str, examples: int, modes: tuple[GenerationMode, ...] = tuple(GenerationMode)
) -> list[str]:
    """The requests of those that fail."""
    failed: list[str] = []
    for made in make_requests(app, examples, modes):
        if who == TOKEN and not made.path.startswith("/api/"):
            continue  # it opens no page, which tests/web/test_routes.py sees to
        client = browser(who)
        answer = client.request(
            made.wanted["method"],
            made.wanted["url"],
            params=made.wanted.get("params"),
            headers={**client.headers, **sendable(made.wanted.get("headers") or {})},
            **body_of(made.wanted),
        )
        if answer.status_code >= 500:
            failed.append(f"{made.told} -> {answer.status_code}")
    return failed


def sendable(headers: dict[str, str]) -> dict[str, str]:
    """What a client would send at all; who asks and from where is ours to say."""
    ours = {"authorization", "cookie", "host", "sec-fetch-site", "origin", "content-length", "transfer-encoding"}
    return {name: value for name, value in headers.items() if name.lower() not in ours and value.isascii()}


def body_of(wanted: dict[str, Any]) -> dict[str, Any]:
    """The body in the client's words: `requests`, whose words schemathesis speaks, has others."""
    if wanted.get("json") is not None:
        return {"json": wanted["json"]}
    data = wanted.get("data")
    return {"content": data} if isinstance(data, str | bytes) else {"data": data} if isinstance(data, dict) else {}


def send_hostile(browser: Browser, possessions: Possessions, who: str, values: tuple[str, ...]) -> list[str]:
    """Each example's parts of the path, parameters and fields, one at a time, replaced by what nobody would write."""
    failed = []
    for route, example in EXAMPLES.items():
        method, template = route.split(" ", 1)
        own = possessions.fill(example.url)
        for value in values:
            for url in hostile_urls(template, own, quote(value, safe="")):
                answer = browser(who).request(method, url, data=None if method == "GET" else example.form)
                if answer.status_code >= 500:
                    failed.append(f"{method} {url[:200]} -> {answer.status_code}")
            for form in hostile_forms(example.form, value):
                answer = browser(who).request(method, own, data=form)
                if answer.status_code >= 500:
                    failed.append(f"{route} {str(form)[:200]} -> {answer.status_code}")
    return failed


def hostile_urls(template: str, url: str, value: str) -> Iterator[str]:
    """
    >>> list(hostile_urls("/data/{schema}", "/data/gold?purpose=x", "%00"))
    ['/data/%00?purpose=x', '/data/gold?purpose=%00']
    """
    path, _, query = url.partition("?")
    parts = path.split("/")
    for place, part in enumerate(template.split("/")):
        if "{" in part and place < len(parts):
            changed = [*parts[:place], value + "".join(part.rpartition("}")[2:]), *parts[place + 1 :]]
            yield "/".join(changed) + (f"?{query}" if query else "")
    fields = query.split("&") if query else []
    for place, field in enumerate(fields):
        yield f"{path}?" + "&".join([*fields[:place], f"{field.partition('=')[0]}={value}", *fields[place + 1 :]])


def hostile_forms(form: dict[str, str], value: str) -> Iterator[dict[str, str]]:
    for name in form:
        yield {**form, name: value}


BODIES = (
    ("application/x-www-form-urlencoded", b"\xff=%FF&\0=%00&purpose=%ED%A0%80"),
    ("application/json", b'{"a": '),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\n"),
    ("text/\xff", b"\xff"),
)


def send_broken(
    browser: Browser, who: str, methods: tuple[str, ...], bodies: tuple[tuple[str, bytes], ...]
) -> list[str]:
    """Bodies that cannot be read, sent to every route, whether or not it takes one."""
    failed = []
    for method, (kind, content), (route, example) in product(methods, bodies, EXAMPLES.items()):
        headers = {b"content-type": kind.encode("latin-1")}
        answer = browser(who).request(method, example.url, content=content, headers=headers)
        if answer.status_code >= 500:
            failed.append(f"{method} {route} {kind} -> {answer.status_code}")
    return failed


@pytest.mark.parametrize("who", SEVERAL)
def test_nothing_that_fits_or_does_not_fit_a_route_makes_it_fail(app: FastAPI, browser: Browser, who: str) -> None:
    assert send_generated(app, browser, who, FEW, FIRST_LOOK) == []


@pytest.mark.parametrize("who", ["ada", "ana"])
def test_no_hostile_value_makes_a_route_fail(browser: Browser, possessions: Possessions, who: str) -> None:
    assert send_hostile(browser, possessions, who, ("\0",)) == []


def test_bodies_that_are_none_make_no_route_fail(browser: Browser) -> None:
    assert send_broken(browser, "ada", ("POST",), (BODIES[0], BODIES[1])) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", ALL)
def test_nothing_of_much_makes_a_route_fail(app: FastAPI, browser: Browser, who: str) -> None:
    assert send_generated(app, browser, who, MANY) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", ["ada", "ana", "lin", NOBODY])
def test_no_hostile_value_of_many_makes_a_route_fail(browser: Browser, possessions: Possessions, who: str) -> None:
    assert send_hostile(browser, possessions, who, HOSTILE) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("who", ["ada", "ana", NOBODY])
def test_no_body_of_many_makes_a_route_fail(browser: Browser, who: str) -> None:
    assert send_broken(browser, who, ("POST", "PUT", "PATCH", "DELETE"), BODIES) == []
