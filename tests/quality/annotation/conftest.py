"""A home with people of quality: ana and bea label, clara decides, sam labels nothing, otto may nothing."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from nightlight.catalog.audit import tail
from nightlight.catalog.statements import read_statements
from nightlight.conversations.conversation import Conversation
from nightlight.conversations.corpus import script_files, shipped_corpus
from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase
from nightlight.conversations.scripts import Script, read_script
from nightlight.db import transaction
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage
from nightlight.labelling.risk import LabelledRisk
from nightlight.quality.annotation.access import find_own
from nightlight.quality.annotation.labels import read_label
from nightlight.quality.annotation.sets import finish, make_invented_set
from nightlight.quality.annotation.store import messages_of, put_label
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
POLICIES = """
CREATE GROUP raters; CREATE GROUP clinicians; CREATE GROUP strangers;
ADD USER ana TO GROUP raters; ADD USER bea TO GROUP raters; ADD USER sam TO GROUP raters;
ADD USER clara TO GROUP clinicians; ADD USER cleo TO GROUP clinicians; ADD USER otto TO GROUP strangers;
GRANT EXECUTE ON APP quality TO raters; GRANT EXECUTE ON APP quality TO clinicians;
GRANT MANAGE ON APP quality TO clinicians;
CREATE PURPOSE quality_review OF quality 'Look at how conversations went';
ALLOW PURPOSE quality_review TO raters; ALLOW PURPOSE quality_review TO clinicians;
CREATE PURPOSE care OF operations 'Keep the platform in order'; ALLOW PURPOSE care TO clinicians;
ALLOW PURPOSE care TO raters;
"""

Change = Mapping[tuple[int, int], dict[str, object]]
"""Labels of single messages that differ from what `everything` says."""


class Plain:
    """A labeller that says the same of every message: a trained one may say anything else tomorrow."""

    version = "plain-1"

    def label(self, conversation: Conversation) -> LabelledConversation:
        done, risk = (LabelledAct(CounselorAct.GOAL, 0.9),), LabelledRisk(3, (0.1, 0.1, 0.1, 0.6, 0.1))
        said = (Phase.GOAL_SETTING, CoarsePhase.INTERVENTION, 0.9)
        messages = (
            LabelledMessage(m.id, m.author, None, *said, done, None)
            if m.author is Author.COUNSELOR
            else LabelledMessage(m.id, m.author, None, *said, None, risk)
            for m in conversation.messages
        )
        return LabelledConversation(conversation.id, tuple(messages), self.version, online=False)


def clock() -> datetime:
    return NOW


@pytest.fixture
def place(home: Home) -> Home:
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="root", text=POLICIES)
    return home


@pytest.fixture(scope="session")
def scripts() -> list[Script]:
    return [read_script(file) for file in script_files(shipped_corpus())[:6]]


@pytest.fixture
def pilot(place: Home, scripts: list[Script]) -> Home:
    """A set `pilot` of two scripts that ana and bea label."""
    make_invented_set(place, "pilot", scripts[:2], annotators=["ana", "bea"], by="clara", clock=clock)
    return place


def label_all(home: Home, person: str, *, name: str = "pilot", change: Change | None = None) -> None:
    """Somebody labels everything in the same way, but for the messages in `change`, and is done.

    All in one transaction: kept one by one, as people do it, each label waits for the disk."""
    with transaction(home.database_url) as connection:
        annotator = find_own(connection, name, person)[1]
        for message in messages_of(connection, name):
            at = (message.number, message.position)
            usual: dict[str, object] = {"phase": "exploration"}
            usual |= {"acts": ["reflection"]} if message.author is Author.COUNSELOR else {"risk": "0"}
            label = read_label(message.author, **(usual | (change or {}).get(at, {})))  # type: ignore[arg-type]
            put_label(connection, name, at, annotator.place, label, changes=1, now=NOW)
    finish(home, name, by=person, clock=clock)


def first(script: Script, author: Author) -> int:
    """The position of the first message that somebody wrote."""
    return next(at for at, message in enumerate(script.messages, 1) if message.author is author)


@pytest.fixture
def acts_of() -> Callable[[Home], list[tuple[str, str, str]]]:
    """Who did what with which outcome, as the audit has it."""

    def read(home: Home) -> list[tuple[str, str, str]]:
        return [(str(r["action"]), str(r["principal"]), str(r["outcome"])) for r in tail(home, 500)]

    return read
