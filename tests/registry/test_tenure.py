"""Who was champion when: promote, take back, promote again, and an alias that was moved past the audit."""

from datetime import timedelta
from typing import Self

import pytest
from tests.registry.conftest import Trained, WriteModel, measured
from tests.registry.models import NOW, clock

from nightlight.errors import NightlightError
from nightlight.registry.promotion import install_champion, promote, rollback
from nightlight.registry.store import PROD, open_store
from nightlight.registry.tenure import tenures
from nightlight.registry.versions import Clock, files_of, register
from nightlight.settings import Home

Told = tuple[str, int, int | None, str]


class Days:
    """Decisions of clara and others, each a day after the one before."""

    def __init__(self, home: Home) -> None:
        self.home, self.day = home, 0

    def clock(self, days: int | None = None) -> Clock:
        return lambda: NOW + timedelta(days=self.day if days is None else days)

    def up(self, version: int, to: str = "prod", alias: str = "champion", by: str = "clara") -> Self:
        self.day += 1
        promote(self.home, "pocket", version, to=to, alias=alias, by=by, clock=self.clock())
        return self

    def back(self, by: str = "clara") -> Self:
        self.day += 1
        rollback(self.home, "pocket", by=by, reason="it told a fact", clock=self.clock())
        return self

    def told(self, workspace: str = "prod") -> list[Told]:
        return [
            (each.version.label, (each.since - NOW).days, (each.until - NOW).days if each.until else None, each.by)
            for each in tenures(self.home, "pocket", workspace)
        ]


@pytest.fixture
def days(home: Home, trained: Trained) -> Days:
    trained("first"), trained("second")
    return Days(home).up(1, "staging").up(2, "staging")


def test_promoted_taken_back_and_promoted_again(days: Days) -> None:
    days.up(1).up(2).back(by="dario").up(2)
    assert days.told() == [
        ("prod/pocket/1", 3, 4, "clara"),
        ("prod/pocket/2", 4, 5, "clara"),
        ("prod/pocket/1", 5, 6, "dario"),
        ("prod/pocket/2", 6, None, "clara"),
    ]
    assert days.told("staging") == [("staging/pocket/1", 1, 2, "clara"), ("staging/pocket/2", 2, None, "clara")]


def test_a_challenger_and_a_refusal_are_no_champion(days: Days) -> None:
    days.up(1).up(2, alias="challenger")
    with pytest.raises(NightlightError, match="'otto' does not have EXECUTE"):
        days.up(2, by="otto")
    assert days.told() == [("prod/pocket/1", 3, None, "clara")]


def test_promoting_the_champion_again_begins_no_new_time(days: Days) -> None:
    days.up(1).up(1)
    assert days.told() == [("prod/pocket/1", 3, None, "clara")]


def test_what_came_with_the_product_is_nobodys_choice(days: Days, write_model: WriteModel) -> None:
    install_champion(days.home, "pocket", write_model("shipped"), "prod", clock=days.clock(0))
    days.up(1)
    assert days.told() == [("prod/pocket/1", 0, 3, "nightlight"), ("prod/pocket/2", 3, None, "clara")]


def test_the_same_files_registered_twice_are_told_apart(home: Home, trained: Trained) -> None:
    folder = trained("same")
    again = register(home, "pocket", files_of(home, folder), author="dario", clock=clock)
    measured(home, again, 0.0, 0.8)
    days = Days(home).up(1, "staging").up(2, "staging")
    assert [told[0] for told in days.told("staging")] == ["staging/pocket/1", "staging/pocket/2"]


def test_an_alias_moved_past_the_audit_is_what_is_so(days: Days) -> None:
    days.up(1).up(2)
    with open_store(days.home, PROD) as client:
        client.set_registered_model_alias("pocket", "champion", "1")
    assert [told[0] for told in days.told()] == ["prod/pocket/1", "prod/pocket/2", "prod/pocket/1"]
    assert days.told()[-1][2] is None


def test_before_the_first_there_is_none(home: Home) -> None:
    assert tenures(home, "pocket") == []
