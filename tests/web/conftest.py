"""Pages on a small line of its own: four tables, policies, and one browser for each person of the demo."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from tests.conftest import Deliver, copy_home

from nightlight.accounts import passwords
from nightlight.accounts.sessions import start_session
from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.access import PLAIN_COOKIE
from nightlight.web.app import create_app

NOW = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)
POLICIES = """
CREATE GROUP analysts; CREATE GROUP supervisors; CREATE GROUP admins; CREATE GROUP volunteers;
CREATE GROUP partner_lindenruf;
ADD USER ana TO GROUP analysts; ADD USER sam TO GROUP supervisors; ADD USER ada TO GROUP admins;
ADD USER alba TO GROUP admins; ADD USER vera TO GROUP volunteers; ADD USER lin TO GROUP partner_lindenruf;
CREATE GROUP strangers; ADD USER otto TO GROUP strangers;
CREATE PURPOSE improve_service OF operations 'Keep the line reachable'; ALLOW PURPOSE improve_service TO analysts;
CREATE PURPOSE quality_review OF quality 'Look at how conversations went'; ALLOW PURPOSE quality_review TO supervisors;
CREATE PURPOSE volunteer_training OF training 'Help volunteers to grow'; ALLOW PURPOSE volunteer_training TO volunteers;
CREATE PURPOSE partner_reporting OF operations 'Tell the partner'; ALLOW PURPOSE partner_reporting TO partner_lindenruf;
CREATE PURPOSE platform_care OF operations 'Keep the platform in order'; ALLOW PURPOSE platform_care TO admins;
GRANT USE SCHEMA ON SCHEMA gold TO analysts; GRANT SELECT ON SCHEMA gold TO analysts;
GRANT USE SCHEMA ON SCHEMA silver TO analysts; GRANT SELECT ON SCHEMA silver TO analysts;
DENY SELECT (text) ON TABLE silver.messages TO analysts;
GRANT USE SCHEMA ON SCHEMA gold TO supervisors; GRANT SELECT ON SCHEMA gold TO supervisors;
GRANT USE SCHEMA ON SCHEMA silver TO supervisors; GRANT SELECT ON SCHEMA silver TO supervisors;
GRANT SELECT (text) ON TABLE silver.messages TO supervisors;
SET ROW FILTER ON TABLE silver.messages (conversation_id IN ('c1', 'c2')) TO supervisors;
GRANT USE SCHEMA ON SCHEMA gold TO partner_lindenruf; GRANT SELECT ON TABLE gold.volume_daily TO partner_lindenruf;
SET ROW FILTER ON TABLE gold.volume_daily (partner = 'lindenruf') TO partner_lindenruf;
GRANT MANAGE ON CATALOG TO admins;
GRANT EXECUTE ON APP practice TO volunteers; GRANT EXECUTE ON APP practice TO supervisors;
GRANT MANAGE ON APP practice TO supervisors;
"""

As = Callable[[str], TestClient]


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Passwords' hashes at the least cost there is: what they cost in truth is tested with accounts."""
    from pwdlib import PasswordHash
    from pwdlib.hashers.argon2 import Argon2Hasher

    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(passwords, "_hasher", lambda: cheap)
        passwords._nobodys_hash.cache_clear()
        yield
    passwords._nobodys_hash.cache_clear()


@pytest.fixture
def line(home: Home, made_line: Home) -> Home:
    """The small line of the folder that a test is in, to do with as it likes."""
    return copy_home(made_line, home.root)


@pytest.fixture(scope="session")
def made_line(tmp_path_factory: pytest.TempPathFactory, make_home: Callable[[Path], Home], deliver: Deliver) -> Home:
    """A home with conversations c1 to c3 of three messages each, a measure, lineage and policies in force."""
    home = make_home(tmp_path_factory.mktemp("line") / "home")
    text = {b"nightlight.sensitivity": b"text"}
    messages = pa.schema(
        [
            pa.field("conversation_id", pa.string()),
            pa.field("position", pa.int64()),
            pa.field("author", pa.string()),
            pa.field("sent_at", pa.timestamp("us", "UTC")),
            pa.field("text", pa.string(), metadata=text),
        ]
    )
    said = ["hi, i cant sleep", "I am glad that you wrote. What keeps you awake?", "exams, mostly"]
    deliver(
        home,
        "silver.messages",
        [
            {
                "conversation_id": f"c{number}",
                "position": position,
                "author": "counselor" if position == 1 else "texter",
                "sent_at": NOW - timedelta(days=number, minutes=-position),
                "text": words,
            }
            for number in (1, 2, 3)
            for position, words in enumerate(said)
        ],
        messages,
    )
    conversations = pa.schema([("conversation_id", pa.string()), ("day", pa.date32()), ("risk_level", pa.int64())])
    deliver(
        home,
        "silver.conversations",
        [{"conversation_id": f"c{n}", "day": date(2026, 3, 1) - timedelta(days=n), "risk_level": n} for n in (1, 2, 3)],
        conversations,
    )
    volume = pa.schema(
        [("day", pa.date32()), ("partner", pa.string()), ("conversations", pa.int64()), ("answered", pa.int64())]
    )
    deliver(
        home,
        "gold.volume_daily",
        [
            {
                "day": date(2026, 2, 1) + timedelta(days=n),
                "partner": partner,
                "conversations": base + n,
                "answered": base + n - 3,
            }
            for n in range(28)
            for partner, base in (("home", 60), ("lindenruf", 5))
        ],
        volume,
    )
    url = home.database_url
    register_tables(url, Lake(home.lake))
    record_lineage(
        url,
        "gold.volume_daily",
        {"day": [("silver.conversations", "day")], "conversations": [], "answered": [], "partner": []},
        ["silver.conversations"],
    )
    record_lineage(url, "silver.conversations", {}, [])
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="ada", text=POLICIES)
    return home


@pytest.fixture
def sign_in(line: Home) -> Iterator[As]:
    """A browser of somebody who has signed in; `""` is nobody."""
    with browsers(line, lambda: NOW) as found:
        yield found


@contextmanager
def browsers(home: Home, clock: Callable[[], datetime]) -> Iterator[As]:
    """Browsers of people who have just signed in, at the clock's time; `""` is nobody."""
    app = create_app(home, clock=clock)

    def browser(name: str) -> TestClient:
        client = TestClient(app, base_url="http://nightlight.test", follow_redirects=False)
        if name:
            client.cookies.set(PLAIN_COOKIE, start_session(home.database_url, name, now=clock(), client="test"))
        client.headers["sec-fetch-site"] = "same-origin"
        return client

    yield browser
    app.state.site.broker.close()
