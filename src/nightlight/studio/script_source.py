"""Scripts being written: their text as messages to edit one by one, complete or not, and back to text."""

import re
from dataclasses import dataclass, replace

from nightlight.conversations.labels import Phase
from nightlight.errors import NightlightError

LONGEST = 1_000
HEADER = ("card", "quality", "outcome")


@dataclass(frozen=True)
class Line:
    """A message as it is being written: `acts` are tags, `told` fact ids and `risk.thoughts` and the like."""

    author: str  # T, C
    text: str
    phase: str
    acts: tuple[str, ...]
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScriptDraft:
    """The header's values and the messages."""

    header: dict[str, str]
    lines: tuple[Line, ...]

    def with_line(self, line: Line, at: int | None = None) -> "ScriptDraft":
        """With the message at a place (from 0) replaced, without a place at the end."""
        if at is None:
            return replace(self, lines=(*self.lines, line))
        return replace(self, lines=(*self.lines[:at], line, *self.lines[at + 1 :]))

    def without_line(self, at: int) -> "ScriptDraft":
        return replace(self, lines=(*self.lines[:at], *self.lines[at + 1 :]))


def new_script(card: str, quality: str, outcome: str) -> str:
    return f"card: {card}\nquality: {quality}\noutcome: {outcome}\n"


def line(author: str, text: str, phase: str, acts: tuple[str, ...], told: tuple[str, ...] = ()) -> Line:
    """A message as somebody wrote it, fit for the text; raises NightlightError for an empty one."""
    words = re.sub(r"\s#", " no. ", " ".join(text.split()))
    if not words:
        raise NightlightError("a message needs words", remedy="write what is said")
    if len(words) > LONGEST:
        raise NightlightError("the message is too long", remedy=f"write at most {LONGEST} characters")
    if author not in ("T", "C") or phase not in set(Phase):
        raise NightlightError("choose who writes and in which phase")
    if not acts:
        raise NightlightError("a message needs a label", remedy="choose at least one thing that it does")
    return Line(author, words, phase, tuple(dict.fromkeys(acts)), tuple(dict.fromkeys(told)) if author == "T" else ())


def read_script_draft(source: str) -> ScriptDraft:
    """What of a text can be read; lines that are no messages are left out."""
    header: dict[str, str] = dict.fromkeys(HEADER, "")
    lines = []
    phase = str(Phase.OTHER)
    for row in filter(None, map(str.strip, source.splitlines())):
        if row.startswith("---"):
            phase = row.removeprefix("---").strip()
        elif match := re.fullmatch(r"([TC]): (.*\S)\s+#(\S.*)", row):
            tags = match[3].split()
            acts = tuple(tag for tag in tags if not tag.startswith("+"))
            lines.append(Line(match[1], match[2], phase, acts, tuple(tag[1:] for tag in tags if tag.startswith("+"))))
        elif (key := row.partition(":")[0].strip()) in HEADER:
            header[key] = row.partition(":")[2].strip()
    return ScriptDraft(header, tuple(lines))


def write_script(draft: ScriptDraft) -> str:
    """The draft as the text of a script file."""
    rows = [f"{key}: {draft.header[key]}" for key in HEADER]
    phase = None
    for each in draft.lines:
        if each.phase != phase:
            rows.append(f"--- {each.phase}")
            phase = each.phase
        rows.append(f"{each.author}: {each.text} #{' '.join((*each.acts, *(f'+{what}' for what in each.told)))}")
    return "\n".join(rows) + "\n"
