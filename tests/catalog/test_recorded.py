"""Promises of changes and their records: both are there, or neither; what was refused is recorded as refused alone."""

import pytest

from nightlight.catalog.audit import Entry, tail, verify
from nightlight.catalog.history import changing, in_force
from nightlight.catalog.policies import apply_statements
from nightlight.catalog.purposes import put_purpose
from nightlight.catalog.recorded import recorded_change, recording_refusals
from nightlight.catalog.statements import read_statements
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.settings import Home

POLICIES = """
CREATE GROUP keepers; CREATE GROUP readers;
ADD USER owner TO GROUP keepers; ADD USER colleague TO GROUP keepers; ADD USER stranger TO GROUP readers;
GRANT MANAGE ON APP practice TO keepers;
"""


@pytest.fixture
def place(home: Home) -> Home:
    apply_statements(home.database_url, list(read_statements(POLICIES, "p.sql")), by="root")
    return home


def make(home: Home, purpose: str, by: str, *, refused: str = "") -> None:
    """A change like any other: a purpose is made."""
    entry = Entry("make purpose", by, None, "done", detail=purpose)
    change = recorded_change(home, entry, privilege="MANAGE", securable="app practice")
    with recording_refusals(home, entry), change as connection:
        put_purpose(connection, purpose, "operations", "who is on when", by=by)
        if refused:
            raise NightlightError(refused, remedy="choose another")


def made(home: Home) -> list[str]:
    with transaction(home.database_url) as connection:
        return [str(each["name"]) for each in in_force(connection, "purposes")]


def records(home: Home) -> list[tuple[str, str, str]]:
    return [(each["principal"], each["outcome"], each["detail"]) for each in tail(home, 10)]


def test_what_was_done_has_one_record_whoever_may_do_it(place: Home) -> None:
    make(place, "rota", "owner")
    make(place, "leave", "colleague")
    assert made(place) == ["rota", "leave"]
    assert records(place) == [("owner", "done", "rota"), ("colleague", "done", "leave")]
    assert verify(place).ok


def test_what_was_refused_is_undone_and_recorded_with_its_reason_and_never_as_done(place: Home) -> None:
    with pytest.raises(NightlightError, match="it was changed just now"):
        make(place, "rota", "owner", refused="it was changed just now")
    with pytest.raises(NightlightError, match="does not have MANAGE"):
        make(place, "rota", "stranger")
    assert made(place) == []
    first, second = records(place)
    assert first == ("owner", "refused", "rota: it was changed just now")
    assert second[:2] == ("stranger", "refused")


def test_without_the_audit_nothing_is_changed(place: Home) -> None:
    (place.root / "keys" / "audit").unlink()
    with pytest.raises(NightlightError, match="the audit cannot be written"):
        make(place, "rota", "owner")
    assert made(place) == []
    with changing(place.database_url):  # and nobody is kept waiting
        pass
