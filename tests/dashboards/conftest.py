"""A small line of which dashboards are asked: volume by day and line, somebody who reads all, and a partner."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.dashboards.example import HEAD, write

from nightlight.catalog.statements import read_statements
from nightlight.dashboards.answer import Answer, Viewer, answer_dashboard, fill_in_for
from nightlight.dashboards.definition import Dashboard
from nightlight.dashboards.files import find_dashboard
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
POLICIES = """
CREATE GROUP analysts; ADD USER ana TO GROUP analysts; CREATE GROUP partner_lindenruf;
ADD USER lin TO GROUP partner_lindenruf; CREATE GROUP strangers; ADD USER otto TO GROUP strangers;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable'; ALLOW PURPOSE improve_service TO analysts;
CREATE PURPOSE partner_reporting OF operations 'Tell the partner';
ALLOW PURPOSE partner_reporting TO partner_lindenruf; ALLOW PURPOSE partner_reporting TO strangers;
GRANT USE SCHEMA ON SCHEMA gold TO analysts; GRANT SELECT ON SCHEMA gold TO analysts;
GRANT USE SCHEMA ON SCHEMA gold TO partner_lindenruf; GRANT SELECT ON TABLE gold.volume_daily TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.volume_daily (partner = 'lindenruf') TO partner_lindenruf;
"""

Ask = Callable[..., list[Answer]]


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    """Four weeks: 60 and more a day at home, 5 and more at the partner's, of which one day has 3."""
    schema = pa.schema(
        [
            pa.field("day", pa.date32()),
            pa.field("partner", pa.string()),
            pa.field("conversations", pa.int64()),
            pa.field("answered", pa.int64()),
            pa.field("wait", pa.float64()),
            pa.field("at", pa.timestamp("us", "UTC")),
        ]
    )
    rows = [
        {
            "day": date(2026, 2, 2) + timedelta(days=n),
            "partner": partner,
            "conversations": 3 if (n, partner) == (4, "lindenruf") else base + n,
            "answered": 3 if (n, partner) == (4, "lindenruf") else base + n - 20,
            "wait": 1.5 * n,
            "at": datetime(2026, 2, 2, 23, 30, tzinfo=UTC) + timedelta(days=n),
        }
        for n in range(28)
        for partner, base in (("home", 60), ("lindenruf", 31))
    ]
    deliver(home, "gold.volume_daily", rows, schema)
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="ada", text=POLICIES)
    return home


@pytest.fixture
def broker(line: Home) -> Iterator[Broker]:
    with Broker(line) as broker:
        yield broker


@pytest.fixture
def ask(broker: Broker) -> Ask:
    """The answers of a dashboard, written as the rest of its file, to somebody."""

    def answers(text: str, person: str = "ana", purpose: str = "improve_service", **given: str) -> list[Answer]:
        write(broker.home.dashboards, "a", HEAD + text)
        dashboard = find_dashboard(broker.home.dashboards, "a")
        assert isinstance(dashboard, Dashboard), str(dashboard)
        viewer = Viewer(person, purpose)
        return answer_dashboard(broker, dashboard, viewer, fill_in_for(broker, dashboard, viewer, given, NOW))

    return answers
