"""Every route, asked by everybody: who gets in is written down here by hand, and the routes have to agree."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.responses import PlainTextResponse
from tests.web.conftest import NOW

from nightlight.accounts.sessions import start_session
from nightlight.accounts.tokens import create_token
from nightlight.settings import Home
from nightlight.web.access import PLAIN_COOKIE, PUBLIC, SIGNED_IN, all_routes, check_routes, needs, requirement_of
from nightlight.web.app import create_app

EVERYBODY = frozenset({"ana", "sam", "vera", "lin", "ada", "otto"})
ADMINS = frozenset({"ada"})
NOBODY = ""
TOKEN = "a token of ana's"  # for the purpose improve_service


@dataclass(frozen=True)
class Example:
    """A request for a route: its URL and form or JSON, who may send it, and what says no to one who has signed in.

    `refused` is the status of those who are not in `open_to`; those who are get an answer that is no refusal.
    """

    url: str
    open_to: frozenset[str] = EVERYBODY
    form: dict[str, str] = field(default_factory=dict)
    json: dict[str, object] | None = None


EXAMPLES: dict[str, Example] = {
    "GET /": Example("/"),
    "GET /health": Example("/health"),
    "GET /sign-in": Example("/sign-in"),
}

Ask = Callable[[str, str], Response]


def key_of(route: APIRoute) -> str:
    return f"{min(route.methods - {'HEAD'})} {route.path}"


def routes_of(app: FastAPI) -> dict[str, APIRoute]:
    return {key_of(route): route for route in all_routes(app.routes) if isinstance(route, APIRoute)}


@pytest.fixture
def app(line: Home) -> Iterator[FastAPI]:
    app = create_app(line, demo=True, clock=lambda: NOW)
    yield app
    app.state.site.broker.close()


@pytest.fixture
def ask(app: FastAPI, line: Home) -> Ask:
    """Sends a route's example in a browser of its own, which signing out does not spoil for the next."""

    def send(who: str, route: str) -> Response:
        example = EXAMPLES[route]
        client = TestClient(app, base_url="http://nightlight.test", follow_redirects=False)
        client.headers["sec-fetch-site"] = "same-origin"
        if who == TOKEN:
            secret = create_token(
                line, principal="ana", purpose="improve_service", name="test", days=1, by="ana", clock=lambda: NOW
            )
            client.headers["authorization"] = f"Bearer {secret}"
        elif who:
            client.cookies.set(PLAIN_COOKIE, start_session(line.database_url, who, now=NOW, client="test"))
        content = {"json": example.json} if example.json is not None else {"data": example.form}
        with client:
            return client.request(route.split()[0], example.url, **({} if route.startswith("GET") else content))

    return send


def test_every_route_has_an_example_here(app: FastAPI) -> None:
    assert EXAMPLES.keys() == routes_of(app).keys()


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_a_person_gets_in_where_it_is_written_and_nowhere_else(app: FastAPI, ask: Ask, who: str) -> None:
    wrong = {}
    for route in routes_of(app):
        status = ask(who, route).status_code
        is_refused = status in (401, 403, 404, 405) or status >= 500
        if is_refused == (who in EXAMPLES[route].open_to) or (is_refused and status != 404):
            wrong[route] = status
    assert wrong == {}


def test_nobody_gets_in_before_signing_in(app: FastAPI, ask: Ask) -> None:
    wrong = {}
    for name, route in routes_of(app).items():
        requirement = requirement_of(route)
        assert requirement is not None
        answer = ask(NOBODY, name)
        shown_the_way = answer.status_code == 401 if is_api(route) else is_way_in(answer)
        if requirement.public:
            shown_the_way = answer.status_code not in (401, 403) and answer.status_code < 500
        if not shown_the_way:
            wrong[name] = answer.status_code
    assert wrong == {}


def test_a_token_opens_the_api_and_no_page(app: FastAPI, ask: Ask) -> None:
    wrong = {}
    for name, route in routes_of(app).items():
        requirement = requirement_of(route)
        assert requirement is not None
        answer = ask(TOKEN, name)
        right = answer.status_code not in (401, 403) and answer.status_code < 500
        if not requirement.public:
            opens = is_api(route) and "ana" in EXAMPLES[name].open_to
            right = right if opens else answer.status_code == 404 if is_api(route) else is_way_in(answer)
        if not right:
            wrong[name] = answer.status_code
    assert wrong == {}


def test_what_a_route_declares_is_what_the_catalog_decides(app: FastAPI, ask: Ask) -> None:
    """The privilege that a route names is the reason why somebody is kept out, not something its page happens to do."""
    site = app.state.site
    wrong = []
    for name, route in routes_of(app).items():
        requirement = requirement_of(route)
        assert requirement is not None
        if requirement.privilege:
            _, parameters = route.matches({"type": "http", "method": name.split()[0], "path": path_of(name)})
            securable = requirement.securable.format(**parameters.get("path_params", {}))
            may = {who for who in EVERYBODY if site.may(who, requirement.privilege, securable)}
            if not may >= EXAMPLES[name].open_to:
                wrong.append(name)
    assert wrong == []


def test_start_up_refuses_a_route_that_declares_nothing() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/declared", lambda: PlainTextResponse("ok"), dependencies=[SIGNED_IN])
    check_routes(app)
    app.add_api_route("/forgotten", lambda: PlainTextResponse("ok"))
    with pytest.raises(RuntimeError, match="/forgotten"):
        check_routes(app)


def test_start_up_refuses_a_route_that_declares_two_things() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/both", lambda: PlainTextResponse("ok"), dependencies=[PUBLIC, needs("MANAGE", "CATALOG")])
    with pytest.raises(RuntimeError, match="/both"):
        check_routes(app)


def test_start_up_refuses_an_application_mounted_inside() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/inside", FastAPI())
    with pytest.raises(RuntimeError):
        check_routes(app)


def is_way_in(answer: Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].split("?")[0] == "/sign-in"


def is_api(route: APIRoute) -> bool:
    return route.path.startswith("/api/")


def path_of(name: str) -> str:
    return EXAMPLES[name].url.split("?")[0]
