"""The documents as rows: what of them becomes a governed table."""

from datetime import datetime
from typing import Any

from nightlight.catalog.history import database_errors
from nightlight.conversations.card_form import parse_card
from nightlight.conversations.problems import Findings
from nightlight.db import transaction
from nightlight.settings import Home
from nightlight.studio.versions import Kind, State, Version, select_versions


def published_rows(home: Home) -> list[dict[str, Any]]:
    """Every version that was ever in use, by name and number; drafts and what is in review stay in the studio.

    Keys: kind, name, version, state, topics, difficulty, authors, reviewers, approved_at, expires_at, source. A script
    has no topics and no difficulty of its own.
    """
    with database_errors(), transaction(home.database_url) as connection:
        found = select_versions(connection)
    return [_row(each) for each in found if each.state not in (State.DRAFT, State.IN_REVIEW)]


def _row(version: Version) -> dict[str, Any]:
    card = parse_card(version.source, Findings("")) if version.kind is Kind.CARD else None
    dates: dict[str, datetime | None] = {"approved_at": version.approved_at, "expires_at": version.expires_at}
    return {
        "kind": str(version.kind),
        "name": version.name,
        "version": version.number,
        "state": str(version.state),
        "topics": [str(topic) for topic in card.topics] if card else [],
        "difficulty": card.difficulty if card else None,
        "authors": list(version.authors),
        "reviewers": list(version.approvers),
        **dates,
        "source": version.source,
    }
