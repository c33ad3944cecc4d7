"""Practice: sessions with their events, people's wishes about content, cohorts, assignments, certificates, studies."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    _sessions()
    _wellbeing()
    _learning()
    _study()


def _sessions() -> None:
    op.create_table(
        "practice_sessions",
        _text("id", primary_key=True),
        _text("person"),
        _text("card"),
        sa.Column("card_version", sa.Integer, nullable=False),
        sa.Column("difficulty", sa.Integer, nullable=False),
        _text("topics"),  # a JSON list
        _text("kind"),  # practice, assessment
        _text("mode"),  # off, nudge, coach
        sa.Column("seed", sa.BigInteger, nullable=False),
        _text("wording"),
        _text("labeller"),
        _text("shift"),
        _text("assignment"),
        _text("branch_of"),  # the session whose beginning this one shares; "" = none
        _moment("began_at"),
        _moment("ended_at", nullable=True),
        _text("outcome", nullable=True),
        sa.Column("stopped", sa.Integer, nullable=False),
        _moment("paused_at", nullable=True),
        sa.Column("paused_seconds", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),  # of the newest event: how long somebody practised
        sa.Column("passed", sa.Integer),  # NULL = not an assessment, or not ended
        sa.Column("batch", sa.Integer, nullable=False),  # with which it went into the tables; 0 = not yet
        _text("demo"),  # "" = a person played it; else where an invented one comes from
    )
    op.create_index("practice_sessions_by_person", "practice_sessions", ["person", "began_at"])
    op.create_index("practice_sessions_by_batch", "practice_sessions", ["batch", "ended_at"])
    op.create_table(
        "practice_events",
        _text("session"),
        sa.Column("number", sa.Integer, nullable=False),
        _text("sender_key"),  # the sender's own for this event: sent twice, it counts once
        _text("kind"),  # said, waited, supervisor, closed
        sa.Column("at", sa.Float, nullable=False),  # seconds since the session began
        _text("text"),
        _text("labels"),  # JSON: [[act, probability], ..]
        sa.PrimaryKeyConstraint("session", "number"),
        sa.UniqueConstraint("session", "sender_key"),
    )
    op.create_table(
        "practice_items",  # the rubric as it was when the session ended
        _text("session"),
        _text("item"),
        sa.Column("score", sa.Integer),  # NULL = not assessed
        sa.Column("knock_out", sa.Integer, nullable=False),
        _text("turns"),  # a JSON list of turn numbers
        sa.PrimaryKeyConstraint("session", "item"),
    )
    op.create_table(
        "practice_corrections",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("session"),
        sa.Column("turn", sa.Integer),  # NULL = a rubric item
        _text("item"),  # "" = labels of a turn
        _text("old"),  # JSON
        _text("new"),  # JSON
        _text("reason"),
        _text("labeller"),
        _text("corrected_by"),
        _moment("corrected_at"),
    )
    op.create_index("practice_corrections_by_session", "practice_corrections", ["session"])


def _wellbeing() -> None:
    op.create_table(
        "practice_wishes",  # read by the person alone
        _text("person", primary_key=True),
        _text("topics"),  # a JSON list
        _moment("changed_at"),
    )
    op.create_table(
        "practice_feelings",
        _text("session", primary_key=True),
        _text("person"),
        _text("answer"),
        _text("note"),
        sa.Column("shared", sa.Integer, nullable=False),
        _moment("at"),
    )
    op.create_table(
        "practice_efficacy",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("person"),
        _text("moment"),  # before, after
        _text("answers"),  # a JSON object
        sa.Column("mean", sa.Float, nullable=False),
        _moment("at"),
    )
    op.create_index("practice_efficacy_by_person", "practice_efficacy", ["person", "at"])


def _learning() -> None:
    op.create_table(
        "practice_cohorts",
        _text("name", primary_key=True),
        sa.Column("is_pilot", sa.Integer, nullable=False),
        *_made(),
    )
    op.create_table(
        "practice_members",
        sa.Column("id", sa.Integer, primary_key=True),
        _text("cohort"),
        _text("person"),
        _moment("added_at"),
        _text("added_by"),
        _moment("ended_at", nullable=True),
        _text("ended_by", nullable=True),
    )
    op.create_index("practice_members_by_cohort", "practice_members", ["cohort", "person"])
    op.create_table(
        "practice_assignments",
        _text("id", primary_key=True),
        _text("title"),
        _text("cohort"),
        _text("cards"),  # a JSON list
        _text("skill"),  # a rubric item; "" = none
        _text("kind"),
        _text("mode"),
        sa.Column("needed", sa.Integer, nullable=False),  # sessions that must be ended, or passed in an assessment
        _moment("due_at", nullable=True),
        _text("pilot"),  # the cohort that must pass it first; "" = none
        *_made(),
    )
    op.create_table(
        "practice_swaps",  # a person may take another card of equal difficulty, and says no reason
        _text("assignment"),
        _text("person"),
        _text("card"),
        _text("instead"),
        sa.PrimaryKeyConstraint("assignment", "person", "card"),
    )
    op.create_table(
        "practice_certificate_rules",
        _text("name", primary_key=True),
        sa.Column("passes", sa.Integer, nullable=False),
        sa.Column("difficulty", sa.Integer, nullable=False),
        _text("items"),  # a JSON list of rubric items that each of these sessions must show
        sa.Column("within_days", sa.Integer, nullable=False),
        *_made(),
    )
    op.create_table(
        "practice_certificates",
        _text("id", primary_key=True),
        _text("rule"),
        _text("person"),
        _text("sessions"),  # a JSON list: the evidence
        _moment("issued_at"),
        _moment("revoked_at", nullable=True),
        _text("revoked_by", nullable=True),
        _text("reason", nullable=True),
        sa.UniqueConstraint("rule", "person"),
    )


def _study() -> None:
    op.create_table(
        "practice_studies",
        _text("name", primary_key=True),
        _text("seed"),  # of the allocation; read only where somebody joins
        _text("arms"),  # a JSON list
        _text("held_out_before"),
        _text("held_out_after"),
        *_made(),
    )
    op.create_table(
        "practice_study_people",
        _text("study"),
        _text("person"),
        sa.Column("place", sa.Integer, nullable=False),
        _text("arm"),
        _moment("joined_at"),
        _moment("left_at", nullable=True),
        sa.PrimaryKeyConstraint("study", "person"),
        sa.UniqueConstraint("study", "place"),
    )
    op.create_table(
        "practice_transcripts",  # what raters see: a random id, no name, no arm, no moment
        _text("id", primary_key=True),
        _text("study"),
        _text("person"),
        _text("session", unique=True),
        _text("moment"),  # before, after
    )
    op.create_table(
        "practice_ratings",
        _text("transcript"),
        _text("rater"),
        _text("scores"),  # a JSON object: item -> 0, 1, 2
        _moment("at"),
        sa.PrimaryKeyConstraint("transcript", "rater"),
    )


def downgrade() -> None:
    for table in (
        *("ratings", "transcripts", "study_people", "studies", "certificates", "certificate_rules", "swaps"),
        *("assignments", "members", "cohorts", "efficacy", "feelings", "wishes", "corrections", "items", "events"),
        "sessions",
    ):
        op.drop_table(f"practice_{table}")


def _text(name: str, *, nullable: bool = False, **options: Any) -> "sa.Column[str]":
    return sa.Column(name, sa.String, nullable=nullable, **options)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _made() -> "tuple[sa.Column[Any], ...]":
    return _text("made_by"), _moment("made_at"), _moment("ended_at", nullable=True)
