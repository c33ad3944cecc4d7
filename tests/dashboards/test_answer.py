"""Charts asked as whoever looks, with small counts hidden before anybody else has them."""

from datetime import date

import pytest
from tests.dashboards.conftest import NOW, Ask
from tests.dashboards.example import CHART, HEAD, write

from nightlight.catalog.audit import tail
from nightlight.dashboards.answer import Answer, Viewer, answer_dashboard, fill_in_for
from nightlight.dashboards.definition import Dashboard
from nightlight.dashboards.files import find_dashboard
from nightlight.errors import NightlightError
from nightlight.sql.broker import Broker

BY_LINE = """
  - name: by_line
    title: By day and line
    question: On which days, and whose?
    sql: SELECT day, partner, conversations, wait FROM gold.volume_daily ORDER BY day, partner
    count: conversations
    dimensions: [day, partner]
"""


def cell(answer: Answer, column: str, **where: object) -> object:
    """A value of the one row in which columns have these values; "hidden" when it is."""
    rows = [at for at, row in enumerate(answer.rows) if all(row[name] == value for name, value in where.items())]
    assert len(rows) == 1
    return "hidden" if (rows[0], column) in answer.hidden else answer.rows[rows[0]][column]


def test_the_analyst_the_partner_and_the_stranger_see_what_is_theirs(ask: Ask) -> None:
    of_all = sum(60 + n for n in range(28)) + sum(31 + n for n in range(28)) - 35 + 3
    total = """charts:
  - name: total
    title: Total
    question: How many?
    sql: SELECT sum(conversations) AS conversations FROM gold.volume_daily
    number: conversations
    count: conversations
"""
    assert ask(total)[0].number == of_all
    assert ask(total, "lin", "partner_reporting")[0].number == sum(31 + n for n in range(28)) - 35 + 3
    refused = ask(total, "otto", "partner_reporting")[0]
    assert refused.rows == ()
    assert "there is no table 'gold.volume_daily'" in str(refused.error)


def test_a_small_count_is_hidden_with_its_measures_and_what_would_tell_it(ask: Ask) -> None:
    by_line, by_day = ask(f"charts:{BY_LINE}{CHART}")
    day = date(2026, 2, 6)
    assert cell(by_line, "conversations", day=day, partner="lindenruf") == "hidden"
    assert cell(by_line, "wait", day=day, partner="lindenruf") == "hidden"
    assert cell(by_line, "conversations", day=day, partner="home") == "hidden", "the day's total would tell"
    assert cell(by_day, "conversations", day=day) == 67
    assert {row[name] for number, row in enumerate(by_line.rows) for at, name in by_line.hidden if at == number} == {
        None
    }


def test_measures_of_nobody_knows_how_many_are_hidden(ask: Ask) -> None:
    chart = BY_LINE.replace("conversations, wait", "nullif(conversations, 60) AS conversations, wait + 1 AS wait")
    answer = ask(f"charts:{chart}")[0]
    assert cell(answer, "wait", day=date(2026, 2, 2), partner="home") == "hidden"


def test_one_chart_that_fails_harms_no_other(ask: Ask) -> None:
    broken = CHART.replace("by_day", "broken").replace("FROM gold.volume_daily", "FROM gold.nothing")
    first, second = ask(f"charts:{broken}{CHART}")
    assert "there is no table 'gold.nothing'" in str(first.error)
    assert len(second.rows) == 28


@pytest.mark.parametrize(
    ("chart", "error"),
    [
        (CHART.replace("dimensions: [day]", "dimensions: []"), "do not tell the rows apart"),
        (CHART.replace("[day]", "[week]"), "answers no column 'week'"),
        (CHART.replace("sum(conversations) AS", "avg(conversations) + 0.25 AS"), "'conversations' does not count"),
        (CHART.replace("sum(conversations) AS", "-1 * sum(conversations) AS"), "a count is negative"),
        (CHART.replace("SELECT day,", "SELECT day, 1 AS day,"), "two columns have the same name"),
        (CHART.replace("sum(conversations) AS", "'many' AS"), "does not count"),
    ],
)
def test_what_cannot_be_suppressed_is_not_shown(ask: Ask, chart: str, error: str) -> None:
    answer, other = ask(f"charts:{chart}{CHART.replace('by_day', 'other')}")
    assert error in str(answer.error)
    assert answer.rows == ()
    assert other.error is None


