"""A line with flagged conversations: sam and tess of team north, olga of south, mia who manages, otto nobody.

Rows are written as intake and events leave them, with invented labels: nothing here depends on a trained model."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.clock import Clock as Clock
from tests.conftest import Deliver, copy_home
from tests.web.conftest import NOW, browsers
from tests.web.conftest import As as As

from nightlight.catalog.statements import read_statements
from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase, RiskAttribute
from nightlight.db import insert_row, transaction
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import NO_WORDS, LabelledMessage
from nightlight.labelling.datasets import LABEL_COLUMNS
from nightlight.labelling.risk import LabelledRisk
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.label_rows import labels_to_json
from nightlight.quality.raising import keep_flags
from nightlight.quality.store import LINE, LIVE, Case, flags_of, insert_case
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

MORE_PEOPLE = """
ADD USER tess TO GROUP supervisors; ADD USER olga TO GROUP supervisors;
CREATE GROUP team_north; CREATE GROUP team_south;
ADD USER sam TO GROUP team_north; ADD USER tess TO GROUP team_north; ADD USER olga TO GROUP team_south;
CREATE GROUP clinicians; ADD USER mia TO GROUP clinicians; ALLOW PURPOSE quality_review TO clinicians;
SET ROW FILTER ON TABLE silver.volunteers (is_member('team_' || team)) TO supervisors;
GRANT EXECUTE ON APP quality TO supervisors;
GRANT EXECUTE ON APP quality TO clinicians; GRANT MANAGE ON APP quality TO clinicians;
"""
SAID = (
    (Author.TEXTER, "hey, i cant do this any more"),
    (Author.COUNSELOR, "I am glad that you wrote. It sounds so heavy."),
    (Author.TEXTER, "i keep thinking about dying"),
    (Author.COUNSELOR, "You should just sleep. What was your day like?"),
    (Author.TEXTER, "🙁"),
)
WORDS = SAID[2][1]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="session")
def made_line(made_line: Home, tmp_path_factory: pytest.TempPathFactory, deliver: Deliver) -> Home:
    """The small line, with a roster, labels of c1 in the tables, two live conversations and c1 in the queue."""
    import pyarrow as pa

    line = copy_home(made_line, tmp_path_factory.mktemp("quality") / "home")
    roster = pa.schema([("volunteer_id", pa.string()), ("team", pa.string())])
    teams = [{"volunteer_id": "v1", "team": "north"}, {"volunteer_id": "v2", "team": "south"}]
    deliver(line, "silver.volunteers", teams, roster)
    deliver(line, "gold.message_labels", list(_rows_of_c1()), _label_schema())
    register_tables(line.database_url, Lake(line.lake))
    apply_policies(line, list(read_statements(MORE_PEOPLE, "more.sql")), by="ada", text=MORE_PEOPLE)
    _put_live(line, "live-1", "v1")
    _put_live(line, "live-2", "v2")
    _put_line(line, "c1", "v1")
    return line


@pytest.fixture
def sign_in(line: Home, clock: Clock) -> Iterator[As]:
    """A browser of somebody who has just signed in; `""` is nobody."""
    with browsers(line, clock) as found:
        yield found


def flag_id(home: Home, conversation: str, rule: str) -> int:
    """The number of a flag in the queue."""
    with transaction(home.database_url) as connection:
        return next(flag.id for flag in flags_of(connection, conversation) if flag.rule == rule)


def put_flag(home: Home, conversation: str, *flags: Flag, at: datetime = NOW) -> None:
    with transaction(home.database_url) as connection:
        keep_flags(connection, conversation, flags, at=at)


def flag(rule: str, severity: Severity, *messages: str, probability: float | None = 0.9) -> Flag:
    return Flag(rule, 1, severity, messages, f"Why of {rule}.", probability, "labels-1")


def _put_live(home: Home, conversation: str, counselor: str) -> None:
    began = NOW - timedelta(minutes=10)
    case = Case(
        conversation, LIVE, counselor, "home", began, NOW - timedelta(minutes=5), None, 2, len(SAID), "labels-1"
    )
    with transaction(home.database_url) as connection:
        insert_case(connection, case)
        for number, (author, text) in enumerate(SAID, 1):
            sent_at = began + timedelta(minutes=number)
            values = {
                "conversation": conversation,
                "message_id": f"m{number}",
                "arrived": number,
                "author": author.value,
                "sent_at": sent_at,
                "text": text,
                "labels": labels_to_json(_label(f"m{number}", author, sent_at, number)),
            }
            insert_row(connection, "quality_messages", values)
    raised = [flag("imminent_risk", Severity.PAGE, "m3"), flag("risk_not_assessed", Severity.HIGH, "m3", "m4")]
    put_flag(home, conversation, *raised, at=NOW - timedelta(minutes=4))


def _put_line(home: Home, conversation: str, counselor: str) -> None:
    began = NOW - timedelta(days=1)
    ended = began + timedelta(minutes=2)
    with transaction(home.database_url) as connection:
        insert_case(connection, Case(conversation, LINE, counselor, "home", began, ended, ended, 2, 3, "labels-1"))
    put_flag(home, conversation, flag("no_safety_plan", Severity.HIGH, "3"), at=NOW - timedelta(hours=3))


def _label(message: str, author: Author, sent_at: datetime, number: int) -> LabelledMessage:
    phase, coarse = (
        (Phase.ENGAGEMENT, CoarsePhase.INITIAL_CONTACT) if number < 3 else (Phase.EXPLORATION, CoarsePhase.ASSESSMENT)
    )
    if number == 5:
        return LabelledMessage(message, author, sent_at, phase, coarse, 0.8, None, None, NO_WORDS)
    if author is Author.COUNSELOR:
        acts = (CounselorAct.FEELING, CounselorAct.VALIDATION) if number == 2 else (CounselorAct.ADVICE,)
        done = tuple(LabelledAct(act, 0.8) for act in acts)
        return LabelledMessage(message, author, sent_at, phase, coarse, 0.8, done, None)
    level = 2 if number == 3 else 1
    probabilities = tuple(0.8 if each == level else 0.05 for each in range(5))
    risk = LabelledRisk(level, probabilities, (RiskAttribute.PROTECTIVE,) if number == 3 else ())
    return LabelledMessage(message, author, sent_at, phase, coarse, 0.8, None, risk)


def _rows_of_c1() -> Iterator[dict[str, Any]]:
    for number, author in enumerate(("texter", "counselor", "texter"), 1):
        of_texter = author == "texter"
        yield {
            "conversation_id": "c1",
            "message_id": number,
            "author": author,
            "sent_at": NOW - timedelta(days=1) + timedelta(minutes=number - 1),
            "phase": "engagement" if number == 1 else "closing",
            "coarse_phase": "initial_contact" if number == 1 else "closing",
            "phase_probability": 0.7,
            "acts": None if of_texter else ["open_question"],
            "act_probability": None if of_texter else 0.9,
            "act_probabilities": None if of_texter else [0.9],
            "risk": 0 if of_texter else None,
            "risk_probability": 0.9 if of_texter else None,
            "risk_probabilities": [0.9, 0.1, 0.0, 0.0, 0.0] if of_texter else None,
            "risk_attributes": [] if of_texter else None,
            "abstained": None,
            "labeller": "labels-2",
        }


def _label_schema() -> Any:
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "double": pa.float64(),
        "int": pa.int32(),
        "array<string>": pa.list_(pa.string()),
        "array<double>": pa.list_(pa.float64()),
    }
    own = {"conversation_id": pa.string(), "message_id": pa.int64(), "author": pa.string()}
    fields = {
        **own,
        "sent_at": pa.timestamp("us", "UTC"),
        **{name: kinds[kind] for name, kind in LABEL_COLUMNS.items()},
    }
    return pa.schema(list(fields.items()))
