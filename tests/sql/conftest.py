"""A small line with policies, for tests of the door: an owner (a supervisor), a colleague (an analyst), a stranger."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.conftest import Deliver

from nightlight.catalog.policies import apply_statements
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.tables import IDENTITY, SENSITIVITY, TEXT
from nightlight.settings import Home
from nightlight.sql.broker import Broker, Result

if TYPE_CHECKING:
    import pyarrow as pa

POLICIES = """
CREATE GROUP supervisors; CREATE GROUP analysts; CREATE GROUP team_north;
ADD USER olga TO GROUP supervisors; ADD USER olga TO GROUP team_north;
ADD USER carl TO GROUP analysts;
ADD USER sven TO GROUP supervisors;
CREATE GROUP nobody; ADD USER stranger TO GROUP nobody;
CREATE PURPOSE review OF quality 'see how conversations go';
CREATE PURPOSE numbers OF operations 'plan shifts';
ALLOW PURPOSE review TO supervisors; ALLOW PURPOSE numbers TO analysts; ALLOW PURPOSE numbers TO nobody;
GRANT USE SCHEMA ON SCHEMA silver TO supervisors; GRANT USE SCHEMA ON SCHEMA silver TO analysts;
GRANT SELECT ON TABLE silver.conversations TO supervisors; GRANT SELECT ON TABLE silver.conversations TO analysts;
GRANT SELECT (texter_key) ON TABLE silver.conversations TO analysts;
GRANT SELECT (message_id, conversation_id, sent_at, text) ON TABLE silver.messages TO supervisors;
GRANT SELECT ON TABLE silver.messages TO analysts;
SET MASK ON COLUMN silver.conversations.texter_key hash EXCEPT supervisors;
SET ROW FILTER ON TABLE silver.messages
  (conversation_id IN (SELECT conversation_id FROM silver.conversations WHERE is_member('team_' || team)))
  TO supervisors;
"""
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
Ask = Callable[..., Result]


def conversation_rows(numbers: range) -> list[dict[str, object]]:
    return [
        {"conversation_id": f"c{n}", "team": "north" if n % 2 else "south", "texter_key": f"texter{n}", "messages": n}
        for n in numbers
    ]


def message_rows(numbers: range) -> list[dict[str, object]]:
    return [
        {
            "message_id": f"m{n}",
            "conversation_id": f"c{n % 10}",
            "sent_at": FIRST + timedelta(hours=n),
            "text": f"words {n}",
        }
        for n in numbers
    ]


@pytest.fixture
def conversations_schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            ("conversation_id", pa.string()),
            ("team", pa.string()),
            pa.field("texter_key", pa.string(), metadata={SENSITIVITY: IDENTITY.encode()}),
            ("messages", pa.int64()),
        ]
    )


@pytest.fixture
def messages_schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        [
            ("message_id", pa.string()),
            ("conversation_id", pa.string()),
            ("sent_at", pa.timestamp("us", "UTC")),
            pa.field("text", pa.string(), metadata={SENSITIVITY: TEXT.encode()}),
        ]
    )


def apply(home: Home, text: str) -> None:
    apply_statements(home.database_url, read_statements(text, "policies.sql"), by="admin")


@pytest.fixture
def line(home: Home, deliver: Deliver, conversations_schema: "pa.Schema", messages_schema: "pa.Schema") -> Home:
    """Ten conversations, half of them of team north, with a hundred messages; and the policies above."""
    deliver(home, "silver.conversations", conversation_rows(range(10)), conversations_schema)
    deliver(home, "silver.messages", message_rows(range(100)), messages_schema)
    apply(home, POLICIES)
    return home


@pytest.fixture
def broker(line: Home) -> Iterator[Broker]:
    with Broker(line) as broker:
        yield broker


@pytest.fixture
def ask(broker: Broker) -> Ask:
    """Ask as somebody, for the purpose that is allowed to them."""

    def ask_as(principal: str, text: str, **options: object) -> Result:
        purpose = "review" if principal in ("olga", "sven") else "numbers"
        return broker.sql(text, principal=principal, **{"purpose": purpose, **options})  # type: ignore[arg-type]

    return ask_as
