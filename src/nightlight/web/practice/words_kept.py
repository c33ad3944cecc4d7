"""The words of feedback that a session was given, each worked out once: a page shows all of them again and again."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from nightlight.practice.sessions import Practice
from nightlight.simulator.feedback import Feedback, Mode, feedback_on
from nightlight.simulator.session import Session, Turn
from nightlight.web.practice.chat_lines import WordOn, no_word

KEPT_AT_MOST = 20_000
_KEPT: "OrderedDict[tuple[str, int, Mode, str], Feedback | None]" = OrderedDict()
_LOCK = Lock()


def words_on(practice: Practice, session: Session, language: str, say: Callable[[str], str]) -> WordOn:
    """The word on each of the session's turns, as it was when the turn was the last one."""
    if practice.mode is Mode.OFF:
        return no_word

    def word_on(turn: Turn) -> Feedback | None:
        key = (practice.id, turn.number, practice.mode, language)
        with _LOCK:
            if key in _KEPT:
                return _KEPT[key]
        word = feedback_on(session.card, session.turns[: turn.number + 1], practice.mode, say=say)
        with _LOCK:
            _KEPT[key] = word
            while len(_KEPT) > KEPT_AT_MOST:
                _KEPT.popitem(last=False)
        return word

    return word_on
