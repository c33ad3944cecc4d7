"""The pocket model's language: a line as words that stay and small words that may change, and what may follow what.

What a texter tells stands in the words that stay: they come from the card's line, in its order, and no model writes
them. A word that few cards use is a slot, so that no model has ever seen it."""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from nightlight.conversations.cards import Voice
from nightlight.conversations.labels import AgeBand, Reaction
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
    *(f"<age {band}>" for band in AgeBand),
    *("<writes lower>", "<writes sentences>"),
    *(f"<mood {level}>" for level in range(3)),
    *(f"<long {level}>" for level in range(4)),
    *(f"<small {level}>" for level in range(4)),
)
MARKS = (",", ".", "...", "!", "/")
MARK_INSTEAD = {".": (".", "/", "..."), "...": ("...", "/"), "/": ("/", "."), "!": ("!",), ",": (",",)}
"""What may stand where the card has a mark: never a comma, which would tie together what stands apart."""
OPENERS = _words("well um uh hm honestly tbh")
ENDERS = _words("tbh honestly")
SMALL = frozenset({*MARKS, *OPENERS, *ENDERS})
"""What a model may leave out and put in at a beginning or an end. Words that weaken or turn what is said are not among
them: "just", "i guess", "but", "yeah", "lol" stay where the card has them, and come nowhere else."""
ENDS_CLAUSE = frozenset({*MARKS, "?"})
ALIKE = tuple(
    tuple(each.split())
    for each in (
        *("someone somebody", "everyone everybody", "anyone anybody", "nobody no_one", "until till", "okay ok"),
        *("yes yeah yep", "hello hi hey", "thank_you thanks", "kind_of sort_of kinda", "want_to wanna"),
        *("idk dunno", "though tho", "please pls", "right_now rn"),
    )
)
"""Words that say the same: a model chooses among those of a row."""
CASUAL = _words("yeah yep hey kinda wanna idk dunno tho pls rn")
"""Of them, those that only texters write who write all in lower case."""
ALIKE_AS = {word: row for row in ALIKE for word in row}
POINTS_AT = _words("the a an my your his her our their this that these what which some any no all")
"""After these such a word is another: "the till", "a kind of fish", "all right now"."""
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
PARTING = _words("bye goodbye leave leaving go going gone went")
LIFE = _words(
    "bed eat food school work works job shop floor stairs home room house street kitchen bathroom money class row "
    "here awake once after light voice text hed shed theyd ones"
)
"""Usual words that still tell where somebody is, or what their life is about."""
ANSWERED_FREELY = frozenset(
    {
        *(Reaction.GREETING, Reaction.REFLECTION, Reaction.VALIDATION, Reaction.STRENGTH, Reaction.SUMMARY),
        *(Reaction.ADVICE, Reaction.MINIMISE, Reaction.WHY_QUESTION, Reaction.SELF_DISCLOSURE, Reaction.ARGUE),
        *(Reaction.PROMISE, Reaction.STACKED_QUESTIONS, Reaction.RESOURCE, Reaction.UNCLEAR, Reaction.SILENCE),
    }
)
"""Reactions to how the counselor is, which say nothing of the texter's life: what one texter says another may say."""
JOINED = re.compile(r"\b(no one|thank you|kind of|sort of|want to|right now|i dunno)\b", re.IGNORECASE)
PIECE = re.compile(r"\.{2,}|…|[,.!?/]|[^\s,.!?/…]+")
LONGEST_FREE = 8


@dataclass(frozen=True)
class Piece:
    """A word or mark of a line: as the model knows it, and as it is written."""

    key: str
    written: str

    @property
    def is_small(self) -> bool:
        return self.key in SMALL

    @property
    def alike(self) -> tuple[str, ...]:
        """The words of which a model chooses one here (none: this word stays)."""
        return ALIKE_AS.get(self.key, ())


