"""Scripts: whole example conversations with a label on every message, one message a line (corpus/FORMAT.md).

Quality labels how the counselor works, not how the conversation ends: poor scripts are never examples to follow.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TypeAlias

from nightlight.conversations.cards import Card
from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import (
    SCRIPT_ACTS,
    Author,
    CounselorAct,
    Outcome,
    Phase,
    Quality,
    Rung,
    TexterAct,
)
from nightlight.conversations.problems import Findings, Problem, choose_from, nearest, read_text, refuse, shown

FEWEST_MESSAGES = 12
RUNG_MARK = "risk."
AUTHORS = {"T": Author.TEXTER, "C": Author.COUNSELOR}
MOST_ACTS = {Author.TEXTER: 2, Author.COUNSELOR: 4}
ACTS: dict[Author, frozenset[str]] = {Author.TEXTER: frozenset(TexterAct), Author.COUNSELOR: frozenset(SCRIPT_ACTS)}
ALL_ACTS: frozenset[str] = frozenset({*TexterAct, *CounselorAct})
HEADER: dict[str, type[StrEnum] | None] = {"card": None, "quality": Quality, "outcome": Outcome}
Report: TypeAlias = Callable[[str, str], None]
FILE_NAME = re.compile(r"(?P<card>[a-z0-9-]+?)--(?P<quality>[a-z]+)\d+")


def card_of_script(name: str) -> str:
    """The id of the card that a script was written for, by the script's name; a card's own for a card's.

    >>> card_of_script("layoff-letter--skilled2"), card_of_script("layoff-letter")
    ('layoff-letter', 'layoff-letter')
    """
    return name.partition("--")[0]


@dataclass(frozen=True)
class ScriptMessage:
    """One message with its labels, most salient act first. Facts (ids of the card) and rungs are those a texter tells
    in this message; a counselor's message has none. `line` is its line in the file."""

    author: Author
    text: str
    phase: Phase
    acts: tuple[CounselorAct, ...] | tuple[TexterAct, ...]
    facts: tuple[str, ...]
    rungs: tuple[Rung, ...]
    line: int


@dataclass(frozen=True)
class Script:
    """A conversation written for one card; `id` is the file's name, `<card>--<quality><n>`."""

    id: str
    card: str
    quality: Quality
    outcome: Outcome
    messages: tuple[ScriptMessage, ...]

    def conversation(self) -> Conversation:
        """The same messages without labels or times, numbered from 1."""
        return Conversation(
            self.id,
            tuple(
                Message(str(number), message.author, message.text) for number, message in enumerate(self.messages, 1)
            ),
        )


def check_script(path: Path, card: Card | None = None) -> list[Problem]:
    """Everything that is wrong with a script file; fact ids are checked when the card is given."""
    return examine_script(path, card)[1]


def read_script(path: Path, card: Card | None = None) -> Script:
    """The script in a file; raises `NightlightError` naming the first problem and how many follow."""
    script, problems = examine_script(path, card)
    if script is None:
        raise refuse(problems)
    return script


def examine_script(path: Path, card: Card | None = None) -> tuple[Script | None, list[Problem]]:
    """The script or, when anything is wrong with its file, None and the problems."""
    findings = Findings(str(path))
    source = read_text(path, findings)
    script = None if source is None else parse_script(source, findings, name=path.stem, card=card)
    problems = findings.ordered()
    return (None if problems else script), problems


def parse_script(source: str, findings: Findings, *, name: str, card: Card | None) -> Script | None:
    """The script that a text holds, or None after every problem of it stands in `findings`."""
    lines = [(number, line.strip()) for number, line in enumerate(source.split("\n"), 1) if line.strip()]
    first = next((place for place, (_, line) in enumerate(lines) if line.startswith("---")), len(lines))
    header = _header(lines[:first], findings)
    messages = _messages(lines[first:], findings, card)
    if header.keys() == HEADER.keys():
        _check_names(header, findings, name=name, card=card)
    if findings.problems:
        return None
    return Script(name, header["card"], Quality(header["quality"]), Outcome(header["outcome"]), tuple(messages))


def _header(lines: list[tuple[int, str]], findings: Findings) -> dict[str, str]:
    """The header's well-formed keys."""
    found: dict[str, str] = {}
    for number, line in lines:
        key, colon, value = (part.strip() for part in line.partition(":"))
        if key not in HEADER or not colon:
            close = nearest(key, HEADER)
            remedy = f"did you mean '{close}: ...'?" if close else "card, quality and outcome stand before the phases"
            findings.add(number, "not a header line", remedy)
        elif key in found:
            findings.add(number, f"'{key}' stands twice", "keep one of them")
        elif (vocabulary := HEADER[key]) and value not in set(vocabulary):
            findings.add(number, f"{key} is {shown(value)}", choose_from(value, vocabulary))
            found[key] = ""
        else:
            found[key] = value
    for key in HEADER.keys() - found.keys():
        findings.add(1, f"the header lacks '{key}'", f"begin the file with '{key}: ...'")
    return {key: value for key, value in found.items() if value}