def test_rows_ordered_by_their_count_do_not_tell_it_by_their_place(ask: Ask) -> None:
    chart = BY_LINE.replace("ORDER BY day, partner", "ORDER BY conversations DESC")
    answer = ask(f"charts:{chart}")[0]
    hidden = {row for row, _ in answer.hidden}
    assert hidden == {*range(len(answer.rows) - len(hidden), len(answer.rows))}


def test_an_unsuppressed_chart_hides_nothing_and_never_leaves(ask: Ask) -> None:
    chart = BY_LINE.replace(
        "    count: conversations\n    dimensions: [day, partner]\n", "    unsuppressed: to look at\n"
    )
    answer = ask(f"charts:{chart}")[0]
    assert answer.hidden == frozenset()
    assert 3 in [row["conversations"] for row in answer.rows]
    assert not answer.chart.may_leave


def test_parameters_reach_the_question_as_values(ask: Ask) -> None:
    text = """parameters:
  period: {title: Days, kind: dates, default: last 7 days}
  partner: {title: Line, kind: choice, default: home, sql: SELECT DISTINCT partner FROM gold.volume_daily ORDER BY 1}
charts:""" + CHART.replace(
        "GROUP", "WHERE day BETWEEN {{period.from}} AND {{period.to}} AND partner = {{partner}} GROUP"
    )
    assert [row["day"].day for row in ask(text)[0].rows] == [22, 23, 24, 25, 26, 27, 28]
    given = {"period_from": "2026-02-03", "period_to": "2026-02-04", "partner": "lindenruf"}
    assert [row["conversations"] for row in ask(text, **given)[0].rows] == [32, 33]
    theirs = ask(text, "lin", "partner_reporting")[0]
    assert theirs.error is None
    assert theirs.rows[0]["conversations"] == 51, "who may read one line is offered this one, not the default"
    with pytest.raises(NightlightError, match="Line: this is not one of the choices"):
        ask(text, "lin", "partner_reporting", partner="home")


def test_times_are_drawn_as_the_lines_clocks_show_them(ask: Ask) -> None:
    chart = BY_LINE.replace("wait FROM", '"at" FROM')
    row = ask(f"charts:{chart}")[0].plot_rows("Europe/Berlin")[-1]
    assert (row["day"], row["at"]) == ("2026-03-01T00:00:00", "2026-03-02T00:30:00")


def test_every_question_is_in_the_audit_with_who_asked(broker: Broker, ask: Ask) -> None:
    ask(f"charts:{CHART}")
    record = tail(broker.home, 1)[0]
    assert (record["action"], record["principal"], record["purpose"]) == ("dashboard", "ana", "improve_service")
    dashboard = find_dashboard(broker.home.dashboards, "a")
    assert isinstance(dashboard, Dashboard)
    viewer = Viewer("ana", "improve_service", person="mailer")
    answer_dashboard(broker, dashboard, viewer, fill_in_for(broker, dashboard, viewer, {}, NOW))
    assert tail(broker.home, 1)[0]["person"] == "mailer"


def test_the_first_purpose_that_somebody_may_ask_for_is_asked_for(broker: Broker) -> None:
    write(broker.home.dashboards, "a", HEAD + f"charts:{CHART}")
    dashboard = find_dashboard(broker.home.dashboards, "a")
    assert isinstance(dashboard, Dashboard)
    assert dashboard.purpose_of({"partner_reporting": "", "improve_service": ""}) == "improve_service"
    assert dashboard.purpose_of({"partner_reporting": ""}) == "partner_reporting"
    assert dashboard.purpose_of({}) is None
