"""The pocket model's language: a line as words that stay and small words that may change, and what may follow what.

What a texter tells stands in the words that stay: they come from the card's line, in its order, and no model writes
them. A word that few cards use is a slot, so that no model has ever seen it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from nightlight.conversations.labels import Reaction
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording.prompt import Prompt


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


END, KEEP, FREE, SAY, NEXT = "</s>", "<keep>", "<free>", "<say>", "<next>"
PERSON, NUMBER, TIME, WORD = SLOTS = ("[person]", "[number]", "[time]", "[word]")
CONTROLS = (
    *("<pad>", "<s>", END, KEEP, FREE, SAY, NEXT, *SLOTS),
    *(f"<move {move}>" for move in (Move.OPEN, Move.TELL, Move.HINT, Move.REACT)),
    *(f"<tone {tone}>" for tone in Tone),
    *(f"<reaction {reaction}>" for reaction in Reaction),
    "<reaction none>",
    *(f"<mood {level}>" for level in range(3)),
    *(f"<long {level}>" for level in range(4)),
    *(f"<small {level}>" for level in range(4)),
)
MARKS = (",", ".", "...", "!", "/")
OPENERS = _words("so and but well ok okay yeah oh um uh hm anyway idk honestly actually basically i_mean")
INNER = _words("just really kinda kind_of sort_of like actually basically honestly i_guess i_mean")
ENDERS = _words("lol tbh idk i_guess anyway honestly you_know or_something or_whatever yeah")
SMALL = frozenset({*MARKS, *OPENERS, *INNER, *ENDERS})
"""What a model may leave out and put in, where it is an opener, inside, or an end: there it tells nothing."""
ENDS_CLAUSE = frozenset({*MARKS, "?"})
KIN = _words(
    "mom mum mam mama mother dad daddy father brother sister bro sis twin son daughter kid kids baby babies wife "
    "husband boyfriend girlfriend partner ex fiance grandma grandpa gran grandad nan aunt uncle cousin niece nephew "
    "friend friends roommate housemate flatmate boss manager teacher coach doctor nurse therapist counselor "
    "neighbor neighbour landlord colleague coworker dog cat"
)
NUMBERS = _words("one two three four five six seven eight nine ten eleven twelve twenty thirty hundred half")
TIMES = _words(
    "monday tuesday wednesday thursday friday saturday sunday today tonight tomorrow yesterday morning evening night "
    "noon midnight weekend week weeks month months year years january february march april may june july august "
    "september october november december spring summer autumn winter christmas am pm hour hours minute minutes"
)
OTHERS = _words("he she him her his hers they them their hes shes theyre")
ANSWERED_FREELY = frozenset(
    {
        *(Reaction.GREETING, Reaction.REFLECTION, Reaction.VALIDATION, Reaction.STRENGTH, Reaction.SUMMARY),
        *(Reaction.ADVICE, Reaction.MINIMISE, Reaction.WHY_QUESTION, Reaction.SELF_DISCLOSURE, Reaction.ARGUE),
        *(Reaction.PROMISE, Reaction.STACKED_QUESTIONS, Reaction.RESOURCE, Reaction.UNCLEAR, Reaction.SILENCE),
    }
)
"""Reactions to how the counselor is, which say nothing of the texter's life: a model may find words of its own."""
HOLDS = _words(
    "feel feels felt look looks looked sound sounds would id was is im its thats not dont didnt isnt cant wont never "
    "no wasnt doesnt arent only what a any some this that which all"
)
"""After these a small word of the inside belongs to what is said: "feel like", "not really", "what kind of"."""
LEANS = _words(
    "the a an my your his her our their of at in on to for by with from be been as and or if than i you we "
    "they he she it"
)
"""After these no small word of the inside is put in: they belong to what follows."""
JOINED = re.compile(r"\b(i guess|i mean|you know|or something|or whatever|kind of|sort of)\b", re.IGNORECASE)
PIECE = re.compile(r"\.{2,}|…|[,.!?/]|[^\s,.!?/…]+")
LONGEST_FREE, MOST_IN_A_ROW = 12, 2
SPELLED = {
    **{"im": "I'm", "ive": "I've", "id": "I'd", "ill": "I'll", "dont": "don't", "didnt": "didn't"},
    **{"cant": "can't", "wont": "won't", "isnt": "isn't", "wasnt": "wasn't", "doesnt": "doesn't", "thats": "that's"},
    **{"its": "it's", "youre": "you're", "youve": "you've", "wouldnt": "wouldn't", "couldnt": "couldn't"},
    **{"havent": "haven't", "whats": "what's", "theres": "there's", "arent": "aren't", "shouldnt": "shouldn't"},
}
"""Words as they are written by a texter who writes them out."""


