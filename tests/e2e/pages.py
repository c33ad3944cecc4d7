"""The pages people open, and who opens them; every page of the application has to be among them.

What stands in braces in a URL is made for the visit: a question that was asked, a request, a conversation."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.requests import Request

from nightlight.conversations.principles import Principle
from nightlight.operations.access_requests import ask_for_access
from nightlight.operations.proposals import save_proposal
from nightlight.practice.assignments import assign
from nightlight.practice.certificates import set_rule
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.sessions import begin, find_practice, record, stop
from nightlight.practice.study import begin_study
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said
from nightlight.sql.broker import Question
from nightlight.studio.versions import Version
from nightlight.studio.writing import save
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
    ("vera", "/practice"),
    ("sam", "/practice?topic=suicide"),
    ("vera", "/practice/cards/night-shift-fine"),
    ("vera", "/practice/sessions/{practice}"),
    ("vera", "/practice/sessions/{stopped}/stopped"),
    ("vera", "/practice/sessions/{ended}/debrief"),
    ("vera", "/practice/sessions/{ended}/what-if/1"),
    ("vera", "/practice/shift"),
    ("vera", "/practice/shift/{shift}"),
    ("vera", "/practice/wellbeing"),
    ("vera", "/practice/progress"),
    ("sam", "/practice/training"),
    ("sam", "/practice/training/cohorts/{cohort}"),
    ("sam", "/practice/training/people/{trainee}"),
    ("sam", "/practice/training/sessions/{seen}"),
    ("sam", "/practice/training/assignments"),
    ("sam", "/practice/training/certificates"),
    ("sam", "/practice/training/studies"),
    ("sam", "/practice/training/studies/{study}"),
    ("sam", "/practice/training/studies/{study}/rating"),
    ("vera", "/practice/studies"),
    ("clara", "/studio"),
    ("clara", "/studio?kind=script&q=exam"),
    ("clara", "/studio/new"),
    ("clara", "/studio/night-shift-fine"),
    ("clara", "/studio/night-shift-fine/parts/who"),
    ("clara", "/studio/night-shift-fine/parts/facts"),
    ("clara", "/studio/{begun}/parts/fact-1"),
    ("clara", "/studio/{begun}/parts/reactions"),
    ("clara", "/studio/{begun}/preview"),
    ("clara", "/studio/{begun}/principles"),
    ("clara", "/studio/{begun}/tests"),
    ("clara", "/studio/{begun}/versions"),
    ("clara", "/studio/night-shift-fine/review"),
    ("clara", "/studio/exam-week-sleepless--mixed1/messages"),
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
    "/practice/sessions/{session}/lines",
    "/sign-in/provider",
    "/studio/{name}/source",
    "/sign-in/provider/callback",
}
ASKED = "SELECT day, partner, conversations, answered FROM gold.volume_daily ORDER BY day DESC LIMIT 60"
REFUSED = "SELECT text FROM silver.messages LIMIT 5"
CARD = "first-winter-without-mum"
TALK = (
    "Hi, I'm Sam. I'm glad you texted. What is going on tonight?",
    "It sounds so lonely, missing her with all of that around you.",
    "What has been the hardest part of this week?",
    "Are you having thoughts of suicide?",
    "You should just get more sleep.",
)
READ = "SELECT conversation_id FROM silver.messages ORDER BY sent_at DESC LIMIT 1"
DEFINITION = """CREATE MATERIALIZED VIEW lab.waits_by_partner COMMENT 'How long people wait, by line' AS
SELECT partner, CAST(avg(wait_p50) AS DOUBLE) AS wait FROM gold.queue_wait GROUP BY partner;
"""


def now() -> datetime:
    return datetime.now(UTC)


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


def _practice(line: "Line", who: str) -> str:
    """A practice that has begun."""
    return begin(line.home, who, CARD, mode=Mode.COACH, clock=now).id


def _stopped(line: "Line", who: str) -> str:
    return stop(line.home, find_practice(line.home, _practice(line, who)), clock=now).id


def _ended(line: "Line", who: str) -> str:
    """A practice of this person's that came to its end, one for all visits."""
    name = f"ended {who}"
    if name not in line.made:
        practice = begin(line.home, who, CARD, mode=Mode.COACH, clock=now)
        events: list[Said | Closed] = [
            *(Said(60.0 * number, text) for number, text in enumerate(TALK, 1)),
            Closed(60.0 * len(TALK) + 90),
        ]
        for event in events:
            record(line.home, practice, event, key=str(event.at), clock=now)
        line.made[name] = practice.id
    return line.made[name]


def _shift(line: "Line", who: str) -> str:
    for card in (CARD, "exam-week-sleepless"):
        begin(line.home, who, card, mode=Mode.OFF, shift="e2e-shift", clock=now)
    return "e2e-shift"


def _cohort(line: "Line", who: str) -> str:
    """A cohort of this trainer's with vera in it, who has an assignment and a certificate to earn."""
    if "cohort" not in line.made:
        made = make_cohort(line.home, "E2E", ["vera"], by=who, clock=now)
        assign(line.home, "Asking plainly", made.name, ["night-shift-fine"], by=who, clock=now)
        set_rule(line.home, "E2E", passes=2, difficulty=2, within_days=60, items=["goal"], by=who, clock=now)
        begin_study(line.home, "E2E", before="third-dry-year", after="two-am-range", by=who, clock=now)
        line.made["cohort"] = made.name
    return line.made["cohort"]


def _seen(line: "Line", who: str) -> str:
    _cohort(line, who)
    return _ended(line, "vera")


def _trainee(line: "Line", who: str) -> str:
    _seen(line, who)
    return "vera"


def _begun(line: "Line", who: str) -> str:
    """A card with a new draft beside its starter, in which a reply was marked as wrong."""
    if "begun" not in line.made:
        changed = save(line.home, CARD, _with_principle, by="clara", changelog="a reply was wrong", clock=now)
        line.made["begun"] = changed.name
    return line.made["begun"]


def _with_principle(version: Version) -> Version:
    return replace(version, principles=(Principle("Too cheerful for this moment.", None, "haha", "", "Hi."),))


_MAKERS = {
    "begun": _begun,
    "answered": lambda line, who: _ask(line, who, ASKED),
    "refused": lambda line, who: _ask(line, who, REFUSED),
    "background": _background,
    "conversation": _conversation,
    "request": _request,
    "definition": _definition,
    "practice": _practice,
    "stopped": _stopped,
    "ended": _ended,
    "shift": _shift,
    "cohort": _cohort,
    "seen": _seen,
    "trainee": _trainee,
    "study": _cohort,
}