def pieces_of(line: str) -> list[Piece]:
    """The words and marks of a line. The key of a small word or one with others like it ends in "_" where it means
    something else or is shouted.

    >>> [piece.key for piece in pieces_of("Um so he LEFT... / the till. thats all honestly") if not piece.is_small]
    ['so', 'he', 'left', 'the', 'till_', 'thats', 'all']
    """
    joined = JOINED.sub(lambda match: match[0].replace(" ", "_"), line)
    found = [(_key(written), written) for written in PIECE.findall(joined)]
    pieces: list[Piece] = []
    for place, (key, written) in enumerate(found):
        after = found[place + 1][0] if place + 1 < len(found) else "."
        pieces.append(Piece(key if _is_plain(key, written, pieces, after) else f"{key}_", written))
    return pieces


def _key(written: str) -> str:
    if written.startswith("..") or written == "…":
        return "..."
    return written.lower().replace("'", "").replace("’", "") or WORD


def _is_plain(key: str, written: str, before: Sequence[Piece], after: str) -> bool:
    """Whether a word is an ordinary one, or one that may change where it stands."""
    begins = not before or before[-1].key in ENDS_CLAUSE
    if key in SMALL and key not in MARKS:
        opens = key in OPENERS and (begins or before[-1].key in OPENERS) and after not in ENDS_CLAUSE
        if (key, after) == ("well", "done"):
            return False
        return opens or (key in ENDERS and after in ENDS_CLAUSE and not begins)
    if key in ALIKE_AS:
        is_shouted = written.isupper() and len(written) > 1
        return not is_shouted and (begins if key in ALIKE_AS["hi"] else begins or before[-1].key not in POINTS_AT)
    return True


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
        """A piece as the model sees it: its word (of words that are alike the first), or the kind of slot for it."""
        if piece.alike:
            return piece.alike[0]
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
        f"<age {prompt.age_band}>",
        f"<writes {'lower' if prompt.voice.lowercase > 0.5 else 'sentences'}>",
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
            word = (piece.key, True) if piece.alike else (lexicon.seen(piece), False)
            found += [word, *waiting, (NEXT, True)]
            waiting = []
    return [*found, (SAY, False), *waiting, (END, True)]


def small_choices(said: Sequence[str], here: Sequence[str], marks: Sequence[str], *, stop: str) -> list[str]:
    """What may come next before a word that stays (or before the end): small words where they are at home, and `stop`.

    `said`: the words before; `here`: the small ones written here already; `marks`: those of which one stands here
    (none: no clause ends here).
    """
    ended = any(word in MARKS for word in here)
    may_end = bool(said) and not here and said[-1] not in ENDS_CLAUSE
    if marks and not ended:
        return sorted({*marks, *(ENDERS if may_end else ())})
    if stop == END:
        return sorted({END, *(ENDERS if may_end else ())})
    begins = not said or said[-1] in ENDS_CLAUSE - {","}
    return sorted({stop, *(OPENERS if begins else ())})


@lru_cache(maxsize=4)
def free_words(lexicon: Lexicon) -> frozenset[str]:
    """Words of everybody."""
    return frozenset(word for word in lexicon.words[len(CONTROLS) :] if word not in OTHERS and not is_particular(word))


def is_anybodys(pieces: Sequence[Piece], usual: Set[str]) -> bool:
    """Whether a line tells nothing of one texter's life, and none says with it that they go."""
    keys = {piece.key.rstrip("_") for piece in pieces}
    return (
        bool(keys - ENDS_CLAUSE)
        and len(pieces) <= LONGEST_FREE
        and all(piece.key in usual for piece in pieces)
        and not keys & (OTHERS | PARTING | LIFE)
        and not any(is_particular(key) for key in keys)
    )


def kind_of_line(reaction: Reaction | None, tone: Tone, voice: Voice) -> str:
    """Which lines of others a texter might say as well: those that answer the same, as openly, typed the same way."""
    return f"{reaction} {tone} {'lower' if voice.lowercase > 0.5 else 'sentences'}"


def written(words: Sequence[str], *, lowercase: bool) -> str:
    """Words and marks as one line, typed as the voice types.

    >>> written(["i_guess", "it's", "ok", "/", "bye", "..."], lowercase=False)
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
    return line.strip()
