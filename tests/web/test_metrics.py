"""Metrics and adoption: what a measure means and is worth to whoever looks; nothing of tables that are not theirs."""

import pytest
from tests.web.conftest import NOW, As

from nightlight.catalog.audit import Entry, append, tail
from nightlight.catalog.statements import read_statements
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

CONVERSATIONS = """title: Conversations of a day
definition: People who entered the queue on a day.
unit: count
owner: program_health
good: {good}
target: 80
table: gold.volume_daily
columns: [conversations]
sql: |
  SELECT day AS period, sum(conversations) AS value FROM gold.volume_daily GROUP BY day ORDER BY day DESC
"""
RISK = """title: Risk of a day
definition: The highest level of risk on a day.
unit: rating
owner: quality
table: silver.conversations
columns: [risk_level]
sql: SELECT day AS period, max(risk_level) AS value FROM silver.conversations GROUP BY day ORDER BY day DESC
"""
DASHBOARD = """title: Volume & <more>
question: How many people write?
owner: program_health
purposes: [improve_service]
charts:
  - name: volume
    title: Volume
    question: How many?
    sql: SELECT day, conversations FROM gold.volume_daily
    unsuppressed: to test with
"""
PIPELINE = """CREATE MATERIALIZED VIEW gold.volume_daily AS
SELECT day, count(*) AS conversations FROM silver.conversations GROUP BY day;
"""


@pytest.fixture
def line(line: Home) -> Home:
    (line.metrics / "conversations.yml").write_text(CONVERSATIONS.format(good="up"))
    (line.metrics / "risk.yml").write_text(RISK)
    (line.dashboards / "volume.yml").write_text(DASHBOARD)
    project = line.pipelines / "harbour"
    project.mkdir()
    (project / "spark-pipeline.yml").write_text("name: harbour\nlibraries: [{glob: {include: sql/*.sql}}]\n")
    (project / "sql").mkdir()
    (project / "sql" / "gold.sql").write_text(PIPELINE)
    return line


def grant(home: Home, policy: str) -> None:
    apply_policies(home, list(read_statements(policy, "p.sql")), by="ada", text=policy)


def test_a_measure_says_what_it_means_whose_it_is_and_what_it_is_worth(sign_in: As, line: Home) -> None:
    page = sign_in("ana").get("/metrics").text
    assert "People who entered the queue on a day." in page
    assert "program_health" in page
    assert "<strong>119</strong>" in page  # 60 + 27 of ours, 5 + 27 of the partner's
    assert "better than before" in page
    assert "meets the target of 80" in page
    assert 'href="/data/gold/volume_daily"' in page
    record = next(r for r in tail(line, 5) if "gold.volume_daily" in r["tables"])
    assert (record["action"], record["principal"], record["purpose"]) == ("metric", "ana", "improve_service")


def test_better_means_what_the_measure_says_is_good(sign_in: As, line: Home) -> None:
    (line.metrics / "conversations.yml").write_text(CONVERSATIONS.format(good="down"))
    page = sign_in("ana").get("/metrics").text
    assert "worse than before" in page
    assert "misses the target of 80" in page


def test_the_value_is_of_ones_own_rows(sign_in: As) -> None:
    page = sign_in("lin").get("/metrics").text
    assert "<strong>32</strong>" in page  # the partner's rows alone
    assert "119" not in page


def test_a_measure_of_a_table_that_is_not_ones_own_is_not_there(sign_in: As) -> None:
    page = sign_in("lin").get("/metrics").text
    assert "Conversations of a day" in page
    for word in ("Risk of a day", "risk_level", "silver.conversations"):
        assert word not in page
    assert "Risk of a day" in sign_in("ana").get("/metrics").text
    stranger = sign_in("otto").get("/metrics").text
    assert "There is no measure of tables that you may read." in stranger
    assert "gold.volume_daily" not in stranger


def test_how_a_dataset_is_computed_is_told_to_those_who_may_read_all_of_it(sign_in: As) -> None:
    assert "SELECT day, count(*) AS conversations" in sign_in("ana").get("/metrics").text
    assert "count(*) AS conversations" not in sign_in("lin").get("/metrics").text


