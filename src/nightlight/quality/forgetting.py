"""What of live conversations is kept no longer: their text some hours after the end, all of one that is erased."""

from datetime import timedelta

from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import database_errors
from nightlight.db import transaction
from nightlight.quality.access import Clock
from nightlight.quality.live import QUIET
from nightlight.settings import Home

TABLES = (
    "messages",
    "corrections",
    "openings",
    "sampled",
    "calls",
    "flags",
    "cases",
)  # of what belongs to one conversation


def forget_ended(home: Home, *, clock: Clock) -> int:
    """Delete the text of live conversations that ended more than `quality_live_hours` ago, or went quiet without an end
    a day before that; labels and flags stay. How many it was."""
    from sqlalchemy import text

    now = clock()
    before = now - timedelta(hours=home.settings.quality_live_hours)
    times = {"before": before, "quiet": before - QUIET, "now": now}
    is_over = "(ended_at <= :before OR (ended_at IS NULL AND last_at <= :quiet))"
    over = f"source = 'live' AND text_gone_at IS NULL AND {is_over}"
    chosen = text(f"SELECT conversation FROM quality_cases WHERE {over}")
    gone = text("UPDATE quality_messages SET text = NULL WHERE conversation = :conversation")
    mark = text(
        "UPDATE quality_cases SET text_gone_at = :now, ended_at = COALESCE(ended_at, last_at) "
        f"WHERE conversation = :conversation AND {over}"
    )
    forgotten = 0
    with database_errors(), transaction(home.database_url) as connection:
        conversations = list(connection.execute(chosen, times).scalars())
    for conversation in conversations:
        values = {"conversation": conversation, **times}
        with database_errors(), transaction(home.database_url) as connection:
            if connection.execute(mark, values).rowcount:  # a late message may have come meanwhile
                connection.execute(gone, values)
                forgotten += 1
    return forgotten


def erase_conversation(home: Home, conversation: str, *, by: str) -> bool:
    """Take a conversation out of quality work with all that was said, found and decided about it; False where it is not
    there. The audit keeps that it was."""
    from sqlalchemy import text

    append(home, Entry("erase quality", by, None, "done", statement=conversation))
    events = "DELETE FROM quality_flag_events WHERE flag IN (SELECT id FROM quality_flags WHERE conversation = :key)"
    queries = [events, *(f"DELETE FROM quality_{table} WHERE conversation = :key" for table in TABLES)]
    with database_errors(), transaction(home.database_url) as connection:
        counts = [connection.execute(text(query), {"key": conversation}).rowcount for query in queries]
    return any(counts)
