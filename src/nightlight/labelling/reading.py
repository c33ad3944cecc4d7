"""A message as rules and models read it: lower case, plain marks, texting spellings written out, in sentences."""

import re
from functools import lru_cache

_SPELLINGS = {
    "u": "you", "ya": "you", "yu": "you", "yous": "you", "r": "are", "ur": "your", "urs": "yours", "ure": "you are",
    "youre": "you are", "urself": "yourself", "yourslf": "yourself", "yoursef": "yourself", "urselves": "yourselves",
    "im": "i am", "ive": "i have", "dont": "don't", "doesnt": "doesn't", "didnt": "didn't", "cant": "can't",
    "wont": "won't", "isnt": "isn't", "arent": "aren't", "wasnt": "wasn't", "wouldnt": "wouldn't",
    "couldnt": "couldn't", "shouldnt": "shouldn't", "havent": "haven't", "hasnt": "hasn't", "thats": "that's",
    "whats": "what's", "hows": "how's", "theres": "there's", "heres": "here's", "hes": "he's", "shes": "she's",
    "lets": "let's", "wanna": "want to", "gonna": "going to", "gunna": "going to", "gotta": "got to",
    "thinkin": "thinking", "thinkng": "thinking", "thining": "thinking", "thikning": "thinking", "feelin": "feeling",
    "doin": "doing", "plz": "please", "pls": "please", "bc": "because", "cuz": "because", "cos": "because",
    "ppl": "people", "smth": "something", "sth": "something", "somethin": "something", "rn": "right now",
    "tonite": "tonight", "2nite": "tonight", "tmrw": "tomorrow", "tmr": "tomorrow", "ofc": "of course",
    "prob": "probably", "probs": "probably", "abt": "about", "w": "with", "thru": "through", "k": "ok", "kk": "ok",
    "okay": "ok", "okey": "ok", "yr": "your", "cud": "could", "shud": "should", "wud": "would", "hav": "have",
    "hv": "have", "dya": "do you", "d'you": "do you", "anyfing": "anything", "wat": "what", "wot": "what",
    "toughts": "thoughts", "thougths": "thoughts", "thougts": "thoughts", "thots": "thoughts", "disapear": "disappear",
    "atm": "at the moment", "tho": "though", "bf": "boyfriend", "gf": "girlfriend", "mustve": "must have",
    "dieing": "dying", "diying": "dying", "kiling": "killing", "killin": "killing", "killng": "killing",
    "hurtin": "hurting", "endin": "ending", "untill": "until", "sry": "sorry", "thx": "thanks", "ty": "thanks",
}  # fmt: skip
_SUICIDE = re.compile(r"\bsu?i?[cs]{1,2}i?d(e|es|al|ally|el|le)?\b")
_WORD = re.compile(r"[^\W\d_](?:[\w']*\w)?|\d+")
_END = re.compile(r"(?<=[.!?…])[\"')]*\s+|\n+|\s+[-–—]+\s+")
_ASKING = re.compile(
    r"^(?:(?:and|so|but|ok|also|well|then|now|sorry|wait|please|oh|hmm?|right|alright|yes|no|good|once more|thanks"
    r"|hey|hi|lol|just|or)\b[,.!:;]* *)*"
    r"(?:are|is|am|was|were|do|does|did|has|have|had|can|could|would|will|shall|may|might|any|ever|what|what's|how"
    r"|how's|when|where|which|who|whose|why|hows|is there|you still|still)\b"
)
_INDIRECT = re.compile(
    r"\b(i need to (know|ask)|i (have|want|would like|got) to ask|i'd like to ask|i am asking (if|whether)|i'm asking"
    r" (if|whether)|i (only )?(need|want) to (know|be sure)|tell me (if|whether|when|where|what)|wondering (if|whether)"
    r"|yes or no|let me know (if|whether)|may i ask|can i ask|i ask)\b"
)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The text in lower case with straight quotes and the usual texting spellings and typos written out.

    >>> plain("R u thinking about sucide rn?")
    'are you thinking about suicide right now?'
    """
    lowered = text.lower().replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    written = _WORD.sub(lambda word: _SPELLINGS.get(word[0], word[0]), lowered)
    written = re.sub(r"\b(are|is|so) your (?=[a-z]+ing\b|ok\b|safe\b|sure\b|scared\b|going\b)", r"\1 you ", written)
    return re.sub(r"[ \t]+", " ", _SUICIDE.sub(_suicide, written)).strip()


def _suicide(word: re.Match[str]) -> str:
    return "suicidal" if (word[1] or "").startswith("al") else "suicide"


def words(text: str) -> list[str]:
    """The words of a plain text in order."""
    return _WORD.findall(text)


def sentences(text: str) -> list[str]:
    """The sentences of a plain text, without spaces around them."""
    return [part for part in (piece.strip() for piece in _END.split(text)) if part]


def asks(sentence: str) -> bool:
    """Whether a plain sentence asks something, with or without a question mark."""
    return sentence.rstrip("\"') ").endswith("?") or bool(_ASKING.search(sentence) or _INDIRECT.search(sentence))
