"""How often each rule fires: `python -m tests.quality.flags.measure [FILE.jsonl]` prints the tables of docs/flags.md.

Without a file the corpus' scripts, by the labels as written and by the shipped labeller. With one, its conversations
("dialog" with "speaker" usr or sys, or the format of `nightlight label`) by the labeller."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from statistics import fmean

from tests.quality.flags.scripts import as_written, timed

from nightlight.conversations.conversation import Conversation, Message, parse_conversation
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author, Quality
from nightlight.labelling.conversation import LabelledConversation, shipped_conversation_labeller
from nightlight.quality.flags.declared import Seen, Severity
from nightlight.quality.flags.evaluate import find_flags
from nightlight.quality.flags.rules import RULES


@dataclass
class Count:
    """Of one kind of conversations: how many each rule flags at the end, and how many it ever raised while live."""

    conversations: int = 0
    end: Counter[str] = field(default_factory=Counter)
    ever: Counter[str] = field(default_factory=Counter)
    flags: list[int] = field(default_factory=list)
    live_high: int = 0

    def add(self, conversation: Conversation, labels: LabelledConversation) -> None:
        at_end = find_flags(Seen(conversation, labels, ended=True))
        worst: dict[str, int] = {}
        for number in range(1, len(conversation.messages) + 1):
            for flag in find_flags(first(number, conversation, labels)):
                worst[flag.rule] = max(flag.severity.rank, worst.get(flag.rule, 0))
        self.conversations += 1
        self.end.update(flag.rule for flag in at_end)
        self.ever.update(worst.keys())
        self.flags.append(len(at_end))
        self.live_high += any(rank >= Severity.HIGH.rank for rank in worst.values())

    def per_100(self, number: float) -> str:
        return f"{100 * number / max(self.conversations, 1):.0f}"


def first(number: int, conversation: Conversation, labels: LabelledConversation) -> Seen:
    """The conversation after so many messages."""
    return Seen(
        replace(conversation, messages=conversation.messages[:number]),
        replace(labels, messages=labels.messages[:number]),
    )


def count_scripts(*, written: bool) -> dict[Quality, Count]:
    corpus, found = starter_corpus(), {quality: Count() for quality in Quality}
    for script in corpus.scripts:
        conversation = timed(script.conversation())
        card = corpus.cards[script.card]
        labels = as_written(script, card) if written else shipped_conversation_labeller().label(conversation)
        found[script.quality].add(conversation, labels)
    return found


def count_file(file: Path) -> Count:
    found = Count()
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        conversation = timed(_read(line, str(number)))
        found.add(conversation, shipped_conversation_labeller().label(conversation))
    return found


def _read(line: str, name: str) -> Conversation:
    written = json.loads(line)
    if "dialog" not in written:
        return parse_conversation(line, where=name)
    authors = {"usr": Author.TEXTER, "sys": Author.COUNSELOR}
    messages = (Message(str(n), authors[one["speaker"]], one["text"]) for n, one in enumerate(written["dialog"], 1))
    return Conversation(name, tuple(messages))


def above(more: Sequence[int], fewer: Sequence[int]) -> float:
    """The chance that one of the first has more flags than one of the second; ties count half."""
    return fmean((a > b) + 0.5 * (a == b) for a, b in product(more, fewer))


def table(counts: dict[Quality, Count] | dict[str, Count]) -> Iterable[str]:
    yield "| rule | " + " | ".join(counts) + " |"
    yield "|---" * (len(counts) + 1) + "|"
    for rule in RULES:
        cells = [
            f"{count.per_100(count.end[rule.id])} ({count.per_100(count.ever[rule.id])})" for count in counts.values()
        ]
        yield f"| {rule.code} `{rule.id}` | " + " | ".join(cells) + " |"
    yield "| flags a conversation | " + " | ".join(f"{fmean(count.flags):.2f}" for count in counts.values()) + " |"
    yield "| any flag | " + " | ".join(c.per_100(sum(map(bool, c.flags))) for c in counts.values()) + " |"
    yield "| high or page while live | " + " | ".join(c.per_100(c.live_high) for c in counts.values()) + " |"


def main(arguments: Sequence[str]) -> None:
    def say(lines: Iterable[str]) -> None:
        sys.stdout.writelines(f"{line}\n" for line in lines)

    say([shipped_conversation_labeller().version])
    for file in arguments:
        say(table({Path(file).stem: count_file(Path(file))}))
    for written in () if arguments else (True, False):
        counts = count_scripts(written=written)
        say(["", "as written" if written else "by the labeller", *table(counts)])
        more, fewer = counts[Quality.POOR].flags, counts[Quality.SKILLED].flags
        say([f"poor above skilled: {above(more, fewer):.3f}"])


if __name__ == "__main__":
    main(sys.argv[1:])