def test_without_a_purpose_the_meaning_is_there_and_the_value_is_refused(sign_in: As, line: Home) -> None:
    grant(line, "GRANT USE SCHEMA ON SCHEMA gold TO strangers; GRANT SELECT ON TABLE gold.volume_daily TO strangers;")
    page = sign_in("otto").get("/metrics").text
    assert "People who entered the queue on a day." in page
    assert "a purpose is needed" in page
    assert "119" not in page


def test_the_purpose_is_one_of_ones_own(sign_in: As, line: Home) -> None:
    grant(line, "CREATE PURPOSE study OF research 'Find out what helps'; ALLOW PURPOSE study TO analysts;")
    ana = sign_in("ana")
    assert 'value="study" selected' in ana.get("/metrics?purpose=study").text
    assert tail(line, 1)[0]["purpose"] == "study"
    assert ana.get("/metrics?purpose=quality_review").status_code == 200
    assert tail(line, 1)[0]["purpose"] == "improve_service"


def test_dashboards_that_use_it_are_named_to_those_who_may_open_them(sign_in: As, line: Home) -> None:
    assert "Volume" not in sign_in("ana").get("/metrics").text
    grant(line, "GRANT VIEW ON DASHBOARD volume TO analysts;")
    assert '<a href="/dashboards/volume">Volume &amp; &lt;more&gt;</a>' in sign_in("ana").get("/metrics").text


def test_a_broken_file_is_shown_to_administrators_and_harms_no_other(sign_in: As, line: Home) -> None:
    (line.metrics / "broken.yml").write_text("title: x")
    assert "metrics/broken.yml:1: &#39;definition&#39; is missing" in sign_in("ada").get("/metrics").text
    page = sign_in("ana").get("/metrics").text
    assert "broken.yml" not in page
    assert "<strong>119</strong>" in page


@pytest.mark.parametrize(
    ("sql", "line_shown"),
    [
        ("SELECT conversations AS value FROM gold.volume_daily", "gives no period and value"),
        ("SELECT day AS period, partner AS value, conversations FROM gold.volume_daily", "is no number"),
        ("SELECT day AS period, conversations / 0 AS value, nothing FROM gold.volume_daily", "nothing"),
    ],
)
def test_a_measure_that_cannot_be_asked_says_why_in_its_place(
    sign_in: As, line: Home, sql: str, line_shown: str
) -> None:
    text = CONVERSATIONS.format(good="up").split("sql:")[0]
    (line.metrics / "odd.yml").write_text(f"{text}sql: {sql}\n".replace("of a day", "that is odd"))
    page = sign_in("ana").get("/metrics")
    assert page.status_code == 200
    assert line_shown in page.text
    assert "<strong>119</strong>" in page.text


def test_adoption_is_for_those_who_look_after_the_platform(sign_in: As, line: Home) -> None:
    assert sign_in("ada").get("/metrics/adoption").status_code == 200
    for name, status in (("ana", 404), ("otto", 404), ("", 303)):
        assert sign_in(name).get("/metrics/adoption").status_code == status
    assert "/metrics/adoption" not in sign_in("ana").get("/metrics").text
    grant(line, "GRANT USE SCHEMA ON SCHEMA ops TO analysts; GRANT SELECT ON SCHEMA ops TO analysts;")
    assert sign_in("ana").get("/metrics/adoption").status_code == 200
    assert "/metrics/adoption" in sign_in("ana").get("/metrics").text


def test_adoption_tells_what_is_used_and_names_nobody(sign_in: As, line: Home) -> None:
    for name in ("ana", "sam"):
        entry = Entry("dashboard", name, None, "done", tables=("gold.volume_daily",))
        append(line, entry, clock=lambda: NOW)
    append(line, Entry("open dashboard", "vera", None, "done", "volume"), clock=lambda: NOW)
    page = sign_in("ada").get("/metrics/adoption").text
    main = page.split("<main", 1)[1]
    assert "Volume &amp; &lt;more&gt;" in main
    assert "1–2" in main  # so few people are not told apart
    assert not [name for name in ("ana<", "sam<", "vera<", ">lin<") if name in main]
