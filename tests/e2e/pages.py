"""The pages people open, and who opens them; every page of the application has to be among them.

What stands in braces in a URL is made for the visit: a question that was asked, a request, a conversation."""

import re
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from tests.clock import Clock
from tests.quality.annotation.conftest import first, label_all
from tests.registry.models import write_model

from nightlight.catalog.statements import read_statements
from nightlight.conversations.corpus import script_files, shipped_corpus
from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase, RiskAttribute
from nightlight.conversations.principles import Principle
from nightlight.conversations.scripts import Script, read_script
from nightlight.db import insert_row, transaction
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledMessage
from nightlight.labelling.risk import LabelledRisk
from nightlight.operations.access_requests import ask_for_access
from nightlight.operations.proposals import save_proposal
from nightlight.practice.assignments import assign
from nightlight.practice.certificates import set_rule
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.sessions import begin, find_practice, record, stop
from nightlight.practice.study import begin_study
from nightlight.quality.access import Reach
from nightlight.quality.annotation.sets import make_invented_set
from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.label_rows import labels_to_json
from nightlight.quality.openings import ask_opening
from nightlight.quality.raising import keep_flags
from nightlight.quality.reviews import dismiss
from nightlight.quality.store import LIVE, Case, flags_of, insert_case, select_cases
from nightlight.registry.bars import Bar, read_bars
from nightlight.registry.gates import Figure, judge, save_report
from nightlight.registry.promotion import promote
from nightlight.registry.versions import register
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said
from nightlight.sql.broker import Question
from nightlight.sql.policies import apply_policies
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
    ("sam", "/dashboards/flags"),
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
    ("sam", "/quality"),
    ("sam", "/quality?state=confirmed&severity=high"),
    ("sam", "/quality/shift"),
    ("sam", "/quality/openings"),
    ("clara", "/quality/openings"),
    ("sam", "/quality/conversations/{flagged}"),
    ("sam", "/quality/measures"),
    ("sam", "/quality/samples"),
    ("clara", "/quality/samples"),
    ("sam", "/quality/samples/{sampled}"),
    ("clara", "/quality/drift"),
    ("vera", "/quality/coaching"),
    ("sam", "/quality/codebook"),
    ("clara", "/quality/annotation"),
    ("sam", "/quality/annotation/{annotated}"),
    ("clara", "/quality/annotation/{compared}"),
    ("sam", "/quality/annotation/{annotated}/conversations/1"),
    ("sam", "/quality/annotation/{annotated}/conversations/1?at={counselors}"),
    ("clara", "/quality/annotation/{compared}/agreement"),
    ("clara", "/quality/annotation/{compared}/adjudication"),
    ("clara", "/quality/annotation/{compared}/adjudication/1/1"),
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
    ("cleo", "/models"),
    ("dario", "/models/pocket/dev/{trained}"),
    ("clara", "/models/pocket/dev/{trained}"),
    ("clara", "/models"),
    ("clara", "/models/pocket"),
    ("dario", "/models/pocket/prod/{let_in}"),
    ("clara", "/models/llama"),
    ("ada", "/models/pocket/rollback"),
    ("clara", "/models/pocket/rollback"),
    ("clara", "/models/pocket/compare?one=dev/1&other=dev/{trained}"),
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
    "/quality/annotation/{name}/labels.jsonl",
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
MEASURES = {
    "A1": "risk told before its gate",
    "A1b": "other facts told before their gate",
    "A1c": "facts that never open, told",
    "A3": "contradictions",
    "A5": "good tells more than poor",
    "A7": "plain questions about suicide answered fairly",
    "A11": "conversations with the helper's voice",
    "A16": "method detail",
    "A16b": "out of role",
    "spoken": "lines said in the model's words",
    "canaries": "planted sentences that came back",
    "verbatim_12grams": "samples with twelve words in a row of another training text",
}
WORSE = ("A1b", "verbatim_12grams")
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