@dataclass(frozen=True)
class Piece:
    """A word or mark of a line: as the model knows it, and as it is written."""

    key: str
    written: str

    @property
    def is_small(self) -> bool:
        return self.key in SMALL


def pieces_of(line: str) -> list[Piece]:
    """The words and marks of a line. The key of a small word that says something where it stands ends in "_".

    >>> [piece.key for piece in pieces_of("So i guess he LEFT... / i feel like mud and so on") if not piece.is_small]
    ['he', 'left', 'i', 'feel', 'like_', 'mud', 'and_', 'so_', 'on']
    """
    joined = JOINED.sub(lambda match: match[0].replace(" ", "_"), line)
    found = [(_key(written), written) for written in PIECE.findall(joined)]
    pieces: list[Piece] = []
    for place, (key, written) in enumerate(found):
        after = found[place + 1][0] if place + 1 < len(found) else "."
        pieces.append(Piece(key if _is_light(key, pieces, after) else f"{key}_", written))
    return pieces


def _key(written: str) -> str:
    if written.startswith("..") or written == "…":
        return "..."
    return written.lower().replace("'", "").replace("’", "") or WORD


def _is_light(key: str, before: Sequence[Piece], after: str) -> bool:
    """Whether a word is no small one, or is one where it tells nothing."""
    if key not in SMALL or key in MARKS:
        return True
    if key in OPENERS and (not before or before[-1].key in ENDS_CLAUSE or before[-1].key in OPENERS):
        return True
    if key in ENDERS and after in ENDS_CLAUSE:
        return True
    return key in INNER and bool(before) and before[-1].key not in HOLDS and after not in ENDS_CLAUSE


@dataclass(frozen=True)
class Lexicon:
    """The words that a model knows, controls first; the number of a word is its place."""

    words: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "_numbers", {word: number for number, word in enumerate(self.words)})

    def number(self, word: str) -> int:
        numbers: dict[str, int] = self._numbers  # type: ignore[attr-defined]
        return numbers[word]

    def seen(self, piece: Piece) -> str:
        """A piece as the model sees it: its word, or the kind of slot that stands for it."""
        return piece.key if self.knows(piece.key) else slot_of(piece.key)

    def knows(self, key: str) -> bool:
        return key in self._numbers and not is_particular(key)  # type: ignore[attr-defined]

    def numbers(self, words: Sequence[str]) -> list[int]:
        return [self.number(word) for word in words]


def is_particular(key: str) -> bool:
    """Whether a word is of one texter's life alone: people, numbers, days."""
    return key in KIN or key in NUMBERS or key in TIMES or any(sign.isdigit() for sign in key)


def slot_of(key: str) -> str:
    if key in KIN:
        return PERSON
    if key in TIMES:
        return TIME
    return NUMBER if key in NUMBERS or any(sign.isdigit() for sign in key) else WORD


def controls(prompt: Prompt, *, mode: str, small: int) -> list[str]:
    """What stands before every line: what is done, how, and how much."""
    reaction = prompt.reaction if prompt.move is Move.REACT else None
    return [
        "<s>",
        mode,
        f"<move {prompt.move}>",
        f"<tone {prompt.tone}>",
        f"<reaction {reaction or 'none'}>",
        f"<mood {0 if prompt.distress < 0.4 else 1 if prompt.distress < 0.7 else 2}>",
        f"<long {long_of(prompt.voice.words_median)}>",
        f"<small {min(small, 3)}>",
    ]


