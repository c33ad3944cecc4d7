"""What a flag is: its rule as data, its evidence, and what the rules look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from nightlight.conversations.conversation import Conversation
from nightlight.labelling.conversation import LabelledConversation

if TYPE_CHECKING:
    from nightlight.quality.flags.facts import Facts


class Severity(StrEnum):
    """How soon a person has to look; `page` calls the supervisor on duty at once."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    PAGE = "page"

    @property
    def rank(self) -> int:
        """Higher is sooner: the order of a queue."""
        return list(Severity).index(self)


class When(StrEnum):
    """While the conversation runs (and still once it has ended), only after its end, or both in their own way."""

    LIVE = "live"
    END = "end"
    BOTH = "both"


@dataclass(frozen=True)
class Seen:
    """A conversation as rules see it: messages and labels in the same order. `ended`: no message will follow. `now`:
    when it is looked at, or when it ended (None: as of its last message)."""

    conversation: Conversation
    labels: LabelledConversation
    now: datetime | None = None
    ended: bool = False


@dataclass(frozen=True)
class Evidence:
    """Why a rule fired: the messages that show it, the probability that it is so (None where nothing was estimated),
    a sentence without any words of the conversation, and a severity where it is not the rule's usual one."""

    message_ids: tuple[str, ...]
    why: str
    probability: float | None = None
    severity: Severity | None = None


@dataclass(frozen=True)
class Rule:
    """`id`: its name in tables and URLs; `code`: F1 to F17 of the catalog of flags; `version` grows when it decides
    otherwise; `clears`: a live flag goes away when the rule no longer finds it (risk was asked about after all);
    `unread_too`: it speaks also where most of a conversation could not be read."""

    id: str
    code: str
    version: int
    title: str
    explains: str
    when: When
    severity: Severity
    clears: bool
    find: "Callable[[Facts], Evidence | None]"
    unread_too: bool = False


@dataclass(frozen=True)
class Flag:
    """A rule that fired on a conversation. `labeller`: version of the labels it rests on."""

    rule: str
    rule_version: int
    severity: Severity
    message_ids: tuple[str, ...]
    why: str
    probability: float | None
    labeller: str
