"""How a texter's message sounds: a few dozen words and its risk, for a course over several messages and no more."""

import re

WORSE = (
    "alone scared afraid hopeless worthless useless tired exhausted crying cry hate hurts hurt hurting panic numb "
    "empty trapped stuck lost ashamed awful terrible worse worst pointless burden broken nothing nobody never cant"
)
BETTER = "better calmer calm helps helped thanks thank glad relieved relief hope safer safe okay good nice lighter haha"
_WORD = re.compile(r"[a-z]+")
_WORSE, _BETTER = frozenset(WORSE.split()), frozenset(BETTER.split())
RISK_WEIGHT = 0.5


def valence(text: str, risk: int | None) -> float:
    """From 1 (well) to below -1: better words less worse ones, at most one either way, less half of the risk level.

    >>> valence("i feel so alone, i can't", 1), valence("thanks, a bit better", 0)
    (-1.5, 1.0)
    """
    words = _WORD.findall(text.lower().replace("'", "").replace("’", ""))
    balance = sum(word in _BETTER for word in words) - sum(word in _WORSE for word in words)
    return max(-1.0, min(1.0, float(balance))) - RISK_WEIGHT * (risk or 0)
