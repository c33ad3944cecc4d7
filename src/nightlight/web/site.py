"""What every page of one home shares: the home, its lake and broker, and what is remembered between requests."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from nightlight.catalog.access import check_privilege, revision
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.broker import Broker

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass
class Site:
    """One home, served; made once per process. `demo` shows one login per role on the sign-in page."""

    home: Home
    broker: Broker
    demo: bool = False
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _decisions: tuple[int, dict[tuple[str, str, str], bool]] = field(default_factory=lambda: (-1, {}))  # at a revision

    @property
    def url(self) -> str:
        """The catalog database's URL, which `db.transaction` takes."""
        return self.home.database_url

    @property
    def lake(self) -> Lake:
        """The lake as it is now: a new view for each request."""
        return Lake(self.home.lake)

    def may(self, principal: str, privilege: str, securable: str, *, at: int | None = None) -> bool:
        """Whether the catalog grants it; remembered until the catalog changes."""
        return bool(self.granted(principal, privilege, [securable], at=at))

    def granted(
        self, principal: str, privilege: str, securables: Collection[str], *, at: int | None = None
    ) -> set[str]:
        """Those of the securables on which the catalog grants it, all at one revision of the catalog.

        `at`: the revision that the request has seen already (`Person.revision`). What was decided at it is not looked
        up again; the next request looks anew.
        """
        asked = {securable: (principal, privilege, securable) for securable in securables}
        known_at, decided = self._decisions
        if at is not None and at == known_at and decided.keys() >= set(asked.values()):
            return {securable for securable, key in asked.items() if decided[key]}
        with transaction(self.url) as connection:
            known_at, decided = self._decisions  # both at once: another thread may see a newer catalog meanwhile
            if (now := revision(connection)) != known_at:
                decided = {}
                self._decisions = (now, decided)
            for key in asked.values():
                if key not in decided:
                    decided[key] = _is_granted(connection, *key)
            return {securable for securable, key in asked.items() if decided[key]}


def _is_granted(connection: "Connection", principal: str, privilege: str, securable: str) -> bool:
    try:
        check_privilege(connection, principal, privilege, securable)
    except NightlightError:
        return False
    return True


def _site(request: Request) -> Site:
    return cast(Site, request.app.state.site)


SiteOf = Annotated[Site, Depends(_site)]
