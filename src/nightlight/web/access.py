"""Who asks, and whether a route is for them: every route declares what it needs; start-up refuses one that does not.

What nobody may open and what is not there look the same (404); who has not signed in is shown the way (303 or 401)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Mount

from nightlight.accounts.sessions import read_session
from nightlight.accounts.tokens import find_token
from nightlight.catalog.history import revision
from nightlight.catalog.principals import groups_of
from nightlight.catalog.purposes import allowed_purposes
from nightlight.db import transaction
from nightlight.web.site import Site

if TYPE_CHECKING:
    from sqlalchemy import Connection

HOST_COOKIE, PLAIN_COOKIE = "__Host-nightlight", "nightlight"  # plain: without TLS, which is for trying out


@dataclass(frozen=True)
class Person:
    """Who asks: a principal, the purposes it may ask for, and the session or token that proves it.

    `purposes` maps names to why they exist. `token` is the id of an API token, which asks for one purpose only.
    `revision` is the catalog's when the request came: what was decided at it holds until the request is answered.
    """

    name: str
    groups: frozenset[str]
    purposes: dict[str, str]
    revision: int
    language: str = ""
    session: str = ""
    token: str = ""


class SignInNeeded(Exception):  # noqa: N818  # no failure: the way in
    """Nobody has signed in; `state` says what is missing: everything, the second factor, an own password."""

    def __init__(self, state: str = "") -> None:
        self.state = state
        super().__init__(state)


class NotThere(Exception):  # noqa: N818
    """Nothing here that this person may open."""


class Requirement:
    """What a route needs: a privilege on a securable, whose name may hold the route's path parameters.

    Without a privilege: somebody who has signed in (`SIGNED_IN`), or nobody at all (`PUBLIC`).
    """

    def __init__(self, privilege: str = "", securable: str = "", *, public: bool = False) -> None:
        self.privilege, self.securable, self.public = privilege, securable, public

    def __call__(self, request: Request) -> None:
        request.state.person = None
        if self.public:
            return
        site: Site = request.app.state.site
        person = identify(request, site)
        request.state.person = person
        if self.privilege and not site.may(person.name, self.privilege, self._named(request), at=person.revision):
            raise NotThere

    def _named(self, request: Request) -> str:
        try:
            return self.securable.format(**request.path_params)
        except (KeyError, IndexError, ValueError):
            raise NotThere from None

    def __str__(self) -> str:
        return "public" if self.public else f"{self.privilege} ON {self.securable}" if self.privilege else "signed in"


def needs(privilege: str, securable: str) -> Any:
    """A route's dependency: `dependencies=[needs("VIEW", "dashboard {name}")]`."""
    return Depends(Requirement(privilege, securable))


PUBLIC: Any = Depends(Requirement(public=True))
SIGNED_IN: Any = Depends(Requirement())


def identify(request: Request, site: Site) -> Person:
    """Whoever the request's API token or session belongs to; raises SignInNeeded."""
    header = request.headers.get("authorization", "")
    if header:
        scheme, _, secret = header.partition(" ")
        token = find_token(site.url, secret.strip(), now=site.clock()) if scheme.lower() == "bearer" else None
        if token is None or not request.url.path.startswith("/api/"):
            raise SignInNeeded
        with transaction(site.url) as connection:
            return _person(connection, token.principal, token=token.id, purpose=token.purpose)
    secret = session_secret(request)
    if not secret:
        raise SignInNeeded
    with transaction(site.url) as connection:
        session = read_session(connection, secret, now=site.clock(), hours=site.home.settings.session_hours)
        if session is not None and session.state == "open":
            return _person(connection, session.principal, session=session.id, language=session.language)
    raise SignInNeeded(session.state if session else "")


def session_secret(request: Request) -> str:
    """The session cookie's value. By https the plain cookie does not count: another site of the domain can set it."""
    return request.cookies.get(HOST_COOKIE if is_encrypted(request) else PLAIN_COOKIE, "")


def is_encrypted(request: Request) -> bool:
    """Whether browsers reach these pages by https: as the request says, or as the home's settings do."""
    site: Site = request.app.state.site
    return request.url.scheme == "https" or site.home.settings.public_url.startswith("https://")


def _person(connection: "Connection", name: str, *, purpose: str = "", **proof: str) -> Person:
    at = revision(connection)  # the first look: whatever changes behind it has another
    purposes = {each["name"]: each["why"] for each in allowed_purposes(connection, name)}
    if purpose:
        purposes = {name: why for name, why in purposes.items() if name == purpose}
    return Person(name, groups_of(connection, name), purposes, at, **proof)


def _person_of(request: Request) -> Person:
    person: Person | None = request.state.person
    if person is None:
        raise SignInNeeded
    return person


PersonOf = Annotated[Person, Depends(_person_of)]


def requirement_of(route: BaseRoute) -> Requirement | None:
    """What a route declares that it needs."""
    dependencies = route.dependencies if isinstance(route, APIRoute) else ()
    declared = [d.dependency for d in dependencies if isinstance(d.dependency, Requirement)]
    return declared[0] if len(declared) == 1 else None


def check_routes(app: FastAPI) -> None:
    """Raise RuntimeError for routes that do not declare what they need: a mistake of ours, found at start-up."""
    undeclared = [str(getattr(route, "path", route)) for route in all_routes(app.routes) if not requirement_of(route)]
    if undeclared:
        raise RuntimeError(f"routes that declare no requirement: {', '.join(undeclared)}")


def all_routes(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """Every route of an application, those of included routers too; static files need no leave."""
    for route in routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from all_routes(included.routes)
        elif not (isinstance(route, Mount) and route.name == "static"):
            yield route
