"""Whether a texter could have written a line of another card: by what they have said so far and by their own line.

A line of others is nobody's in particular, or it is not said: it has plain words and words that were used here, takes
the stand that the texter takes, is about as long, and is typed the same way."""

import re
from collections.abc import Iterable, Sequence

from nightlight.simulator.wording.pocket_words import ENDS_CLAUSE, pieces_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PLAIN = _words(
    "i im ive id ill me my myself you youre youve your it its that thats this there the a an and or but so if then "
    "than is are was be been do did does doing have can could would should will get got put make take try "
    "to of for in on at by with as about like up "
    "not no dont didnt doesnt cant isnt wasnt havent wont nothing nobody no_one never "
    "yes yeah ok right sure exactly maybe guess suppose sort_of kind_of "
    "what why how which when who because "
    "know think mean say said see thought knew feel believe want_to matter matters idea reason "
    "all anyone anybody anything someone somebody something everyone everybody people other else another thing way "
    "more less much just really only again still now already well too same different wrong"
)
"""Words that say nothing of who writes them. Any other (slang, thanks, a list, a phone) has to have been used here."""
NOBODYS = PLAIN | ENDS_CLAUSE
STANDS = {
    "refuses": _words(
        "no not dont didnt doesnt cant isnt wasnt wouldnt couldnt havent wont never nobody no_one nothing stop nope"
    ),
    "agrees": _words("yes yeah yep ok okay right exactly sure true correct"),
    "doubts": _words("maybe perhaps probably guess suppose idk dunno hm sort_of kind_of kinda if hope"),
    "is polite": _words("thank_you thanks ta sorry please pls kind good nice glad"),
}
ASKING = _words("what why how who which when where is are do does did was have can could")
"""First words of a question, whatever stands at its end."""
LONGER = 2  # words more than the texter's own line has; fewer than half of it are too few
OWN = 1  # words that are not plain in a line that may give way to another
BARE = _words(
    "im ive dont didnt cant isnt wasnt doesnt thats youre youve wouldnt couldnt havent whats theres arent shouldnt"
)
"""Words of texters who leave out the apostrophe."""
WRITES_OUT = re.compile(r"\b(it|that|this) is\b|\bI (am|will|would|have)\b|\b(do|can) ?not\b", re.IGNORECASE)
"""What texters write who use no short forms."""


def theirs_among(lines: Iterable[str], own: str, said: Sequence[str], heard: str = "") -> list[str]:
    """The lines that the texter who wrote what was `said`, and would write `own` now, could write instead; `heard`:
    what the counselor has just written, whose words may be taken up. An own line that is nobody else's is worth more
    than any other, and stands."""
    if len(set(_keys(own)) - NOBODYS) > OWN:
        return []
    texts = [*said, own]
    known = NOBODYS.union(*(_keys(text) for text in (*texts, heard)))
    stand = stand_of(own)
    return [
        line
        for line in lines
        if is_about_as_long(line, own)
        and stand_of(line) == stand
        and known.issuperset(_keys(line))
        and is_typed_alike(line, texts)
    ]


def is_about_as_long(line: str, own: str) -> bool:
    words, theirs = len(line.split()), len(own.split())
    return theirs / 2 <= words <= theirs + LONGER


def stand_of(line: str) -> frozenset[str]:
    """What somebody does who writes a line, as far as its words tell.

    >>> sorted(stand_of("ok sorry")), sorted(stand_of("why not")), sorted(stand_of("that was then"))
    (['agrees', 'is polite'], ['asks', 'refuses'], [])
    """
    keys = _keys(line)
    stands = {stand for stand, words in STANDS.items() if words & set(keys)}
    return frozenset(stands | ({"asks"} if "?" in keys or ASKING & set(keys[:1]) else set()))


def is_typed_alike(line: str, texts: Sequence[str]) -> bool:
    """Whether a line could be of whoever wrote the texts, as far as short forms and shouting tell.

    >>> is_typed_alike("I don't know", ["it's late"]), is_typed_alike("i dont know", ["it's late"])
    (True, False)
    """
    theirs = " ".join(texts)
    if _shouts(line) and not _shouts(theirs):
        return False
    if WRITES_OUT.search(line) and (_sets(theirs) or _leaves_out(theirs)):
        return False
    if _leaves_out(line):
        return not _sets(theirs)
    return not (_sets(line) and _leaves_out(theirs))


def typed_as(like: str, line: str) -> str:
    """A line begun and ended as another of the texter's is.

    >>> typed_as("Been told that.", "you can't know that"), typed_as("pick one", "That was then.")
    ("You can't know that.", 'that was then')
    """
    begun = like[:1].isupper() or re.match(r"I\b", line)
    line = (line[:1].upper() if begun else line[:1].lower()) + line[1:]
    if not _is_ended(like):
        return line.removesuffix(".") if _is_ended(line) else line
    return f"{line}." if line[-1:].isalnum() else line


def _is_ended(line: str) -> bool:
    return line.endswith(".") and not line.endswith("..")


def _keys(line: str) -> list[str]:
    return [piece.key.rstrip("_") for piece in pieces_of(line)]


def _shouts(text: str) -> bool:
    return bool(re.search(r"\b[A-Z]{2,}\b|[!?]{2,}", text))


def _sets(text: str) -> bool:
    return "'" in text or "’" in text


def _leaves_out(text: str) -> bool:
    return any(word in BARE for word in re.findall(r"[\w'’]+", text.lower()))
