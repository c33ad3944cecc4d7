"""The pages about data: each sees their own tables, columns and rows, and no name of what is not theirs."""

import html
import re

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.web.conftest import NOW, As

from nightlight.catalog.audit import tail
from nightlight.catalog.lineage import record_lineage
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.pipelines.events import Event, Outcome, record_events
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies

PAGES = ("", "/lineage", "/access", "/history")


def page(sign_in: As, who: str, path: str) -> str:
    """The page's text, as it is read."""
    answer = sign_in(who).get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.text)


def words(text: str) -> str:
    """A page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def put(home: Home, policies: str) -> None:
    apply_policies(home, list(read_statements(policies, "p.sql")), by="ada", text=policies)


def declare(home: Home, sql: str) -> None:
    root = home.pipelines / "line"
    root.mkdir()
    (root / "spark-pipeline.yml").write_text("name: line\nlibraries:\n  - glob: {include: '**'}\n")
    (root / "views.sql").write_text(sql)


def test_the_list_names_what_one_may_read_and_nothing_else(sign_in: As) -> None:
    ana, lin = page(sign_in, "ana", "/data"), page(sign_in, "lin", "/data")
    assert all(f"/data/{name}" in ana for name in ("silver/messages", "silver/conversations", "gold/volume_daily"))
    assert "/data/gold/volume_daily" in lin
    assert "silver" not in lin
    assert "No table has been opened to you" in page(sign_in, "otto", "/data")


def test_who_manages_sees_all_names_and_no_row(sign_in: As) -> None:
    assert "/data/silver/messages" in page(sign_in, "ada", "/data")
    table = page(sign_in, "ada", "/data/silver/messages?purpose=platform_care")
    assert "not granted to you" in table
    assert "No row of this table is granted to you" in table
    assert "exams" not in table
    assert "Show 10 rows" not in table


@pytest.mark.parametrize("end", PAGES)
def test_what_is_not_there_and_what_is_not_theirs_look_the_same(sign_in: As, end: str) -> None:
    def seen(who: str, name: str) -> tuple[int, str]:
        answer = sign_in(who).get(f"/data/{name}{end}")
        return answer.status_code, re.sub(r'nonce="[^"]+"|inline\w+Nonce": "[^"]+"', "", answer.text)

    assert seen("lin", "silver/messages") == seen("lin", "silver/nowhere")
    assert seen("otto", "gold/volume_daily") == seen("otto", "Not/a name")
    assert seen("lin", "silver/messages")[0] == 404
    assert seen("ana", "silver/messages")[0] == seen("ada", "silver/messages")[0] == 200


def test_a_schema_of_others_is_not_there(sign_in: As) -> None:
    assert "volume_daily" in page(sign_in, "lin", "/data/gold")
    assert sign_in("lin").get("/data/silver").status_code == sign_in("lin").get("/data/nowhere").status_code == 404


def test_words_are_found_in_names_comments_and_columns(sign_in: As, line: Home, deliver: Deliver) -> None:
    said = pa.field("kind", pa.string(), metadata={b"comment": b"How the night went"})
    deliver(line, "gold.nights", [{"kind": "calm"}], pa.schema([said]))
    assert "/data/gold/nights" in page(sign_in, "ana", "/data?q=NIGHT+went")
    assert "/data/gold/volume_daily" not in page(sign_in, "ana", "/data?q=night")
    found = page(sign_in, "ana", "/data?q=answered")
    assert "/data/gold/volume_daily" in found
    assert "columns: answered" in words(found)
    assert "Nothing that you may see has these words" in page(sign_in, "ana", "/data?q=nowhere")


def test_a_column_that_is_not_theirs_is_neither_named_nor_found(sign_in: As, line: Home) -> None:
    put(line, "DENY SELECT (risk_level) ON TABLE silver.conversations TO analysts;")
    for end in PAGES:
        assert "risk_level" not in page(sign_in, "ana", f"/data/silver/conversations{end}")
        assert "risk_level" in page(sign_in, "sam", "/data/silver/conversations")
    assert "1 column is not granted to you." in page(sign_in, "ana", "/data/silver/conversations")
    assert "/data/silver/conversations" not in page(sign_in, "ana", "/data?q=risk_level")
    assert "/data/silver/conversations" in page(sign_in, "sam", "/data?q=risk_level")
    assert sign_in("ana").get("/data/silver/conversations/lineage?column=risk_level").status_code == 404
    assert sign_in("sam").get("/data/silver/conversations/lineage?column=risk_level").status_code == 200


def test_how_many_rows_there_are_is_not_told_to_whom_a_filter_shows_a_part(sign_in: As) -> None:
    assert "<dd>56</dd>" in page(sign_in, "ana", "/data/gold/volume_daily")
    assert ">56 rows<" in page(sign_in, "ana", "/data")
    assert ">56</td>" in page(sign_in, "ana", "/data/gold/volume_daily/history")
    lin = [page(sign_in, "lin", f"/data/gold/volume_daily{end}") for end in PAGES] + [page(sign_in, "lin", "/data")]
    assert not any(re.search(r">\s*56( rows)?\s*<", each) for each in lin)  # a moment may hold the number
    assert "Only rows where partner = 'lindenruf'" in words(lin[0])


def test_a_filter_that_names_what_is_not_theirs_is_not_told(sign_in: As, line: Home) -> None:
    put(
        line,
        """GRANT SELECT ON TABLE silver.conversations TO partner_lindenruf;
        GRANT USE SCHEMA ON SCHEMA silver TO partner_lindenruf;
        SET ROW FILTER ON TABLE silver.conversations (
          conversation_id IN (SELECT m.conversation_id FROM silver.messages m WHERE author = 'texter')
        ) TO partner_lindenruf;""",
    )
    lin = page(sign_in, "lin", "/data/silver/conversations")
    assert "Only some of its rows" in lin
    assert "silver.messages" not in lin
    assert "silver.messages" not in page(sign_in, "lin", "/data/silver/conversations/access")
    assert "silver.messages" in page(sign_in, "ada", "/data/silver/conversations/access")


def test_a_sample_is_what_the_policy_shows_for_a_purpose(sign_in: As, line: Home) -> None:
    shown = page(sign_in, "lin", "/data/gold/volume_daily?purpose=partner_reporting")
    assert "lindenruf</td>" in shown
    assert "home</td>" not in shown
    record = tail(line, 1)[0]
    assert (record["action"], record["principal"], record["purpose"]) == ("sample", "lin", "partner_reporting")


def test_a_sample_leaves_text_out_until_it_is_asked_for(sign_in: As) -> None:
    without = page(sign_in, "sam", "/data/silver/messages?purpose=quality_review")
    assert "exams" not in without
    assert "Left out: text." in without
    assert "exams, mostly" in page(sign_in, "sam", "/data/silver/messages?purpose=quality_review&text=yes")
    assert "exams" not in page(sign_in, "ana", "/data/silver/messages?purpose=improve_service&text=yes")


def test_a_sample_for_another_s_purpose_is_refused_with_a_reason(sign_in: As, line: Home) -> None:
    shown = page(sign_in, "ana", "/data/gold/volume_daily?purpose=quality_review")
    assert "purpose 'quality_review' is not allowed to ana" in shown
    assert "lindenruf</td>" not in shown
    assert tail(line, 1)[0]["outcome"] == "refused"


def test_who_has_no_purpose_is_told_what_is_missing(sign_in: As, line: Home) -> None:
    put(line, "GRANT USE SCHEMA ON SCHEMA gold TO strangers; GRANT SELECT ON SCHEMA gold TO strangers;")
    assert "Reading rows needs a purpose" in page(sign_in, "otto", "/data/gold/volume_daily")


def test_checks_freshness_and_owner_are_shown(sign_in: As, line: Home) -> None:
    declare(
        line,
        """CREATE MATERIALIZED VIEW gold.volume_daily COMMENT 'By day.' TBLPROPERTIES (
        'owner' = 'program_health', 'expect.answered_fits' = 'WARN answered <= conversations',
        'expect.has_day' = 'DROP day IS NOT NULL') AS SELECT * FROM silver.conversations;""",
    )
    broken = Event("u", "line", "gold.volume_daily", "x", "", Outcome.DONE, NOW, broken={"answered_fits": 3})
    record_events(Lake(line.lake), [broken])
    shown = page(sign_in, "ana", "/data/gold/volume_daily")
    assert "program_health" in shown
    assert "1 check broken" in shown
    assert "3 rows did not" in shown
    assert "all did" in shown
    assert "1 check broken" in page(sign_in, "ana", "/data")
    lin = page(sign_in, "lin", "/data/gold/volume_daily")
    assert "broken" in lin
    assert "3 rows" not in lin


def test_a_check_on_a_column_that_is_not_theirs_is_counted_only(sign_in: As, line: Home) -> None:
    declare(
        line,
        """CREATE MATERIALIZED VIEW gold.volume_daily TBLPROPERTIES ('expect.answered_fits' = 'WARN Answered >= 0')
        AS SELECT * FROM silver.conversations;""",
    )
    put(line, "DENY SELECT (answered) ON TABLE gold.volume_daily TO analysts;")
    ana = page(sign_in, "ana", "/data/gold/volume_daily")
    assert "answered" not in ana.lower()
    assert "1 more check is about columns that are not granted to you" in ana
    assert "answered_fits" in page(sign_in, "sam", "/data/gold/volume_daily")


def test_why_of_an_update_that_failed_is_for_those_who_manage(sign_in: As, line: Home) -> None:
    error = "the owner may not read silver.secret_table"
    record_events(Lake(line.lake), [Event("u", "p", "gold.volume_daily", "x", "", Outcome.FAILED, NOW, error=error)])
    for end in ("", "/history"):
        assert "failed" in page(sign_in, "ana", f"/data/gold/volume_daily{end}")
        assert "secret_table" not in page(sign_in, "ana", f"/data/gold/volume_daily{end}")
        assert "secret_table" in page(sign_in, "ada", f"/data/gold/volume_daily{end}")


def test_history_tells_versions_and_their_rows(sign_in: As, line: Home, deliver: Deliver) -> None:
    schema = pa.schema([("conversation_id", pa.string()), ("day", pa.date32()), ("risk_level", pa.int64())])
    deliver(line, "silver.conversations", [{"conversation_id": "c4"}], schema)
    shown = words(page(sign_in, "ana", "/data/silver/conversations/history"))
    assert "rows added 1" in shown
    assert "table made 3" in shown


def test_why_one_can_see_it_is_said_column_by_column(sign_in: As, line: Home) -> None:
    put(line, "SET MASK ON COLUMN silver.conversations.conversation_id hash TO analysts;")
    shown = words(page(sign_in, "ana", "/data/silver/conversations/access"))
    assert "granted to group analysts: SELECT ON SCHEMA silver" in shown
    assert "as a hash" in shown
    assert "Who can read it" not in shown


def test_who_manages_sees_who_can_and_by_which_policy(sign_in: As) -> None:
    shown = words(page(sign_in, "ada", "/data/silver/messages/access"))
    assert "Why sam can" in shown
    assert "granted to group supervisors: SELECT (text) ON TABLE silver.messages: text" in shown
    assert "DENY SELECT text TABLE silver.messages analysts" in shown
    assert "conversation_id IN ('c1', 'c2') to supervisors" in shown


def test_who_manages_one_table_sees_its_policies_and_no_other_s(sign_in: As, line: Home) -> None:
    put(line, "SET OWNER ON TABLE silver.messages TO vera; GRANT MANAGE ON TABLE gold.volume_daily TO ana;")
    assert "Who can read it" in page(sign_in, "vera", "/data/silver/messages/access")
    assert sign_in("vera").get("/data/silver/conversations/access").status_code == 404
    assert "Who can read it" in page(sign_in, "ana", "/data/gold/volume_daily/access")
    assert "Who can read it" not in page(sign_in, "ana", "/data/silver/messages/access")


def test_a_denial_of_managing_one_table_holds_for_administrators_too(sign_in: As, line: Home) -> None:
    put(line, "DENY MANAGE ON TABLE silver.messages TO admins;")
    assert "/data/silver/messages" not in page(sign_in, "ada", "/data")
    assert sign_in("ada").get("/data/silver/messages").status_code == 404
    assert "/data/silver/conversations" in page(sign_in, "ada", "/data")


def test_types_are_written_in_words(sign_in: As) -> None:
    shown = words(page(sign_in, "ana", "/data/silver/messages"))
    assert "whole number" in shown
    assert "int64" not in shown
    assert "timestamp[" not in shown


def test_a_question_about_the_table_waits_in_the_console(sign_in: As) -> None:
    shown = page(sign_in, "sam", "/data/silver/messages")
    assert "/console?sql=SELECT%20conversation_id" in shown
    assert "%2C%20text" not in shown


def test_dashboards_that_use_the_table_are_shown_to_who_may_open_them(sign_in: As, line: Home) -> None:
    (line.dashboards / "health.yml").write_text(
        """title: Program health
