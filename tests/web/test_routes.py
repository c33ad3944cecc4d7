"""Every route, asked by everybody: who gets in is written down here by hand, and the routes have to agree."""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from httpx2 import Response
from starlette.responses import PlainTextResponse
from tests.quality.annotation.conftest import label_all
from tests.registry.models import write_model
from tests.web.conftest import NOW
from tests.web.practice.conftest import CARD, take_in_cards

from nightlight.accounts import tokens
from nightlight.accounts.sessions import list_sessions, start_session
from nightlight.catalog.statements import read_statements
from nightlight.catalog.workspaces import Workspace, add_workspace
from nightlight.conversations.corpus import script_files, shipped_corpus
from nightlight.conversations.principles import Principle
from nightlight.conversations.scripts import read_script
from nightlight.db import insert_row, transaction
from nightlight.operations import model_start
from nightlight.operations.access_requests import ask_for_access
from nightlight.practice.cohorts import make_cohort
from nightlight.practice.sessions import begin as begin_practice
from nightlight.practice.sessions import record
from nightlight.quality.annotation.sets import make_invented_set
from nightlight.quality.events import read_event
from nightlight.quality.flags.declared import Flag, Severity
from nightlight.quality.live import take_event
from nightlight.quality.raising import keep_flags
from nightlight.quality.store import LIVE, Case, flags_of, insert_case
from nightlight.registry.manifest import read_manifest
from nightlight.registry.versions import add_version
from nightlight.settings import Home
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Said
from nightlight.sql.broker import Question
from nightlight.sql.policies import apply_policies
from nightlight.studio.card_source import empty_fact, empty_tree, write_tree
from nightlight.studio.script_source import new_script
from nightlight.studio.writing import draft
from nightlight.web.access import PLAIN_COOKIE, PUBLIC, SIGNED_IN, all_routes, check_routes, needs, requirement_of
from nightlight.web.app import create_app
from nightlight.web.console.questions import Asked, Questions, _questions

EVERYBODY = frozenset({"ana", "sam", "vera", "lin", "ada", "otto"})
ADMINS = frozenset({"ada"})
ANA = frozenset({"ana"})
SEES_GOLD = frozenset({"ana", "sam", "lin", "ada"})  # who manages the catalog sees what there is, and no row of it
SEES_SILVER = frozenset({"ana", "sam", "ada"})
READS_TEXT = frozenset({"sam"})
PRACTISES = frozenset({"vera", "sam"})
VERA = frozenset({"vera"})
TEACHES = frozenset({"sam", "ada"})  # who manages the catalog may teach; whom, is their own cohorts
READS_STUDIO = frozenset({"ana", "sam"})
WRITES_STUDIO = frozenset({"sam"})
SAM = frozenset({"sam"})
SEES_MODELS = frozenset({"sam", "ada"})  # who manages the catalog looks, and decides nothing
NOBODY_AT_ALL: frozenset[str] = frozenset()
NOBODY = ""
TOKEN = "a token of ana's"  # for the purpose improve_service


@dataclass(frozen=True)
class Example:
    """A request for a route: its URL, its form or JSON, and who of those who have signed in may send it.

    The others get 404, or `refused`. `{session}` and the like in a URL are something of ana's, made for the test.
    """

    url: str
    open_to: frozenset[str] = EVERYBODY
    form: dict[str, str] = field(default_factory=dict)
    json: dict[str, object] | None = None
    refused: int = 404
    token_opens: bool = True  # a token of ana's; some of the API is for a workspace's own tokens