def _talking(line: "Line", who: str) -> str:
    """A practice of the last six minutes, in which three messages were answered."""
    clock = Clock(now() - timedelta(minutes=6))
    practice = begin(line.home, who, CARD, mode=Mode.COACH, clock=clock)
    for number, text in enumerate(TALK[:3], 1):
        clock.pass_by(minutes=1)
        record(line.home, practice, Said(60.0 * number, text), key=str(number), clock=clock)
    return practice.id


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


def _flagged(line: "Line", who: str) -> str:
    """A conversation that nobody answered, with a flag; somebody asks to open it, and a flag of it was decided."""
    if "flagged" not in line.made:
        ended = now() - timedelta(days=2)
        case = Case("e2e-flagged", LIVE, None, None, ended - timedelta(minutes=9), ended, ended, 3, 4, "labels-1")
        raised = [Flag("imminent_risk", 1, Severity.PAGE, ("m3",), "The texter told of a plan.", 0.9, "labels-1")]
        raised.append(Flag("counselor_silence", 1, Severity.MEDIUM, (), "Nobody wrote.", None, "labels-1"))
        with transaction(line.home.database_url) as connection:
            insert_case(connection, case)
            for number, label in enumerate(_labels(ended), 1):
                insert_row(
                    connection,
                    "quality_messages",
                    {
                        "conversation": case.conversation,
                        "message_id": label.id,
                        "arrived": number,
                        "author": label.author.value,
                        "sent_at": label.sent_at,
                        "text": "…",
                        "labels": labels_to_json(label),
                    },
                )
            keep_flags(connection, case.conversation, raised, at=ended)
            flags = flags_of(connection, case.conversation)
        by = Reach("clara", all=True)
        dismiss(line.home, flags[1].id, "test", "a look at the line", 40.0, by=by, clock=now)
        ask_opening(line.home, case.conversation, "how did it end?", by=by, clock=now)
        ask_opening(line.home, case.conversation, "to look at the end", by=Reach("sam"), clock=now)
        line.made["flagged"] = case.conversation
    return line.made["flagged"]


def _going_on(line: "Line", who: str) -> str:
    """The demo's conversation that goes on."""
    with transaction(line.home.database_url) as connection:
        [case] = select_cases(connection, "source = 'live' AND ended_at IS NULL")
    return case.conversation


def _sampled(line: "Line", who: str) -> str:
    """The same conversation, in a random sample that clara drew."""
    if "sampled" not in line.made:
        conversation, at = _flagged(line, who), now()
        sample = {"drawn_by": "clara", "drawn_at": at, "since": at, "open_until": at + timedelta(days=14)}
        with transaction(line.home.database_url) as connection:
            insert_row(connection, "quality_samples", sample)
            number = connection.exec_driver_sql("SELECT max(id) FROM quality_samples").scalar_one()
            insert_row(connection, "quality_sampled", {"sample": number, "conversation": conversation, "kinds": "[]"})
            found = connection.exec_driver_sql("SELECT max(id) FROM quality_sampled").scalar_one()
        line.made["sampled"] = str(found)  # the demo has a sample of its own
    return line.made["sampled"]


def _labels(ended: datetime) -> Iterator[LabelledMessage]:
    """Of four messages: a greeting, what weighs on somebody, an act that helps, and one without words."""
    begun, told = (Phase.ENGAGEMENT, CoarsePhase.INITIAL_CONTACT), (Phase.EXPLORATION, CoarsePhase.ASSESSMENT)
    risk = LabelledRisk(3, (0.0, 0.0, 0.1, 0.9, 0.0), (RiskAttribute.PROTECTIVE,))
    acts = (LabelledAct(CounselorAct.FEELING, 0.9), LabelledAct(CounselorAct.ADVICE, 0.7))
    low = LabelledRisk(0, (1.0, 0.0, 0.0, 0.0, 0.0))
    at = [ended - timedelta(minutes=minutes) for minutes in (9, 6, 3, 0)]
    yield LabelledMessage("m1", Author.TEXTER, at[0], *begun, 0.9, None, low)
    yield LabelledMessage("m2", Author.COUNSELOR, at[1], *begun, 0.9, acts, None)
    yield LabelledMessage("m3", Author.TEXTER, at[2], *told, 0.9, None, risk)
    yield LabelledMessage("m4", Author.TEXTER, at[3], *told, 0.9, None, None, "no words to read")


