"""`nightlight.connect`: the door from Python."""

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.sql.conftest import POLICIES, apply, conversation_rows

import nightlight
from nightlight.catalog.audit import tail
from nightlight.errors import NightlightError
from nightlight.settings import Home

SCHEMA = pa.schema(
    [("conversation_id", pa.string()), ("team", pa.string()), ("texter_key", pa.string()), ("messages", pa.int64())]
)


@pytest.fixture
def line(home: Home, deliver: Deliver) -> Home:
    deliver(home, "silver.conversations", conversation_rows(range(10)), SCHEMA)
    apply(home, POLICIES)
    return home


def test_an_analyst_gets_arrow(line: Home) -> None:
    with nightlight.connect(line.root, user="carl", purpose="numbers", schema="silver") as connection:
        table = connection.sql("SELECT team, count(*) AS n FROM conversations GROUP BY team ORDER BY team")
    assert isinstance(table, pa.Table)
    assert table.to_pydict() == {"team": ["north", "south"], "n": [5, 5]}
    assert tail(line, 1)[-1]["principal"] == "carl"


def test_a_stranger_is_refused(line: Home) -> None:
    with (
        nightlight.connect(line.root, user="stranger", purpose="numbers") as connection,
        pytest.raises(NightlightError, match="that you may read"),
    ):
        connection.sql("SELECT 1 FROM silver.conversations")


def test_rows_that_were_cut_are_told(line: Home) -> None:
    (line.root / "nightlight.toml").write_text("query_rows = 3\n")
    with (
        nightlight.connect(line.root, user="carl", purpose="numbers") as connection,
        pytest.warns(UserWarning, match="cut after 3 rows"),
    ):
        assert connection.sql("SELECT 1 FROM silver.conversations").num_rows == 3
