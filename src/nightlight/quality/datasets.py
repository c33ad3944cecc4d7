"""Flags as rows of a dataset: what the function of a pipeline's dataset calls, one conversation at a time."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from nightlight.conversations.labels import Author
from nightlight.labelling.datasets import conversation_of, labels_from, time_of
from nightlight.pipelines.engines.product_functions import product_function
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.facts import counted_risk
from nightlight.quality.flags.rules import RULE, RULES
from nightlight.quality.flags.thresholds import THRESHOLDS_FILE, Thresholds, parse_thresholds
from nightlight.settings import read_toml

FLAGS = (
    "array<struct<rule:string,rule_version:int,severity:string,message_ids:array<string>,why:string,"
    "probability:double,risk:int,labeller:string>>"
)
PIPELINES = "pipelines"
UNANSWERED = ("imminent_risk",)
"""What is looked for where no counselor wrote: nobody's work can be looked at, but somebody may be in danger."""


@product_function
def flag_conversation(messages: Sequence[Any], ended_at: int | None, thresholds: str) -> list[tuple[Any, ...]]:
    """The flags of one conversation; `risk` of each is the conversation's highest level that counts. Type: FLAGS.

    `messages`, in order: structs of message_id, at (microseconds since 1970), author, text and the columns of its
    label; `ended_at` in microseconds, None while it goes on; `thresholds` as `written` gives them.
    """
    columns = ([message[name] for message in messages] for name in ("message_id", "author", "text", "at"))
    conversation = conversation_of(*columns)
    answered = any(message.author is Author.COUNSELOR for message in conversation.messages)
    rules = RULES if answered else tuple(RULE[name] for name in UNANSWERED)
    seen = Seen(conversation, labels_from(conversation, messages), time_of(ended_at), ended_at is not None)
    limits = _read(thresholds)
    risk = max(
        (counted_risk(label, limits.despite_denial_probability) or 0 for label in seen.labels.messages), default=0
    )
    return [
        (
            flag.rule,
            flag.rule_version,
            str(flag.severity),
            list(flag.message_ids),
            flag.why,
            None if flag.probability is None else float(flag.probability),
            risk,
            flag.labeller,
        )
        for flag in find_flags(seen, limits, rules=rules)
    ]


def thresholds_of(definition: Path) -> str:
    """The thresholds of the line whose home holds this definition file, as `flag_conversation` takes them."""
    folder = next((folder for folder in definition.resolve().parents if folder.name == PIPELINES), definition.parent)
    file = folder.parent / THRESHOLDS_FILE
    return written(parse_thresholds(read_toml(file), file) if file.exists() else Thresholds())


def written(thresholds: Thresholds) -> str:
    """Thresholds as one text: part of a dataset's query, so that other thresholds are another query."""
    return json.dumps(asdict(thresholds), sort_keys=True)


@lru_cache(maxsize=4)
def _read(text: str) -> Thresholds:
    values = json.loads(text)
    return Thresholds(**{**values, "macros": tuple(values["macros"])})
