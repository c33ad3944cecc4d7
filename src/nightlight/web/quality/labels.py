"""The labels of a conversation as a page shows them: kept with a live one, else in the tables, as the person may."""

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author
from nightlight.db import moment
from nightlight.errors import NightlightError
from nightlight.labelling.conversation import LabelledConversation
from nightlight.labelling.datasets import LABEL_COLUMNS, labels_from
from nightlight.labelling.serving import in_use, weights_in
from nightlight.quality.access import Reach
from nightlight.quality.store import Case
from nightlight.quality.texts import read_labels
from nightlight.registry.stored import ModelVersion
from nightlight.sql.masks import literal
from nightlight.web.access import Person
from nightlight.web.quality.reviewing import purposes_to_open
from nightlight.web.site import Site

LABELS = "gold.message_labels"
NEEDED = ("conversation_id", "message_id", "author", "sent_at", *LABEL_COLUMNS)
MOST = 10_000


def find_labels(site: Site, person: Person, by: Reach, case: Case) -> LabelledConversation | None:
    """None where they are not this person's to read, or are not there (yet)."""
    live = read_labels(site.home, case.conversation, by=by)
    return live if live is not None else _from_tables(site, person, case.conversation)


def champion_behind(site: Site, version: str) -> ModelVersion | None:
    """The labeller in production, if it gave labels of this version."""
    now = in_use(site.home)
    same = weights_in(version) == weights_in(now.model.version)
    return now.champion if same and now.problem is None else None


def _from_tables(site: Site, person: Person, conversation: str) -> LabelledConversation | None:
    decided = site.broker.decisions.look_up(person.name, [LABELS]).get(LABELS)
    readable = {column.name for column in decided.access.allowed if column.mask is None} if decided else set()
    purpose = next(iter(purposes_to_open(site, person)), None)
    if purpose is None or not readable.issuperset(NEEDED):
        return None
    statement = (
        f"SELECT {', '.join(NEEDED)} FROM {LABELS} WHERE CAST(conversation_id AS VARCHAR) = {literal(conversation)} "
        f"ORDER BY sent_at, message_id LIMIT {MOST}"
    )
    try:
        result = site.broker.sql(statement, principal=person.name, purpose=purpose, action="see labels")
    except NightlightError:
        return None
    rows = result.table.to_pylist()
    messages = tuple(
        Message(str(row["message_id"]), Author(row["author"]), "", row["sent_at"] and moment(row["sent_at"]))
        for row in rows
    )
    return labels_from(Conversation(conversation, messages), rows) if rows else None