question: How does the line do?
owner: program_health
purposes: [improve_service, partner_reporting]
charts:
  - name: volume
    title: Volume
    question: How many?
    sql: SELECT sum(conversations) AS conversations FROM gold.volume_daily
    number: conversations
    count: conversations
"""
    )
    put(line, "GRANT VIEW ON DASHBOARD health TO analysts;")
    assert "/dashboards/health" in page(sign_in, "ana", "/data/gold/volume_daily")
    assert "/dashboards/health" not in page(sign_in, "ana", "/data/silver/conversations")
    assert "health" not in words(page(sign_in, "lin", "/data/gold/volume_daily"))


def test_lineage_is_drawn_with_links_and_told_as_a_list(sign_in: As) -> None:
    shown = page(sign_in, "ana", "/data/gold/volume_daily/lineage")
    assert shown.count("<svg") - shown.count('<svg class="lineage') == 0
    assert shown.count('<svg class="lineage') == 2
    assert shown.count('href="/data/silver/conversations/lineage"') == 3  # twice drawn, once in the list
    assert "style=" not in shown


def test_the_path_of_a_column_is_marked(sign_in: As) -> None:
    shown = page(sign_in, "ana", "/data/gold/volume_daily/lineage?column=day")
    assert 'class="arrow path"' in shown
    assert "silver.conversations : day" in words(shown)
    counted = page(sign_in, "ana", "/data/gold/volume_daily/lineage?column=answered")
    assert "comes from no other column" in counted
    assert 'class="arrow path"' not in counted


def test_a_column_of_unknown_origin_is_said_to_be_one(sign_in: As, line: Home) -> None:
    record_lineage(line.database_url, "gold.volume_daily", {"day": None}, ["silver.conversations"])
    assert "is not known column by column" in page(sign_in, "ana", "/data/gold/volume_daily/lineage?column=day")


def test_tables_and_columns_that_are_not_theirs_are_counted_in_lineage(
    sign_in: As, line: Home, deliver: Deliver
) -> None:
    schema = pa.schema([("secret", pa.int64())])
    for name in ("bronze.hidden_one", "bronze.hidden_two", "ops.hidden_three"):
        deliver(line, name, [{"secret": 1}], schema)
    url = line.database_url
    register_tables(url, Lake(line.lake))
    hidden = [("bronze.hidden_one", "secret")]
    record_lineage(url, "silver.conversations", {"day": hidden}, ["bronze.hidden_one", "bronze.hidden_two"])
    record_lineage(url, "ops.hidden_three", {}, ["silver.conversations"])
    for path in ("/data/silver/conversations/lineage", "/data/silver/conversations/lineage?column=day"):
        ana = page(sign_in, "ana", path)
        assert "hidden_" not in ana
        assert "secret" not in ana
        assert "2 tables not granted to you" in ana
        assert ana.count('class="box hidden') == 4  # one for each distance, in both drawings
        assert "a table not granted to you" in ana
        assert "bronze.hidden_one" in page(sign_in, "ada", path)
    lin = page(sign_in, "lin", "/data/gold/volume_daily/lineage")
    assert "silver" not in lin
    assert "a table not granted to you" in lin


def test_a_column_of_theirs_made_from_one_that_is_not_hides_its_name(sign_in: As, line: Home) -> None:
    put(line, "DENY SELECT (day) ON TABLE silver.conversations TO analysts;")
    shown = page(sign_in, "ana", "/data/gold/volume_daily/lineage?column=day")
    assert "a column not granted to you" in shown
    assert "silver.conversations : day" not in words(shown)


def test_a_damaged_table_is_no_page_that_breaks(sign_in: As, line: Home) -> None:
    for log in (line.lake / "gold" / "volume_daily" / "_delta_log").iterdir():
        log.write_text("{")
    assert "/data/silver/messages" in page(sign_in, "ana", "/data")
    assert sign_in("ana").get("/data/gold/volume_daily").status_code == 404