def _check_names(header: dict[str, str], findings: Findings, *, name: str, card: Card | None) -> None:
    match = FILE_NAME.fullmatch(name)
    if match is None or match.groupdict() != {"card": header["card"], "quality": header["quality"]}:
        findings.add(1, "card and quality are not those of the file's name", "name it <card-id>--<quality><n>.txt")
    if card is not None and header["card"] != card.id:
        findings.add(
            1, f"the card is {shown(header['card'])}, not '{card.id}'", "check the script against its own card"
        )


def _messages(lines: list[tuple[int, str]], findings: Findings, card: Card | None) -> list[ScriptMessage]:
    """The well-formed messages, each with the phase that runs when it comes."""
    facts = None if card is None else [fact.id for fact in card.facts]
    messages: list[ScriptMessage] = []
    phase = Phase.OTHER
    for place, (number, line) in enumerate(lines):
        report = partial(findings.add, number)
        if line.startswith("---"):
            phase = _phase(line, report)
            if place + 1 == len(lines) or lines[place + 1][1].startswith("---"):
                report("a phase without messages", "delete it or write its messages")
        elif message := _message(number, line, phase, facts, report):
            messages.append(message)
    written = sum(not line.startswith("---") for _, line in lines)
    if written < FEWEST_MESSAGES:
        last = lines[-1][0] if lines else 1
        findings.add(last, f"{written} of at least {FEWEST_MESSAGES} messages", "write the conversation to its end")
    return messages


def _phase(line: str, report: Report) -> Phase:
    word = line.removeprefix("---").strip()
    if word in set(Phase):
        return Phase(word)
    report(f"the phase is {shown(word)}", choose_from(word, Phase))
    return Phase.OTHER


def _message(number: int, line: str, phase: Phase, facts: list[str] | None, report: Report) -> ScriptMessage | None:
    match = re.fullmatch(r"([TC]): (.*\S)\s+#(\S.*)", line)
    if match is None:
        report("not a message", "write 'T: text #act' or 'C: text #act', with a tag at the end")
        return None
    author, text, tags = AUTHORS[match[1]], match[2], match[3].split()
    if re.search(r"\s#", text):
        report("' #' inside the message", "write 'number', or leave out the space before '#'")
    acts = tuple(tag for tag in tags if not tag.startswith("+"))
    told = tuple(tag[1:] for tag in tags if tag.startswith("+"))
    known = [_check_acts(author, acts, report), _check_told(author, told, facts, report)]
    if not all(known):
        return None
    return ScriptMessage(
        author,
        text,
        phase,
        tuple(map(TexterAct, acts)) if author is Author.TEXTER else tuple(map(CounselorAct, acts)),
        tuple(what for what in told if not what.startswith(RUNG_MARK)),
        tuple(Rung(what.removeprefix(RUNG_MARK)) for what in told if what.startswith(RUNG_MARK)),
        number,
    )


def _check_acts(author: Author, acts: tuple[str, ...], report: Report) -> bool:
    """Whether each is a tag that this author's messages carry; other problems are reported only."""
    known = ACTS[author]
    others = ALL_ACTS - known
    meant = {act: nearest(act, known) for act in acts if act not in known}
    for act, close in meant.items():
        if act in others:
            report(f"{shown(act)} is not for a {author}'s message", "corpus/FORMAT.md lists the tags of each author")
        elif close:
            report(f"unknown {author} tag {shown(act)}", f"did you mean '{close}'?")
    if any(close is None and act not in others for act, close in meant.items()):
        # What resembles no tag is likely the message's own words after a ' #' in it: not repeated in an error.
        report(f"no {author} tag of the format after '#'", "use those in corpus/FORMAT.md; no ' #' inside a message")
    elif not 1 <= len(acts) <= MOST_ACTS[author]:
        report(f"{len(acts)} tags on a {author}'s message", f"write 1 to {MOST_ACTS[author]}, most salient first")
    if len(set(acts)) < len(acts):
        report("a tag stands twice", "keep one of them")
    return not meant


def _check_told(author: Author, told: tuple[str, ...], facts: list[str] | None, report: Report) -> bool:
    """Whether each is a rung or a fact of the card (any fact where the card is unknown)."""
    if told and author is Author.COUNSELOR:
        report("a '+' tag on a counselor's message", "only a texter tells facts and rungs")
    if len(set(told)) < len(told):
        report("a '+' tag stands twice", "keep one of them")
    rungs = [f"{RUNG_MARK}{rung}" for rung in Rung]
    unknown = [what for what in told if what not in (rungs if what.startswith(RUNG_MARK) else facts or told)]
    for what in unknown:
        known = rungs if what.startswith(RUNG_MARK) else facts or []
        report(f"unknown fact or rung {shown('+' + what)}", choose_from(what, known, listed="the card"))
    return not unknown