EXAMPLES: dict[str, Example] = {
    "GET /": Example("/"),
    "GET /health": Example("/health"),
    # Signing in and one's own account
    "GET /sign-in": Example("/sign-in"),
    "POST /sign-in": Example("/sign-in", form={"name": "ana", "password": "not her password", "next": "/"}),
    "POST /sign-in/demo": Example("/sign-in/demo", form={"name": "vera", "next": "/data"}),
    "GET /sign-in/second-factor": Example("/sign-in/second-factor?next=/data"),
    "POST /sign-in/second-factor": Example("/sign-in/second-factor", form={"code": "123456", "next": "/"}),
    "GET /sign-in/new-password": Example("/sign-in/new-password?next=/data"),
    "POST /sign-in/new-password": Example(
        "/sign-in/new-password", form={"password": "a long sentence", "again": "a long sentence", "next": "/"}
    ),
    "GET /sign-in/provider": Example("/sign-in/provider?next=/data", open_to=NOBODY_AT_ALL),
    "GET /sign-in/provider/callback": Example("/sign-in/provider/callback?code=c&state=s", open_to=NOBODY_AT_ALL),
    "POST /sign-out": Example("/sign-out"),
    "GET /account": Example("/account?done=language"),
    "POST /account/language": Example("/account/language", form={"language": "fr"}),
    "POST /account/password": Example(
        "/account/password", form={"current": "x", "password": "a long sentence", "again": "a long sentence"}
    ),
    "POST /account/sessions/{id}/end": Example("/account/sessions/{session}/end", open_to=ANA),
    "POST /account/sessions/end-others": Example("/account/sessions/end-others"),
    "GET /account/second-factor": Example("/account/second-factor"),
    "POST /account/second-factor/begin": Example("/account/second-factor/begin", form={"proof": "x"}),
    "POST /account/second-factor/confirm": Example("/account/second-factor/confirm", form={"code": "123456"}),
    "POST /account/second-factor/recovery-codes": Example("/account/second-factor/recovery-codes", form={"proof": "x"}),
    "POST /account/second-factor/off": Example("/account/second-factor/off", form={"proof": "x"}),
    "POST /account/tokens": Example(
        "/account/tokens", form={"purpose": "improve_service", "name": "a notebook", "days": "30"}
    ),
    "POST /account/tokens/{id}/revoke": Example("/account/tokens/{token}/revoke", open_to=ANA),
    # Data and access to it
    "GET /data": Example("/data?q=volume"),
    "GET /data/{schema}": Example("/data/gold?q=day", SEES_GOLD),
    "GET /data/{schema}/{table}": Example("/data/silver/messages?purpose=improve_service&text=1", SEES_SILVER),
    "GET /data/{schema}/{table}/history": Example("/data/silver/messages/history", SEES_SILVER),
    "GET /data/{schema}/{table}/access": Example("/data/silver/messages/access", SEES_SILVER),
    "GET /data/{schema}/{table}/lineage": Example("/data/gold/volume_daily/lineage?column=day", SEES_GOLD),
    "GET /requests": Example("/requests"),
    "GET /requests/new": Example("/requests/new?table=silver.messages&columns=text"),
    "POST /requests": Example(
        "/requests", form={"table": "silver.conversations", "columns": "", "reason": "to count them by week"}
    ),
    "GET /requests/{number}": Example("/requests/{request}", ANA | ADMINS),
    "POST /requests/{number}/decision": Example(
        "/requests/{request}/decision", ANA | ADMINS, form={"decision": "refuse", "reason": "not needed"}
    ),
    "POST /requests/{number}/withdrawal": Example("/requests/{request}/withdrawal", ANA | ADMINS),
    # Conversations
    "GET /conversations": Example("/conversations?gone=true", READS_TEXT),
    "POST /conversations": Example(
        "/conversations",
        READS_TEXT,
        form={"purpose": "quality_review", "key": "", "words": "exams", "since": "2026-01-01", "until": "2026-03-01"}
        | {"partner": "", "team": "", "risk": ""},
    ),
    "GET /conversations/searches/{name}": Example("/conversations/searches/none", READS_TEXT),
    "GET /conversations/{key:path}": Example("/conversations/c1?purpose=quality_review", READS_TEXT),
    # Dashboards
    "GET /dashboards": Example("/dashboards"),
    "GET /dashboards/{name}": Example("/dashboards/volume?days.from=2026-02-01&partner=home", ANA),
    "GET /dashboards/{name}/{chart}.csv": Example("/dashboards/volume/by_day.csv?partner=home", ANA),
    # Console
    "GET /console": Example("/console?sql=SELECT+1&table=gold.volume_daily"),
    "POST /console/run": Example(
        "/console/run", form={"sql": "SELECT 1 AS one", "purpose": "improve_service", "within": "gold"}
    ),
    "GET /console/queries/{query}": Example("/console/queries/{query}?page=1&x=0&y=0&kind=bar", ANA),
    "POST /console/queries/{query}/cancel": Example("/console/queries/{query}/cancel", ANA),
    "POST /console/queries/{query}/background": Example("/console/queries/{query}/background", ANA),
    "GET /console/queries/{query}/answer.{form}": Example("/console/queries/{query}/answer.csv", ANA),
    "GET /console/background/{query}": Example("/console/background/{background}?page=1", ANA),
    "POST /console/background/{query}/cancel": Example("/console/background/{running}/cancel", ANA),
    "GET /console/background/{query}/answer.{form}": Example("/console/background/{background}/answer.csv", ANA),
    # Practice
    "GET /practice": Example("/practice?topic=grief&level=1", PRACTISES),
    "GET /practice/cards/{card}": Example("/practice/cards/first-winter-without-mum", PRACTISES),
    "POST /practice/cards/{card}/sessions": Example(
        "/practice/cards/first-winter-without-mum/sessions", PRACTISES, form={"mode": "nudge"}
    ),
    "POST /practice/assignments/{assignment}/another": Example(
        "/practice/assignments/none/another", PRACTISES, form={"card": "first-winter-without-mum"}
    ),
    "GET /practice/sessions/{session}": Example("/practice/sessions/{practice}", VERA),
    "GET /practice/sessions/{session}/lines": Example("/practice/sessions/{practice}/lines?seen=1", VERA),
    "POST /practice/sessions/{session}/messages": Example(
        "/practice/sessions/{practice}/messages", VERA, form={"text": "I'm here with you.", "key": "1"}
    ),
    "POST /practice/sessions/{session}/silence": Example("/practice/sessions/{practice}/silence", VERA),
    "POST /practice/sessions/{session}/supervisor": Example(
        "/practice/sessions/{practice}/supervisor", VERA, form={"reason": "I am not sure", "key": "1"}
    ),
    "POST /practice/sessions/{session}/end": Example("/practice/sessions/{practice}/end", VERA, form={"key": "1"}),
    "POST /practice/sessions/{session}/pause": Example("/practice/sessions/{practice}/pause", VERA),
    "POST /practice/sessions/{session}/go-on": Example("/practice/sessions/{practice}/go-on", VERA),
    "POST /practice/sessions/{session}/stop": Example("/practice/sessions/{practice}/stop", VERA),
    "GET /practice/sessions/{session}/stopped": Example("/practice/sessions/{practice}/stopped", VERA),
    "GET /practice/sessions/{session}/debrief": Example("/practice/sessions/{ended}/debrief", VERA),
    "POST /practice/sessions/{session}/feeling": Example(
        "/practice/sessions/{ended}/feeling", VERA, form={"feeling": "fine"}
    ),
    "GET /practice/sessions/{session}/what-if/{turn}": Example("/practice/sessions/{ended}/what-if/1", VERA),
    "POST /practice/sessions/{session}/what-if/{turn}": Example(
        "/practice/sessions/{ended}/what-if/1", VERA, form={"text": "What is it like?"}
    ),
    "POST /practice/sessions/{session}/what-if/{turn}/go-on": Example(
        "/practice/sessions/{ended}/what-if/1/go-on", VERA, form={"text": "What is it like?"}
    ),
    "GET /practice/shift": Example("/practice/shift", PRACTISES),
    "POST /practice/shift": Example("/practice/shift", PRACTISES, form={"texters": "2", "level": "1"}),
    "GET /practice/shift/{shift}": Example("/practice/shift/{shift}", VERA),
    "POST /practice/shift/{shift}/clock": Example("/practice/shift/{shift}/clock", VERA),
    "POST /practice/shift/{shift}/stop": Example("/practice/shift/{shift}/stop", VERA),
    "GET /practice/wellbeing": Example("/practice/wellbeing", PRACTISES),
    "POST /practice/wellbeing/topics": Example("/practice/wellbeing/topics", PRACTISES, form={"topic": "abuse"}),
    "GET /practice/studies": Example("/practice/studies", PRACTISES),
    "POST /practice/studies/{name}/join": Example("/practice/studies/none/join", PRACTISES),
    "POST /practice/studies/{name}/leave": Example("/practice/studies/none/leave", PRACTISES),
    "POST /practice/studies/{name}/assessment": Example(
        "/practice/studies/none/assessment", PRACTISES, form={"when": "before"}
    ),
    "GET /practice/progress": Example("/practice/progress", PRACTISES),
    "POST /practice/progress/sureness": Example("/practice/progress/sureness", PRACTISES, form={"moment": "before"}),
    # Training
    "GET /practice/training": Example("/practice/training", TEACHES),
    "POST /practice/training/cohorts": Example("/practice/training/cohorts", TEACHES, form={"name": "May"}),
    "GET /practice/training/cohorts/{name}": Example("/practice/training/cohorts/{cohort}", SAM),
    "POST /practice/training/cohorts/{name}/people": Example(
        "/practice/training/cohorts/{cohort}/people", SAM, form={"who": "lin"}
    ),
    "POST /practice/training/cohorts/{name}/people/remove": Example(
        "/practice/training/cohorts/{cohort}/people/remove", SAM, form={"who": "lin"}
    ),
    "POST /practice/training/cohorts/{name}/end": Example("/practice/training/cohorts/none/end", NOBODY_AT_ALL),
    "GET /practice/training/people/{who}": Example("/practice/training/people/vera?c={cohort}", SAM),
    "POST /practice/training/people/{who}/certificates/{certificate}/revoke": Example(
        "/practice/training/people/vera/certificates/none/revoke?c={cohort}", SAM, form={"reason": "a mistake"}
    ),
    "GET /practice/training/assignments": Example("/practice/training/assignments", TEACHES),
    "POST /practice/training/assignments": Example(
        "/practice/training/assignments", TEACHES, form={"title": "Grief", "cohort": "none"}
    ),
    "POST /practice/training/assignments/{assignment}/end": Example("/practice/training/assignments/none/end", TEACHES),
    "GET /practice/training/certificates": Example("/practice/training/certificates", TEACHES),
    "POST /practice/training/certificates": Example("/practice/training/certificates", TEACHES, form={"name": "A"}),
    "POST /practice/training/certificates/end": Example(
        "/practice/training/certificates/end", TEACHES, form={"name": "none"}
    ),
    "GET /practice/training/sessions/{session}": Example("/practice/training/sessions/{ended}?c={cohort}", SAM),
    "POST /practice/training/sessions/{session}/labels/{turn}": Example(
        "/practice/training/sessions/{ended}/labels/1?c={cohort}",
        SAM,
        form={"act": "intro", "reason": "they say who they are"},
    ),
    "POST /practice/training/sessions/{session}/items/{item}": Example(
        "/practice/training/sessions/{ended}/items/goal?c={cohort}", SAM, form={"score": "1", "reason": "seen"}
    ),
    "GET /practice/training/studies": Example("/practice/training/studies", TEACHES),
    "POST /practice/training/studies": Example("/practice/training/studies", TEACHES, form={"name": "A"}),
    "GET /practice/training/studies/{name}": Example("/practice/training/studies/none", NOBODY_AT_ALL),
    "POST /practice/training/studies/{name}/end": Example("/practice/training/studies/none/end", TEACHES),
    "GET /practice/training/studies/{name}/rating": Example("/practice/training/studies/none/rating", NOBODY_AT_ALL),
    "POST /practice/training/studies/{name}/rating": Example(
        "/practice/training/studies/none/rating", NOBODY_AT_ALL, form={"transcript": "none"}
    ),
    # Quality
    "GET /quality": Example("/quality?severity=high", SAM),
    "GET /quality/shift": Example("/quality/shift", SAM),
    "POST /quality/shift/begin": Example("/quality/shift/begin", SAM, form={"hours": "8"}),
    "POST /quality/shift/end": Example("/quality/shift/end", SAM),
    "POST /quality/shift/mail": Example("/quality/shift/mail", SAM, form={"mail": ""}),
    "GET /quality/openings": Example("/quality/openings", SAM),
    "POST /quality/openings/{opening}/approve": Example("/quality/openings/1/approve", SAM),
    "POST /quality/openings/{opening}/decline": Example("/quality/openings/1/decline", SAM),
    "POST /quality/openings/{opening}/looked": Example("/quality/openings/1/looked", SAM),
    "POST /quality/corrections/{correction}": Example("/quality/corrections/1", SAM, form={"accepted": "yes"}),
    "GET /quality/conversations/{conversation:path}": Example("/quality/conversations/{flagged}?correct=1", SAM),
    "POST /quality/conversations/{conversation:path}/open": Example(
        "/quality/conversations/{flagged}/open", SAM, form={"purpose": "quality_review"}
    ),
    "POST /quality/conversations/{conversation:path}/close": Example("/quality/conversations/{flagged}/close", SAM),
    "POST /quality/conversations/{conversation:path}/ask": Example(
        "/quality/conversations/{flagged}/ask", SAM, form={"reason": "to see how it went"}
    ),
    "POST /quality/conversations/{conversation:path}/emergency": Example(
        "/quality/conversations/{flagged}/emergency", SAM, form={"reason": "somebody is in danger now"}
    ),
    "POST /quality/conversations/{conversation:path}/corrections": Example(
        "/quality/conversations/{flagged}/corrections", SAM, form={"message_id": "1", "axis": "phase"}
    ),
    "POST /quality/conversations/{conversation:path}/flags/{flag}/confirm": Example(
        "/quality/conversations/{flagged}/flags/{flag}/confirm", SAM
    ),
    "POST /quality/conversations/{conversation:path}/flags/{flag}/dismiss": Example(
        "/quality/conversations/{flagged}/flags/{flag}/dismiss", SAM, form={"reason": "test"}
    ),
    "POST /quality/conversations/{conversation:path}/flags/{flag}/reopen": Example(
        "/quality/conversations/{flagged}/flags/{flag}/reopen", SAM
    ),
    # Measures; nobody here manages quality and looks at it too, as drawing a sample needs
    "GET /quality/measures": Example("/quality/measures", SAM),
    "GET /quality/samples": Example("/quality/samples", SAM),
    "POST /quality/samples/draw": Example("/quality/samples/draw", NOBODY_AT_ALL, form={"size": "5"}),
    "GET /quality/samples/{sampled}": Example("/quality/samples/{sampled}", SAM),
    "POST /quality/samples/{sampled}/open": Example(
        "/quality/samples/{sampled}/open", SAM, form={"purpose": "quality_review"}
    ),
    "POST /quality/samples/{sampled}/answer": Example("/quality/samples/{sampled}/answer", SAM, form={"said": "no"}),
    "GET /quality/drift": Example("/quality/drift?source=live&axis=acts", ADMINS),
    "POST /quality/drift/reference": Example("/quality/drift/reference", ADMINS, form={"source": "live"}),
    "GET /quality/coaching": Example("/quality/coaching", PRACTISES),
    # Annotation: nobody here manages quality and looks at it too, as deciding, closing and taking away need
    "GET /quality/codebook": Example("/quality/codebook", SAM),
    "GET /quality/annotation": Example("/quality/annotation", SAM),
    "POST /quality/annotation": Example("/quality/annotation", NOBODY_AT_ALL, form={"name": "april", "one": "sam"}),
    "GET /quality/annotation/{name}": Example("/quality/annotation/{set}", SAM),
    "POST /quality/annotation/{name}/done": Example("/quality/annotation/{set}/done", SAM),
    "POST /quality/annotation/{name}/close": Example("/quality/annotation/{set}/close", NOBODY_AT_ALL),
    "GET /quality/annotation/{name}/labels.jsonl": Example(
        "/quality/annotation/{compared}/labels.jsonl?names=true", NOBODY_AT_ALL
    ),
    "GET /quality/annotation/{name}/conversations/{number}": Example(
        "/quality/annotation/{set}/conversations/1?at=2", SAM
    ),
    "POST /quality/annotation/{name}/conversations/{number}/messages/{position}": Example(
        "/quality/annotation/{set}/conversations/1/messages/1",
        SAM,
        form={"phase": "closing", "risk": "0", "act": "close", "changes": "0"},
    ),
    "GET /quality/annotation/{name}/agreement": Example("/quality/annotation/{compared}/agreement", SAM),
    "GET /quality/annotation/{name}/adjudication": Example("/quality/annotation/{compared}/adjudication", SAM),
    "GET /quality/annotation/{name}/adjudication/{number}/{position}": Example(
        "/quality/annotation/{compared}/adjudication/1/1", SAM
    ),
    "POST /quality/annotation/{name}/adjudication/{number}/{position}": Example(
        "/quality/annotation/{compared}/adjudication/1/1", NOBODY_AT_ALL, form={"take": "one"}
    ),
    # The studio
    "GET /studio": Example("/studio?kind=script&q=grief", READS_STUDIO),
    "GET /studio/new": Example("/studio/new?origin={draft}", WRITES_STUDIO),
    "POST /studio": Example("/studio", WRITES_STUDIO, form={"kind": "card", "title": "A card of sam's"}),
    "GET /studio/{name}": Example("/studio/{draft}", READS_STUDIO),
    "GET /studio/{name}/source": Example("/studio/{draft}/source?version=1", READS_STUDIO),
    "POST /studio/{name}/submit": Example("/studio/{draft}/submit", WRITES_STUDIO),
    "POST /studio/{name}/renew": Example("/studio/first-winter-without-mum/renew", WRITES_STUDIO),
    "POST /studio/{name}/withdraw": Example("/studio/{draft}/withdraw", WRITES_STUDIO),
    "POST /studio/{name}/retire": Example("/studio/{draft}/retire", WRITES_STUDIO),
    "GET /studio/{name}/parts/{key}": Example("/studio/{draft}/parts/fact-1", WRITES_STUDIO),
    "POST /studio/{name}/parts/{key}": Example("/studio/{draft}/parts/goal", WRITES_STUDIO, form={"goal.says": "rest"}),
    "POST /studio/{name}/parts/{key}/check": Example(
        "/studio/{draft}/parts/goal/check", WRITES_STUDIO, form={"goal.says": "rest"}
    ),
    "POST /studio/{name}/facts": Example("/studio/{draft}/facts", WRITES_STUDIO),
    "POST /studio/{name}/facts/{number}/remove": Example("/studio/{draft}/facts/1/remove", WRITES_STUDIO),
    "GET /studio/{name}/versions": Example("/studio/{draft}/versions?one=1&other=1", READS_STUDIO),
    "GET /studio/{name}/tests": Example("/studio/{draft}/tests", READS_STUDIO),
    "POST /studio/{name}/tests": Example("/studio/{draft}/tests", WRITES_STUDIO),
    "GET /studio/{name}/messages": Example("/studio/{script}/messages?edit=1", WRITES_STUDIO),
    "POST /studio/{name}/messages": Example(
        "/studio/{script}/messages", WRITES_STUDIO, form={"author": "T", "phase": "other", "text": "hi"}
    ),
    "GET /studio/{name}/preview": Example("/studio/{draft}/preview?seed=2", READS_STUDIO),
    "POST /studio/{name}/preview": Example("/studio/{draft}/preview", READS_STUDIO, form={"text": "Hi, I'm Sam."}),
    "GET /studio/{name}/principles": Example("/studio/{draft}/principles", READS_STUDIO),
    "POST /studio/{name}/principles": Example("/studio/{draft}/principles", WRITES_STUDIO, form={"never": "hi"}),
    "POST /studio/{name}/principles/{number}/remove": Example("/studio/{draft}/principles/1/remove", WRITES_STUDIO),
    "GET /studio/{name}/review": Example("/studio/{draft}/review", READS_STUDIO),
    "POST /studio/{name}/review": Example("/studio/{draft}/review", WRITES_STUDIO, form={"decision": "approve"}),
    # Models
    "GET /models": Example("/models", SEES_MODELS),
    "POST /models/first": Example("/models/first", SEES_MODELS),
    "GET /models/{name}": Example("/models/pocket", SEES_MODELS),
    "GET /models/{name}/compare": Example("/models/pocket/compare?one=dev/1&other=dev/1", SEES_MODELS),
    "GET /models/{name}/rollback": Example("/models/pocket/rollback", SEES_MODELS),
    "POST /models/{name}/rollback": Example("/models/pocket/rollback", SEES_MODELS, form={"reason": "a try"}),
    "POST /models/{name}/rollout": Example("/models/pocket/rollout", SEES_MODELS, form={"kind": "shadow"}),
    "POST /models/{name}/rollout/end": Example("/models/pocket/rollout/end", SEES_MODELS),
    "GET /models/{name}/{workspace}/{number}": Example("/models/pocket/dev/1", SEES_MODELS),
    "POST /models/{name}/{workspace}/{number}/promotion": Example(
        "/models/pocket/dev/1/promotion", SEES_MODELS, form={"to": "staging", "alias": "champion"}
    ),
    # Metrics and reports
    "GET /metrics": Example("/metrics?purpose=improve_service"),
    "GET /metrics/adoption": Example("/metrics/adoption", ADMINS),
    "GET /reports": Example("/reports"),
    "GET /reports/{name}": Example("/reports/none", NOBODY_AT_ALL),
    # Administration
    "GET /admin": Example("/admin", ADMINS),
    "POST /admin/doctor": Example("/admin/doctor", ADMINS),
    "GET /admin/doctor": Example("/admin/doctor", ADMINS),
    "GET /admin/alerts": Example("/admin/alerts", ADMINS),
    "POST /admin/alerts/test": Example("/admin/alerts/test", ADMINS),
    "GET /admin/audit": Example("/admin/audit?principal=ana&since=2026-01-01&before=5&words=SELECT", ADMINS),
    "GET /admin/audit/records.csv": Example("/admin/audit/records.csv?principal=ana&until=2026-04-01", ADMINS),
    "POST /admin/audit/verify": Example("/admin/audit/verify", ADMINS),
    "GET /admin/audit/verification": Example("/admin/audit/verification", ADMINS),
    "POST /admin/audit/anchor": Example("/admin/audit/anchor", ADMINS),
    "GET /admin/backup": Example("/admin/backup", ADMINS),
    "GET /admin/groups": Example("/admin/groups", ADMINS),
    "POST /admin/groups": Example("/admin/groups", ADMINS, form={"name": "night_shift"}),
    "GET /admin/groups/{name}": Example("/admin/groups/strangers", ADMINS),
    "POST /admin/groups/{name}/members": Example("/admin/groups/strangers/members", ADMINS, form={"member": "alba"}),
    "POST /admin/groups/{name}/members/remove": Example(
        "/admin/groups/strangers/members/remove", ADMINS, form={"member": "alba"}
    ),
    "GET /admin/people": Example("/admin/people?q=a&kind=user", ADMINS),
    "POST /admin/people": Example("/admin/people", ADMINS, form={"name": "nora", "groups": "strangers"}),
    "GET /admin/people/{name}": Example("/admin/people/alba", ADMINS),
    "POST /admin/people/{name}/disable": Example("/admin/people/alba/disable", ADMINS),
    "POST /admin/people/{name}/enable": Example("/admin/people/alba/enable", ADMINS),
    "POST /admin/people/{name}/reset-password": Example("/admin/people/alba/reset-password", ADMINS),
    "POST /admin/people/{name}/reset-second-factor": Example("/admin/people/alba/reset-second-factor", ADMINS),
    "POST /admin/people/{name}/end-sessions": Example("/admin/people/alba/end-sessions", ADMINS, form={"session": ""}),
    "GET /admin/policies": Example("/admin/policies?on=TABLE+gold.volume_daily", ADMINS),
    "POST /admin/policies/preview": Example(
        "/admin/policies/preview", ADMINS, form={"text": "GRANT USE SCHEMA ON SCHEMA gold TO strangers;"}
    ),
    "POST /admin/policies/apply": Example(
        "/admin/policies/apply", ADMINS, form={"text": "GRANT USE SCHEMA ON SCHEMA gold TO strangers;"}
    ),
    "GET /admin/purposes": Example("/admin/purposes", ADMINS),
    "POST /admin/purposes": Example(
        "/admin/purposes", ADMINS, form={"name": "night_watch", "kind": "operations", "why": "Watch the night"}
    ),
    "POST /admin/purposes/{name}/allow": Example(
        "/admin/purposes/platform_care/allow", ADMINS, form={"principal": "strangers"}
    ),
    "POST /admin/purposes/{name}/revoke": Example(
        "/admin/purposes/platform_care/revoke", ADMINS, form={"principal": "strangers"}
    ),
    "GET /admin/sources": Example("/admin/sources", ADMINS),
    "POST /admin/sources/round": Example("/admin/sources/round", ADMINS),
    "GET /admin/sources/progress": Example("/admin/sources/progress", ADMINS),
    "GET /admin/tokens": Example("/admin/tokens", ADMINS),
    "POST /admin/tokens": Example(
        "/admin/tokens",
        ADMINS,
        form={"principal": "ana", "purpose": "improve_service", "name": "a program", "days": "30"},
    ),
    "POST /admin/tokens/{token}/revoke": Example("/admin/tokens/{token}/revoke", ADMINS),
    # Notebooks
    "GET /notebooks": Example("/notebooks"),
    "POST /notebooks/{workspace}/open": Example("/notebooks/analysis/open", ANA, form={"notebook": ""}),
    "GET /notebooks/definitions/{project}/{file}": Example("/notebooks/definitions/none/none.sql", NOBODY_AT_ALL),
    "POST /notebooks/definitions/{project}/{file}/hand-in": Example(
        "/notebooks/definitions/none/none.sql/hand-in", NOBODY_AT_ALL, form={"digest": "0"}
    ),
    "POST /notebooks/definitions/{project}/{file}/approve": Example(
        "/notebooks/definitions/none/none.sql/approve", NOBODY_AT_ALL, form={"digest": "0"}
    ),
    "POST /notebooks/definitions/{project}/{file}/withdraw": Example(
        "/notebooks/definitions/none/none.sql/withdraw", NOBODY_AT_ALL
    ),
    "POST /api/datasets/dry-run": Example(
        "/api/datasets/dry-run", ANA, json={"text": "SELECT 1", "workspace": "analysis"}, token_opens=False
    ),
    "POST /api/datasets": Example(
        "/api/datasets", ANA, json={"text": "SELECT 1", "name": "x", "workspace": "analysis"}, token_opens=False
    ),
    "POST /api/runs": Example(
        "/api/runs",
        ANA,
        json={"experiment": "../waits", "metrics": {"error": 0.1}, "workspace": "analysis"},  # refused: a name is none
        token_opens=False,
    ),
    "GET /api/runs": Example("/api/runs?experiment=waits&workspace=analysis", ANA, token_opens=False),
    # The API
    "POST /api/quality/events": Example(
        "/api/quality/events",
        ANA,
        json={
            "conversation": "live-1",
            "message_id": "1",
            "author": "texter",
            "text": "hi",
            "sent_at": "2026-03-01T02:20:00Z",
        },
    ),
    "POST /api/quality/conversations/{conversation:path}/end": Example(
        "/api/quality/conversations/{live}/end", ANA, json={"at": "2026-03-01T02:25:00Z"}
    ),
    "POST /api/sql": Example(
        "/api/sql", ANA, json={"sql": "SELECT 1 AS one", "purpose": "improve_service", "schema": "gold"}, refused=403
    ),
    "GET /api/me": Example("/api/me"),
    "GET /api/tables": Example("/api/tables"),
    "GET /api/openapi.json": Example("/api/openapi.json"),
}