def long_of(words: int) -> int:
    return sum(words > bound for bound in (6, 9, 13))


def kept_prompt(prompt: Prompt, pieces: Sequence[Piece], lexicon: Lexicon, *, small: int) -> list[str]:
    """Before a line whose words stay: the controls and the words, so that the whole of it is known from the start."""
    stay = [lexicon.seen(piece) for piece in pieces if not piece.is_small]
    return [*controls(prompt, mode=KEEP, small=small), *stay, SAY]


def kept_choices(pieces: Sequence[Piece], lexicon: Lexicon) -> list[tuple[str, bool]]:
    """A line as a model writes it, with what it decides: each word that stays is given first, then come the small
    words before it, then <next>; after the last come those at the end, then the end."""
    found: list[tuple[str, bool]] = []
    waiting: list[tuple[str, bool]] = []
    for piece in pieces:
        if piece.is_small:
            waiting.append((piece.key, True))
        else:
            found += [(lexicon.seen(piece), False), *waiting, (NEXT, True)]
            waiting = []
    return [*found, (SAY, False), *waiting, (END, True)]


def small_choices(said: Sequence[str], here: Sequence[str], marks: Sequence[str], *, stop: str) -> list[str]:
    """What may come next before a word that stays (or before the end): small words where they are at home, and `stop`.

    `said`: the words before; `here`: the small ones written here already; `marks`: those of which one stands here
    (none: no clause ends here).
    """
    ended = any(word in MARKS for word in here)
    ends = (bool(marks) or stop == END) and bool(said) and not ended
    allowed = {stop} if ended or not marks else set()
    if len(here) < MOST_IN_A_ROW:
        fresh = not said or (said[-1] in ENDS_CLAUSE and stop != END)
        allowed |= OPENERS if fresh else set()
        is_open = bool(said) and not ends and stop != END and not fresh and not here
        allowed |= INNER if is_open and said[-1].lower() not in LEANS | HOLDS else set()
        allowed |= ENDERS if ends and said[-1] not in ENDERS else set()
    allowed |= set(marks) if ends else set()
    return sorted(allowed - set(said[-1:]) - set(here))


@lru_cache(maxsize=4)
def free_words(lexicon: Lexicon) -> frozenset[str]:
    """What a model may say where no line is kept: words of everybody."""
    return frozenset(word for word in lexicon.words[len(CONTROLS) :] if word not in OTHERS and not is_particular(word))


def may_be_free(pieces: Sequence[Piece], lexicon: Lexicon) -> bool:
    """Whether a card's line is one that anybody could have said."""
    words = free_words(lexicon)
    return 0 < len(pieces) <= LONGEST_FREE and all(piece.key in words for piece in pieces)


def written(words: Sequence[str], *, lowercase: bool, no_end_mark: bool) -> str:
    """Words and marks as one line, typed as the voice types.

    >>> written(["i_guess", "it's", "ok", "/", "bye", "..."], lowercase=False, no_end_mark=False)
    "I guess it's ok / Bye..."
    """
    line = ""
    begins = True
    for word in words:
        if word == "/":
            line, begins = f"{line} /", True
            continue
        if word in ENDS_CLAUSE:
            line, begins = line + word, begins or word != ","
            continue
        shown = word.rstrip("_").replace("_", " ")
        if not lowercase:
            shown = re.sub(r"^i\b", "I", shown)
            shown = shown[:1].upper() + shown[1:] if begins else shown
        line, begins = f"{line} {shown}", False
    if not no_end_mark and line and line[-1].isalnum():
        line += "."
    return line.strip()


def spelled_out(words: Sequence[str]) -> list[str]:
    """A model's words as they are written by a texter who writes them out.

    >>> spelled_out(["i_guess", "thats", "fine"])
    ['i_guess', "that's", 'fine']
    """
    return [SPELLED.get(word, word) for word in words]
