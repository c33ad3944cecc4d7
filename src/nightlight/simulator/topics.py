"""Which of a card's facts a counselor's message asks for."""

import re

from nightlight.conversations.cards import Card


def facts_asked(card: Card, text: str) -> tuple[str, ...]:
    """Ids of the facts that `text` asks for, the most likely first."""
    words = _words(text)
    scores = {
        fact.id: max(len(words & _words(ask)) / max(len(_words(ask)), 1) for ask in fact.asks) for fact in card.facts
    }
    return tuple(fact for fact, score in sorted(scores.items(), key=lambda each: -each[1]) if score >= 0.6)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z']+", text.lower()))