DASHBOARD = """
title: Volume
question: How many people write to us?
owner: program_health
purposes: [improve_service]
parameters:
  days: {title: Days, kind: dates, default: last 12 months}
  partner: {title: Line, kind: choice, default: home, choices: {home: Home, lindenruf: Lindenruf}}
charts:
  - name: by_day
    title: Conversations by day
    question: Does the number grow?
    sql: |
      SELECT day, sum(conversations) AS conversations FROM gold.volume_daily
      WHERE day BETWEEN {{days.from}} AND {{days.to}} AND partner = {{partner}} GROUP BY ALL ORDER BY day
    columns: {day: {title: Day, unit: day}}
    count: conversations
    dimensions: [day]
    vega: {mark: line, encoding: {x: {field: day, type: temporal}, y: {field: conversations, type: quantitative}}}
    download: true
"""
GRANTS = """
GRANT VIEW ON DASHBOARD volume TO analysts;
CREATE SERVICE PRINCIPAL workspace_analysis; ADD USER workspace_analysis TO GROUP analysts;
GRANT EXECUTE ON WORKSPACE analysis TO analysts;
GRANT EXECUTE ON APP studio TO analysts; GRANT EXECUTE ON APP studio TO supervisors;
GRANT MODIFY ON APP studio TO supervisors; GRANT MANAGE ON APP studio TO supervisors;
GRANT MODIFY ON APP quality TO analysts; GRANT EXECUTE ON APP quality TO supervisors;
ADD USER tess TO GROUP supervisors;
GRANT EXECUTE ON MODEL pocket TO supervisors;
"""
LONG = "SELECT count(*) FROM range(1000000000000) AS a(x) WHERE x % 7 = 3"