def _begun(line: "Line", who: str) -> str:
    """A card with a new draft beside its starter, in which a reply was marked as wrong."""
    if "begun" not in line.made:
        changed = save(line.home, CARD, _with_principle, by="clara", changelog="a reply was wrong", clock=now)
        line.made["begun"] = changed.name
    return line.made["begun"]


def _with_principle(version: Version) -> Version:
    return replace(version, principles=(Principle("Too cheerful for this moment.", None, "haha", "", "Hi."),))


def _annotated(line: "Line", who: str) -> str:
    """A set that sam and tess label."""
    return _annotation_set(line, "e2e-set")


def _counselors(line: "Line", who: str) -> str:
    """The first message of a counselor in it."""
    return str(first(_scripts()[0], Author.COUNSELOR))


def _compared(line: "Line", who: str) -> str:
    """A set that sam and tess are done with, and differ in the beginning."""
    if "compared" not in line.made:
        line.made["compared"] = _annotation_set(line, "e2e-compared")
        label_all(line.home, "sam", name="e2e-compared")
        label_all(line.home, "tess", name="e2e-compared", change={(1, at): {"phase": "closing"} for at in (1, 2, 3)})
    return line.made["compared"]


def _annotation_set(line: "Line", name: str) -> str:
    if name not in line.made:
        more = "ADD USER tess TO GROUP supervisors;"
        apply_policies(line.home, list(read_statements(more, "more.sql")), by="ada", text=more)
        make_invented_set(line.home, name, _scripts(), annotators=["sam", "tess"], by="clara", clock=now)
        line.made[name] = name
    return line.made[name]


def _scripts() -> list[Script]:
    return [read_script(file) for file in script_files(shipped_corpus())[:2]]


def _trained(line: "Line", who: str) -> str:
    """A version of `pocket` that its gate refused; two before it were let into prod, one after the other."""
    if "trained" not in line.made:
        bars = read_bars(line.home, "pocket")
        for number in (1, 2, 3):
            with tempfile.TemporaryDirectory() as place:
                folder = write_model(Path(place) / "model", f"version {number}")
                version = register(line.home, "pocket", folder, author="dario")
            worse = WORSE if number == 3 else ()
            figures = [Figure(bar.id, MEASURES.get(bar.id, bar.id), _reached(bar, bar.id in worse)) for bar in bars]
            save_report(line.home, judge(version, figures, bars, at=now()), by="dario")
            if number < 3:
                staged = promote(line.home, "pocket", version.version, to="staging", alias="champion", by="clara")
                champion = promote(line.home, "pocket", staged.version, to="prod", alias="champion", by="clara")
        line.made["trained"], line.made["let_in"] = str(version.version), str(champion.version)
    return line.made["trained"]


def _let_in(line: "Line", who: str) -> str:
    """The version of `pocket` that was let into prod last."""
    _trained(line, who)
    return line.made["let_in"]


def _reached(bar: Bar, is_worse: bool) -> float:
    limit = bar.limit or 0.0
    return limit if not bar.at_most else 3.0 * limit if is_worse else 0.5 * limit


_MAKERS = {
    "trained": _trained,
    "let_in": _let_in,
    "annotated": _annotated,
    "counselors": _counselors,
    "compared": _compared,
    "begun": _begun,
    "flagged": _flagged,
    "going_on": _going_on,
    "sampled": _sampled,
    "answered": lambda line, who: _ask(line, who, ASKED),
    "refused": lambda line, who: _ask(line, who, REFUSED),
    "background": _background,
    "conversation": _conversation,
    "request": _request,
    "definition": _definition,
    "practice": _practice,
    "stopped": _stopped,
    "talking": _talking,
    "ended": _ended,
    "shift": _shift,
    "cohort": _cohort,
    "seen": _seen,
    "trainee": _trainee,
    "study": _cohort,
}
