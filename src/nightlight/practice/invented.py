"""Invented sessions for a demo: played by scripted counselors, kept like a person's and marked as what they are."""

import secrets
from datetime import datetime, timedelta

from nightlight.db import rows_of, transaction
from nightlight.labelling.acts import LabelledAct
from nightlight.practice import store
from nightlight.practice.cards import PlayedCard
from nightlight.practice.playing import playing
from nightlight.practice.sessions import end_with
from nightlight.practice.store import ASSESSMENT, Practice
from nightlight.settings import BANK, Home
from nightlight.simulator.counselors import Kind, counselor, play
from nightlight.simulator.feedback import Mode
from nightlight.simulator.session import Closed, Event, Session

DEMO = "demo"


class AsMeant:
    """No labeller: an invented counselor says what each message means to do."""

    version = "as meant"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        return ()


def has_invented(home: Home) -> bool:
    """Whether the demo's sessions are there already."""
    with transaction(home.database_url) as connection:
        return bool(rows_of(connection, "practice_sessions", "id", demo=DEMO))


def invent(
    home: Home,
    person: str,
    played: PlayedCard,
    *,
    kind: str,
    harm: float,
    seed: int,
    began_at: datetime,
    assignment: str,
) -> Practice:
    """Play a session in which this share of the counselor's messages is poor, and keep it."""
    session = Session(played.card, seed=seed, labeller=AsMeant(), principles=played.principles)
    play(session, counselor(Kind.MIXED, seed=seed, harm=harm)(session), true_acts=True)
    if session.outcome is None:
        session.handle(Closed(_at(session.turns[-1].event) + 60))
    seconds = _at(session.turns[-1].event)
    practice = Practice(
        id=secrets.token_urlsafe(12),
        person=person,
        card=played.card.id,
        card_version=played.version,
        difficulty=played.card.difficulty,
        topics=tuple(played.card.topics),
        kind=kind,
        mode=Mode.OFF if kind == ASSESSMENT else Mode.NUDGE,
        seed=seed,
        wording=BANK,
        labeller=AsMeant.version,
        shift="",
        assignment=assignment,
        branch_of="",
        began_at=began_at,
        demo=DEMO,
    )
    with transaction(home.database_url) as connection:
        store.insert_practice(connection, practice)
        for turn in session.turns[1:]:
            store.insert_event(connection, practice.id, store.stored(turn, f"{DEMO} {turn.number}"))
        end_with(connection, practice, session, began_at + timedelta(seconds=seconds))
    playing.remember(home, practice, session)  # the tables need not play it again
    return practice


def _at(event: Event | None) -> float:
    return event.at if event else 0.0
