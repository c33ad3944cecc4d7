"""Words of a counselor that insult a texter, or agree with dying or urge to it: a short list, meant to be read.

What is said back or denied ("you feel worthless", "that doesn't make you weak") is not meant."""

import re

from nightlight.labelling.reading import plain, sentences


def _any_of(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases))


_HINTS = re.compile(
    r"pathetic|stupid|idiot|dumb|disgust|ridiculous|(?:worth|use)less|weak|selfish|lazy|crazy|insane|loser|coward|liar"
    r"|failure|drama|attention seek|\bcry|waste|wasting|joke|shut|man up|grow up|get over|get a grip|whin|moan|nobody"
    r"|no one|(?:nt|n't|n’t|not) care|wrong with you|(?:sick|tired) of you|\bdie\b|dead|kill|end (?:it|your)|deserve"
    r"|not worth|better (?:off|if|without)"
)
_YOU_ARE = r"\byou(?:'re| are)(?: (?:just|being|so|such|really|a bit|pretty|all|nothing but|acting))*(?: an?)? "
_TELLING = r"(?:^\W*|[,;] *|\b(?:just|please|need to|have to|got to|should|oh|so|and) )"
_INSULTS = _any_of(
    _YOU_ARE + r"(?:pathetic|stupid|idiot|dumb|disgusting|ridiculous|worthless|useless|weak|selfish|lazy|crazy|insane"
    r"|loser|coward|liar|failure|dramatic|drama queen|attention seek\w+|cry ?bab\w+|waste of (?:time|space)|joke)\b",
    _TELLING + r"(?:shut up|shut it|man up|grow up|get over (?:it|yourself)|get a grip)\b",
    _TELLING
    + r"stop (?:whining|moaning|crying|wasting my time|being (?:so )?(?:dramatic|stupid|ridiculous|pathetic))\b",
    r"\b(?:nobody|no one) (?:cares|likes you|would miss you|loves you)\b",
    r"\bi (?:don't|do not) care (?:about you|what happens to you)\b",
    r"\bwhat(?:'s| is) wrong with you\b",
    r"\bi(?:'m| am) (?:sick|tired) of you\b",
)
_DYING = r"(?:die|kill yourself|end it|end your life)"
_URGING = _any_of(
    rf"\b(?:go (?:and )?|just |then |you should (?:just )?|why don't you (?:just )?|please ){_DYING}\b",
    r"^kill yourself\b",
    r"\bif i (?:was|were) you,? i(?:'d| would)(?: probably)? (?:want to )?(?:die|kill myself|end it|be dead)\b",
    r"\bbetter(?: off)? (?:if you (?:were|was) dead|without you)\b",
    r"\b(?:you deserve to die|your life (?:is|'s) not worth)\b",
)
_OPENING = r"^\W*(?:(?:well|ok|honestly|yeah|yes|then|so|hmm|fine|tbh)\b\W*)*"
_ALONG = _any_of(
    *(
        _OPENING + words
        for words in (
            r"if i (?:was|were) you,? i (?:probably |honestly )?would(?: too)?\W*$",
            r"i(?: would|'d| might)(?: probably)? (?:too|do (?:it|the same)(?: too)?)\W*$",
            r"(?:just )?do it(?: then| already)?\W*$",
            r"go (?:ahead|for it)(?:,? (?:then|and do it))\W*$",
            r"maybe you should\W*$",
            r"you should(?: just)? do it\b",
            r"i (?:would(?:n't| not) stop|won't stop) you\b",
            r"(?:that|it)(?:'s| is| would be)(?: probably)? for the best\W*$",
            r"i agree\W*$",
        )
    )
)
_SAID_BACK = _any_of(
    r"\b(?:feel\w*|felt|mean\w*|said|say\w*|tell\w*|told|think\w*|thought\w*|believ\w*|call\w*|hear\w*)\b",
    r"\b(?:not|\w+n't|never|if|whether|when|like|as if|worr\w+|afraid|scared|convinc\w+|made|makes|wish\w*|want\w*)\b",
    r"\b(?:voice|sounds?|seems?|someone|people|they|he|she|him|her)\b",
)


def may_harm(text: str) -> bool:
    """Whether it is worth a closer look: without a hint, neither `abuses` nor `encourages` is true."""
    return _HINTS.search(text.lower()) is not None


def abuses(text: str) -> bool:
    """Whether it insults.

    >>> abuses("you're so dramatic, grow up"), abuses("It sounds like you feel you're weak. You're not weak.")
    (True, False)
    """
    return _holds(_INSULTS, text)


def encourages(text: str) -> bool:
    """Whether it urges to die, or agrees that somebody should, whatever came before."""
    return _holds(_URGING, text)


def goes_along(text: str) -> bool:
    """Whether it agrees or urges, if what it answers were thoughts of suicide: "if i was you i probably would"."""
    return any(_ALONG.search(sentence) for sentence in sentences(plain(text)))


def _holds(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a sentence holds it with nothing before it that says it back, denies it, or asks about it."""
    return any(
        (found := pattern.search(sentence)) is not None and not _SAID_BACK.search(sentence[: found.start()])
        for sentence in sentences(plain(text))
    )
