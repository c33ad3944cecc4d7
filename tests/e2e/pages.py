"""The pages people open, and who opens them; every page of the application has to be among them.

What stands in braces in a URL is made for the visit: a question that was asked, a request, a conversation."""

import re
from typing import TYPE_CHECKING

from starlette.requests import Request

from nightlight.operations.access_requests import ask_for_access
from nightlight.operations.proposals import save_proposal
from nightlight.sql.broker import Question
from nightlight.web.console.questions import Questions, _questions

if TYPE_CHECKING:
    from tests.e2e.conftest import Line

PAGES: tuple[tuple[str, str], ...] = (
    ("", "/sign-in"),
    ("a one-time password", "/sign-in/new-password"),
    ("a second factor", "/sign-in/second-factor"),
    ("ana", "/"),
    ("sam", "/"),
    ("vera", "/"),
    ("lin", "/"),
    ("otto", "/"),
    ("ada", "/"),
    ("ana", "/nothing-here"),
    ("vera", "/account"),
    ("ada", "/account/second-factor"),
    ("ana", "/dashboards"),
    ("ana", "/dashboards/program_health"),
    ("lin", "/dashboards/program_health"),
    ("sam", "/dashboards/queue_now"),
    ("sam", "/dashboards/quality"),
    ("sam", "/dashboards/training"),
    ("ana", "/dashboards/volunteers"),
    ("ana", "/dashboards/data_trust"),
    ("ana", "/data"),
    ("ada", "/data"),
    ("ana", "/data/gold"),
    ("ana", "/data/gold/volume_daily"),
    ("ana", "/data/silver/messages?purpose=improve_service"),
    ("ana", "/data/silver/conversations/history"),
    ("ana", "/data/gold/queue_wait/lineage?column=wait_p90"),
    ("ana", "/data/silver/messages/access"),
    ("ada", "/data/silver/messages/access"),
    ("ana", "/console"),
    ("ana", "/console/queries/{answered}"),
    ("ana", "/console/queries/{refused}"),
    ("ana", "/console/background/{background}"),
    ("sam", "/conversations"),
    ("sam", "/conversations/{conversation}"),
    ("sam", "/conversations/{conversation}?purpose=quality_review"),
    ("ana", "/requests"),
    ("vera", "/requests/new?table=gold.ratings_monthly"),
    ("vera", "/requests/{request}"),
    ("ada", "/requests/{request}"),
    ("ada", "/requests"),
    ("ana", "/metrics"),
    ("ada", "/metrics/adoption"),
    ("ana", "/notebooks"),
    ("dario", "/notebooks/definitions/harbour/{definition}"),
    ("lin", "/reports"),
    ("lin", "/reports/lindenruf_yearly"),
    ("ada", "/admin"),
    ("ada", "/admin/people"),
    ("ada", "/admin/people/sam"),
    ("ada", "/admin/groups"),
    ("ada", "/admin/groups/analysts"),
    ("ada", "/admin/purposes"),
    ("ada", "/admin/tokens"),
    ("ada", "/admin/policies"),
    ("ada", "/admin/policies?on=TABLE+silver.messages"),
    ("ada", "/admin/sources"),
    ("ada", "/admin/audit"),
    ("ada", "/admin/alerts"),
    ("ada", "/admin/backup"),
)

# Answers to GET that are no pages of ours: files, parts of pages, and ways elsewhere.
ELSEWHERE = {
    "/health",
    "/admin/audit/records.csv",
    "/admin/audit/verification",
    "/admin/doctor",
    "/admin/sources/progress",
    "/console/queries/{query}/answer.{form}",
    "/console/background/{query}/answer.{form}",
    "/conversations/searches/{name}",  # the search page with what was found; tests/e2e/test_walks.py looks at it
    "/dashboards/{name}/{chart}.csv",
    "/sign-in/provider",
    "/sign-in/provider/callback",
}
ASKED = "SELECT day, partner, conversations, answered FROM gold.volume_daily ORDER BY day DESC LIMIT 60"
REFUSED = "SELECT text FROM silver.messages LIMIT 5"
READ = "SELECT conversation_id FROM silver.messages ORDER BY sent_at DESC LIMIT 1"
DEFINITION = """CREATE MATERIALIZED VIEW lab.waits_by_partner COMMENT 'How long people wait, by line' AS
SELECT partner, CAST(avg(wait_p50) AS DOUBLE) AS wait FROM gold.queue_wait GROUP BY partner;
"""


def fill(line: "Line", who: str, url: str) -> str:
    """The URL with what stands in its braces made, as `who`."""
    made = {name: _MAKERS[name](line, who) for name in re.findall(r"{(\w+)}", url)}
    return url.format_map(made)


def _questions_of(line: "Line") -> Questions:
    return _questions(Request({"type": "http", "app": line.app}))


def _ask(line: "Line", who: str, text: str) -> str:
    asked = _questions_of(line).ask(Question(text, who, "improve_service"))
    asked.wait(60)
    return asked.id


def _background(line: "Line", who: str) -> str:
    asked = _questions_of(line).ask_in_background(Question(ASKED, who, "improve_service"))
    asked.wait(60)
    return asked.id


def _conversation(line: "Line", who: str) -> str:
    result = line.app.state.site.broker.sql(READ, principal=who, purpose="quality_review")
    return str(result.table.column(0)[0].as_py())


def _request(line: "Line", who: str) -> str:
    """A request of vera's, one for all visits."""
    if "request" not in line.made:
        asked = ask_for_access(line.home, "vera", "silver.messages", ["text"], "to learn from how it went")
        line.made["request"] = str(asked.id)
    return line.made["request"]


def _definition(line: "Line", who: str) -> str:
    if "definition" not in line.made:
        saved = save_proposal(
            line.home,
            workspace="analysis",
            asker="workspace_analysis",
            person="ana",
            name="waits_by_partner",
            text=DEFINITION,
        )
        line.made["definition"] = saved.file
    return line.made["definition"]


_MAKERS = {
    "answered": lambda line, who: _ask(line, who, ASKED),
    "refused": lambda line, who: _ask(line, who, REFUSED),
    "background": _background,
    "conversation": _conversation,
    "request": _request,
    "definition": _definition,
}
