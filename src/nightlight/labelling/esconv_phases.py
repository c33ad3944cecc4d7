"""Weak phases of ESConv: it has none, so they are guessed from its strategies, greetings and goodbyes. To measure by,
beside the position alone; never to train on. How good the guess is: docs/benchmarks.md."""

import re
from collections.abc import Sequence
from itertools import takewhile

from nightlight.conversations.conversation import Message
from nightlight.conversations.labels import Author, CoarsePhase
from nightlight.labelling.esconv import Strategy, Supported

GREETING = re.compile(
    r"\b(hi|hello|hey|good (morning|afternoon|evening|day)|how are (you|we)|how'?s it going|how (is|was) your"
    r"|how can i help|what can i (do|help)|is anyone there|thanks? for asking|nice to meet|what'?s (going on|wrong"
    r"|on your mind)|my name is|talk about|want to share|bothering you"
    r"|(i'?m|i am|am) (doing )?(fine|good|well|okay|ok|great|sad|not (so |too )?good))\b",
    re.IGNORECASE,
)
GOODBYE = re.compile(
    r"\b(bye|goodbye|good ?night|take care|have a (good|great|nice|wonderful|lovely|blessed)"
    r"|(nice|lovely) (talking|chatting|speaking)|thanks? (you )?(so much )?for (your|the|all|listening|talking|chat)"
    r"|thank you (so|very) much|you('re| are) (very |so |most )?welcome|your welcome|no problem"
    r"|glad (i|to have|that i)|good luck|best of luck|best wishes|merry christmas|happy holidays|happy new year"
    r"|same to you|you too|stay (safe|well|strong)|press quit|quit button|end (the|this) (chat|conversation)"
    r"|you('ve| have) (been|helped|made)|i (really )?appreciate|feel(ing)? (much |a lot |a bit |a little )?better"
    r"|have to go|anything else)\b",
    re.IGNORECASE,
)
LONGEST_CONTACT, LONGEST_CLOSING = 10, 14
A_STORY, A_SHORT_STORY = 9, 5  # words of a message that tells or asks something; of a seeker's without a greeting
FEW_WORDS, MANY_WORDS, FAREWELLS = 4, 25, 0.7

COST = {
    Strategy.QUESTION: (0.0, 0.8),
    Strategy.RESTATEMENT: (0.0, 0.6),
    Strategy.REFLECTION: (0.1, 0.2),
    Strategy.SELF_DISCLOSURE: (0.3, 0.1),
    Strategy.AFFIRMATION: (0.3, 0.1),
    Strategy.SUGGESTIONS: (1.2, 0.0),
    Strategy.INFORMATION: (1.2, 0.0),
}
"""What a strategy costs in the assessment and in the intervention. Comforting has no phase of its own with us."""
FORWARD, BACKWARD, AT_ONCE = 1.6, 2.4, 3.0  # what it costs to go on, to go back, to begin with the intervention


def weak_phases(supported: Supported) -> tuple[CoarsePhase, ...]:
    """A coarse phase for every message: contact until something is told, closing from the goodbyes on, and between
    them the cheapest path through assessment and intervention."""
    messages = supported.conversation.messages
    start = sum(1 for _ in takewhile(_is_contact, messages[:LONGEST_CONTACT]))
    end = _closing(messages, start)
    return (
        *(CoarsePhase.INITIAL_CONTACT,) * start,
        *_middle(supported.strategies[start:end]),
        *(CoarsePhase.CLOSING,) * (len(messages) - end),
    )


def _is_contact(message: Message) -> bool:
    size, greets = _size(message), GREETING.search(message.text) is not None
    if message.author is Author.TEXTER:
        return size < A_SHORT_STORY or (size < A_STORY and greets)
    return size < A_STORY or greets


def _closing(messages: Sequence[Message], start: int) -> int:
    """Where the closing begins: the earliest goodbye after which hardly anything else is said."""
    for place in range(max(start, len(messages) - LONGEST_CLOSING), len(messages)):
        rest = messages[place:]
        if _is_goodbye(rest[0]) and _winds_up(rest):
            return place
    return len(messages)


def _winds_up(rest: Sequence[Message]) -> bool:
    goodbyes = [_is_goodbye(message) for message in rest]
    sizes = [_size(message) for message in rest]
    few = sum(goodbye or size <= FEW_WORDS for goodbye, size in zip(goodbyes, sizes, strict=True))
    much = any(size > MANY_WORDS and not goodbye for goodbye, size in zip(goodbyes, sizes, strict=True))
    return few >= FAREWELLS * len(rest) and not much


def _middle(strategies: Sequence[Strategy | None]) -> list[CoarsePhase]:
    """The cheapest path (Viterbi); where two cost the same, the one that turns earlier."""
    best, came = [0.0, AT_ONCE], list[tuple[int, int]]()
    for number, strategy in enumerate(strategies):
        own = COST.get(strategy, (0.0, 0.0)) if strategy else (0.0, 0.0)
        back, on = best[1] + BACKWARD, best[0] + FORWARD
        if number:
            came.append((1 if back < best[0] else 0, 0 if on < best[1] else 1))
            best = [min(best[0], back), min(best[1], on)]
        best = [best[0] + own[0], best[1] + own[1]]
    if not strategies:
        return []
    path = [0 if best[0] <= best[1] else 1]
    for step in reversed(came):
        path.append(step[path[-1]])
    return [(CoarsePhase.ASSESSMENT, CoarsePhase.INTERVENTION)[place] for place in reversed(path)]


def _is_goodbye(message: Message) -> bool:
    return GOODBYE.search(message.text) is not None


def _size(message: Message) -> int:
    return len(message.text.split())