Ask = Callable[[str, str], Response]


def key_of(route: APIRoute) -> str:
    return f"{min((route.methods or set()) - {'HEAD'})} {route.path}"


def known(app: FastAPI) -> dict[str, APIRoute]:
    """The routes that have an example; that all have one is a test of its own."""
    return {name: route for name, route in routes_of(app).items() if name in EXAMPLES}


def routes_of(app: FastAPI) -> dict[str, APIRoute]:
    return {key_of(route): route for route in all_routes(app.routes) if isinstance(route, APIRoute)}


@pytest.fixture(scope="session")
def registry_of_one(tmp_path_factory: pytest.TempPathFactory, empty_registry: Path) -> Path:
    """A registry with one version of `pocket`, which nobody has evaluated."""
    home = Home.create(tmp_path_factory.mktemp("registry") / "home")
    shutil.copytree(empty_registry, home.registry)
    folder = write_model(tmp_path_factory.mktemp("model") / "first")
    add_version(home, read_manifest(folder), folder, "dev", {"author": "dario"})
    return home.registry


@pytest.fixture
def furnished(line: Home, registry_of_one: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The line with one of everything that a route is about."""
    shutil.copytree(registry_of_one, line.registry)
    monkeypatch.setattr(model_start, "SHIPPED", ())  # what came with the product is registered elsewhere
    line.dashboards.mkdir(exist_ok=True)
    (line.dashboards / "volume.yml").write_text(DASHBOARD)
    take_in_cards(line)
    apply_policies(line, list(read_statements(GRANTS, "policies.sql")), by="ada", text=GRANTS)
    add_workspace(line.database_url, Workspace("analysis", "workspace_analysis", "improve_service"), by="ada")
    return line


@pytest.fixture
def app(furnished: Home) -> Iterator[FastAPI]:
    app = create_app(furnished, demo=True, clock=lambda: NOW)
    yield app
    app.state.site.broker.close()


class Possessions:
    """What is ana's and stands in URLs; made when first needed, and what a route ends each time anew."""

    def __init__(self, app: FastAPI, home: Home) -> None:
        self._app, self._home = app, home
        self._made: dict[str, str] = {}
        self._numbers = count(1)

    def fill(self, url: str) -> str:
        for name in re.findall(r"{(\w+)}", url):
            if name in ("session", "token", "running", "practice", "shift", "draft", "script"):
                self._made.pop(name, None)
            if name not in self._made:
                self._made[name] = getattr(self, f"_make_{name}")()
        return url.format_map(self._made)

    def token_of_ana(self) -> str:
        return tokens.create_token(
            self._home, principal="ana", purpose="improve_service", name="mine", days=1, by="ana", clock=lambda: NOW
        )

    def _make_session(self) -> str:
        before = {device.id for device in list_sessions(self._home.database_url, "ana")}
        start_session(self._home.database_url, "ana", now=NOW, client="another")
        return next(d.id for d in list_sessions(self._home.database_url, "ana") if d.id not in before)

    def _make_token(self) -> str:
        before = {token.id for token in tokens.list_tokens(self._home.database_url, "ana")}
        self.token_of_ana()
        return next(t.id for t in tokens.list_tokens(self._home.database_url, "ana") if t.id not in before)

    def _make_request(self) -> str:
        made = ask_for_access(
            self._home, "ana", "silver.messages", ["text"], "to look at how it went", clock=lambda: NOW
        )
        return str(made.id)

    def _make_query(self) -> str:
        asked = self._questions.ask(Question("SELECT 1 AS one, 2 AS two", "ana", "improve_service"))
        asked.wait(30)
        return asked.id

    def _make_background(self) -> str:
        asked = self._in_background("SELECT 1 AS one, 2 AS two")
        asked.wait(30)
        return asked.id

    def _make_running(self) -> str:
        return self._in_background(LONG).id

    def _make_practice(self) -> str:
        """A practice of vera's."""
        return begin_practice(self._home, "vera", CARD, mode=Mode.NUDGE, clock=lambda: NOW).id

    def _make_ended(self) -> str:
        practice = begin_practice(self._home, "vera", CARD, mode=Mode.NUDGE, clock=lambda: NOW)
        for event in (Said(1.0, "Hi, I'm Sam."), Closed(60.0)):
            record(self._home, practice, event, key=str(event.at), clock=lambda: NOW)
        return practice.id

    def _make_shift(self) -> str:
        begin_practice(self._home, "vera", CARD, mode=Mode.OFF, shift="a-shift", clock=lambda: NOW)
        return "a-shift"

    def _make_live(self) -> str:
        """A conversation that is going on now."""
        message = {"conversation": "live-0", "message_id": "1", "author": "texter", "text": "hi", "counselor": "v1"}
        take_event(self._home, read_event({**message, "sent_at": NOW.isoformat()}), clock=lambda: NOW)
        return "live-0"

    def _make_flagged(self) -> str:
        """A conversation that nobody answered: seen by all who look at the queue."""
        case = Case("flagged-0", LIVE, None, None, NOW, NOW, None, 4, 1, "labels-1")
        raised = Flag("imminent_risk", 1, Severity.PAGE, ("1",), "Why it stands out.", 0.9, "labels-1")
        with transaction(self._home.database_url) as connection:
            insert_case(connection, case)
            keep_flags(connection, case.conversation, [raised], at=NOW)
        return case.conversation

    def _make_flag(self) -> str:
        with transaction(self._home.database_url) as connection:
            return str(flags_of(connection, self._made["flagged"])[0].id)

    def _make_sampled(self) -> str:
        """A sampled conversation that nobody answered: seen by all who look at the queue."""
        sample = {"drawn_by": "mia", "drawn_at": NOW, "since": NOW, "open_until": NOW + timedelta(days=1)}
        with transaction(self._home.database_url) as connection:
            insert_case(connection, Case("sampled-0", LIVE, None, None, NOW, NOW, NOW, 0, 1, "labels-1"))
            insert_row(connection, "quality_samples", sample)
            insert_row(connection, "quality_sampled", {"sample": 1, "conversation": "sampled-0", "kinds": "[]"})
        return "1"

    def _make_set(self) -> str:
        """A set that sam and tess label."""
        return self._annotated("set-0")

    def _make_compared(self) -> str:
        """One that both are done with, and differ on its first message."""
        name = self._annotated("compared-0")
        label_all(self._home, "sam", name=name)
        label_all(self._home, "tess", name=name, change={(1, 1): {"phase": "closing"}})
        return name

    def _annotated(self, name: str) -> str:
        scripts = [read_script(script_files(shipped_corpus())[0])]
        make_invented_set(self._home, name, scripts, annotators=["sam", "tess"], by="ada", clock=lambda: NOW)
        return name

    def _make_cohort(self) -> str:
        """A cohort of sam's with vera in it."""
        return make_cohort(self._home, "March", ["vera"], by="sam", clock=lambda: NOW).name

    def _make_draft(self) -> str:
        """A card that sam has begun, with a fact and a principle."""
        tree = empty_tree("", "Begun") | {"facts": [empty_fact("first")]}
        principle = Principle("it is too cheerful", None, "haha", "", "Hi.")
        return self._drafted(f"begun-{next(self._numbers)}", write_tree(tree), (principle,))

    def _make_script(self) -> str:
        text = f"{new_script(CARD, 'skilled', 'end')}--- engagement\nT: hi #greet\n"
        return self._drafted(f"{CARD}--skilled{next(self._numbers)}", text)

    def _drafted(self, name: str, text: str, principles: tuple[Principle, ...] = ()) -> str:
        return draft(self._home, name, text, by="sam", principles=principles, clock=lambda: NOW).name

    def _in_background(self, text: str) -> Asked:
        for asked in list(self._questions._background.values()):  # one at a time
            asked.wait(30)
        return self._questions.ask_in_background(Question(text, "ana", "improve_service"))

    @property
    def _questions(self) -> Questions:
        return _questions(Request({"type": "http", "app": self._app}))


@pytest.fixture
def ask(app: FastAPI, furnished: Home) -> Ask:
    """Sends a route's example in a browser of its own, which signing out does not spoil for the next."""
    possessions = Possessions(app, furnished)

    def send(who: str, route: str) -> Response:
        example = EXAMPLES[route]
        url = possessions.fill(example.url)
        client = TestClient(app, base_url="http://nightlight.test", follow_redirects=False)
        client.headers["sec-fetch-site"] = "same-origin"
        if who == TOKEN:
            client.headers["authorization"] = f"Bearer {possessions.token_of_ana()}"
        elif who:
            client.cookies.set(PLAIN_COOKIE, start_session(furnished.database_url, who, now=NOW, client="test"))
        content = {"json": example.json} if example.json is not None else {"data": example.form}
        return client.request(route.split()[0], url, **({} if route.startswith("GET") else content))

    return send


def test_every_route_has_an_example_here(app: FastAPI) -> None:
    assert EXAMPLES.keys() == routes_of(app).keys()


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_a_person_gets_in_where_it_is_written_and_nowhere_else(app: FastAPI, ask: Ask, who: str) -> None:
    wrong = {}
    for route in known(app):
        status = ask(who, route).status_code
        is_refused = status in (401, 403, 404, 405) or status >= 500
        if is_refused == (who in EXAMPLES[route].open_to) or (is_refused and status != EXAMPLES[route].refused):
            wrong[route] = status
    assert wrong == {}


def test_nobody_gets_in_before_signing_in(app: FastAPI, ask: Ask) -> None:
    wrong = {}
    for name, route in known(app).items():
        requirement = requirement_of(route)
        assert requirement is not None
        answer = ask(NOBODY, name)
        shown_the_way = answer.status_code == 401 if is_api(route) else is_way_in(answer)
        if requirement.public:
            shown_the_way = answer.status_code not in (401, 403) and answer.status_code < 500
        if not shown_the_way:
            wrong[name] = answer.status_code
    assert wrong == {}


def test_a_token_opens_the_api_and_no_page(app: FastAPI, ask: Ask) -> None:
    wrong = {}
    for name, route in known(app).items():
        requirement = requirement_of(route)
        assert requirement is not None
        answer = ask(TOKEN, name)
        right = answer.status_code not in (401, 403) and answer.status_code < 500
        if not requirement.public:
            opens = is_api(route) and "ana" in EXAMPLES[name].open_to and EXAMPLES[name].token_opens
            right = right if opens else answer.status_code == 404 if is_api(route) else is_way_in(answer)
        if not right:
            wrong[name] = answer.status_code
    assert wrong == {}


def test_what_a_route_declares_is_what_the_catalog_decides(app: FastAPI, ask: Ask) -> None:
    """The privilege that a route names is the reason why somebody is kept out, not something its page happens to do."""
    site = app.state.site
    wrong = []
    for name, route in known(app).items():
        requirement = requirement_of(route)
        assert requirement is not None
        if requirement.privilege:
            _, parameters = route.matches({"type": "http", "method": name.split()[0], "path": path_of(name)})
            securable = requirement.securable.format(**parameters.get("path_params", {}))
            may = {who for who in EVERYBODY if site.may(who, requirement.privilege, securable)}
            if not may >= EXAMPLES[name].open_to:
                wrong.append(name)
    assert wrong == []


def test_start_up_refuses_a_route_that_declares_nothing() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/declared", lambda: PlainTextResponse("ok"), dependencies=[SIGNED_IN])
    check_routes(app)
    app.add_api_route("/forgotten", lambda: PlainTextResponse("ok"))
    with pytest.raises(RuntimeError, match="/forgotten"):
        check_routes(app)


def test_start_up_refuses_a_route_that_declares_two_things() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.add_api_route("/both", lambda: PlainTextResponse("ok"), dependencies=[PUBLIC, needs("MANAGE", "CATALOG")])
    with pytest.raises(RuntimeError, match="/both"):
        check_routes(app)


def test_start_up_refuses_an_application_mounted_inside() -> None:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/inside", FastAPI())
    with pytest.raises(RuntimeError):
        check_routes(app)


def is_way_in(answer: Response) -> bool:
    return answer.status_code == 303 and answer.headers["location"].split("?")[0] == "/sign-in"


def is_api(route: APIRoute) -> bool:
    return route.path.startswith("/api/")


def path_of(name: str) -> str:
    return EXAMPLES[name].url.split("?")[0]
