"""What a model's words must keep beside the checks of every message: the line's content, and no more than it."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from nightlight.conversations.cards import Card, Fact, Voice, burst
from nightlight.conversations.labels import Author, Reaction
from nightlight.labelling.cues import has_risk_cue
from nightlight.labelling.risk_marks import cue_marks
from nightlight.simulator.checks import Context, first_failed, method_detail, plain
from nightlight.simulator.plan import Move
from nightlight.simulator.wording import Situation, Worded

RISKY = frozenset({"m:direct", "m:veiled", "m:near", "m:means", "m:plan", "m:substance", "m:past"})
ABOUT_RISK = frozenset({Reaction.EUPHEMISM, Reaction.MISSED_CUE, Reaction.SAFETY_STEP, Reaction.ESCALATE})
ASKS_ABOUT_RISK = re.compile(
    r"\b(suicid\w*|kill(ing)? yourself|hurt(ing)? yourself|harm(ing)? yourself|cut(ting)? yourself|end(ing)? your life"
    r"|want to die|thoughts? of (dying|death)|a plan|how you would|when you would|what you('d| would) use|are you safe"
    r"|safe (right now|tonight|at the moment)|tried before|attempt\w*)\b"
)
KEPT = 0.5  # of a told line's content
LETTERS = 5  # of a word, so that "messaged" and "message" are one
NUMBER = re.compile(r"\d+")
SPEAKER = re.compile(r"^\s*(texter|assistant|you|me|[A-Z][a-z]{1,15})\s*:\s+")
MARKS_AROUND = "\"'“”‘’*`"
SMALL = re.compile(
    r"^(that|this|with|have|just|like|been|what|from|they|them|their|there|then|than|when|your|were|really|about|some"
    r"|would|could|should|will|dont|cant|didnt|wasnt|isnt|thats|theres|because|even|much|more|very|know|want|into|here"
    r"|the|and|for|but|not|you|was|are|him|her|his|she|its|get|got|has|had|can|did|all|any|out|now|how|why|who|too|one"
    r"|two|say|see|let|off|yes|idk|ive|hes|our|use|put|lot|bit|way|day|hmm|yeah|okay|went|back|over|only|still|says"
    r"|said|make|made|goes|going|thing|things|something|think|dunno|maybe|well|never|always|other|after|before|again)$"
)


def in_voice(text: str, voice: Voice) -> tuple[str, ...]:
    """A model's words as messages of this texter: without what models put around them, and typed as the voice types.

    >>> in_voice('Texter: "I told him. / He left."', Voice(7, 0.97, 0.9, 0.0, 0.0, 0.3))
    ('i told him', 'he left')
    """
    bare = SPEAKER.sub("", text.strip().strip(MARKS_AROUND)).strip().strip(MARKS_AROUND)
    messages = []
    for message in burst(bare):
        if voice.lowercase > 0.5:
            message = message.lower()
        if voice.no_end_mark > 0.5 and message.endswith(".") and not message.endswith(".."):
            message = message[:-1]
        if voice.emoji <= 0.05:
            message = "".join(sign for sign in message if ord(sign) < 0x2190)
        messages.append(" ".join(message.split()))
    return tuple(message for message in messages if message)


def is_the_card_s(situation: Situation) -> bool:
    """Whether only the card speaks in this reply: it may have to do with risk, it agrees to something, or it is the
    last one. What is counted must be what was said."""
    plan = situation.plan
    if plan.outcome or plan.goal_named or plan.steps_agreed:
        return True
    if any(step.rung or step.move is Move.END or step.reaction in ABOUT_RISK for step in plan.steps):
        return True
    return has_risk_cue(situation.counselor) or bool(ASKS_ABOUT_RISK.search(plain(situation.counselor)))


def first_problem(messages: Sequence[str], worded: Worded, situation: Situation, *, most_words: int) -> str:
    """Why a model's words may not stand for a line of the card; "" when they may."""
    text = " ".join(messages)
    if not text:
        return "no words"
    if method_detail(text):
        return "method detail"  # named before what else is wrong with it: live checks count it
    if _adds_risk(text, worded.line):
        return "risk"
    if _tells_closed_fact(text, worded, situation):
        return "closed fact"
    if max(len(message.split()) for message in messages) > most_words:
        return "too long"
    if set(NUMBER.findall(text)) - set(NUMBER.findall(" ".join((worded.line, *_said(situation))))):
        return "new number"
    if worded.step.move is Move.TELL and not _keeps(text, worded.line):
        return "fact lost"
    said = frozenset(plain(each) for author, each in situation.texts if author is Author.TEXTER)
    context = Context(situation.card, situation.state, worded.step, situation.counselor, said)
    return first_failed(messages, context) or ""


def _adds_risk(text: str, line: str) -> bool:
    return bool((set(cue_marks(text)) & RISKY) - set(cue_marks(line)))


def _keeps(text: str, line: str) -> bool:
    """Whether a told line's numbers are all there, and enough of its words."""
    if set(NUMBER.findall(line)) - set(NUMBER.findall(text)):
        return False
    told = content(line)
    return len(told & content(text)) >= KEPT * len(told)


def _tells_closed_fact(text: str, worded: Worded, situation: Situation) -> bool:
    """Whether words of a fact that is not told yet are in it: one of its key words, or two of one of its lines."""
    known = content(" ".join((worded.line, *_said(situation)))) | _open_words(situation.card)
    new = content(text) - known
    open_facts = {worded.step.fact if worded.step.move is Move.TELL else "", *situation.state.told}
    closed = (fact for fact in situation.card.facts if fact.id not in open_facts)
    return bool(new) and any(
        new & _key_words(fact) or any(len(new & content(line)) > 1 for line in fact.tell) for fact in closed
    )


@lru_cache(maxsize=1024)
def _key_words(fact: Fact) -> frozenset[str]:
    """Words that this fact is known by: in two of its lines, or in one and in a question for it."""
    asks = content(" ".join(fact.asks))
    lines = [content(line) for line in fact.tell]
    return frozenset(word for line in lines for word in line if word in asks or sum(word in each for each in lines) > 1)


def _open_words(card: Card) -> frozenset[str]:
    """The words of all lines that have no gate: the card says them at any time."""
    reactions = (line for each in card.reactions.values() for line in (*each.guarded, *each.open))
    hints = (line for fact in card.facts for line in fact.hint)
    return _content_of((*card.opening, *reactions, *hints))


@lru_cache(maxsize=256)
def _content_of(lines: tuple[str, ...]) -> frozenset[str]:
    return content(" ".join(lines))


def _said(situation: Situation) -> Iterable[str]:
    """All that both have written."""
    return (*(text for _, text in situation.texts), situation.counselor)


def content(text: str) -> frozenset[str]:
    """The beginnings of its words that carry something.

    >>> sorted(content("He messaged me, like we are friends"))
    ['frien', 'messa']
    """
    words = (word.replace("'", "") for word in plain(text).split())
    return frozenset(word[:LETTERS] for word in words if len(word) > 2 and not SMALL.match(word))
