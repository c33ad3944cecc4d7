"""What a texter's words give away, agree to and answer, read from the words alone.

These readers look at what anybody would see who has no plan to look at, so they serve every way to play a texter. They
are lists of words: tests say on the cards' own lines how often they are right."""

import re
from functools import lru_cache

from nightlight.conversations.cards import Card, Fact, burst
from nightlight.conversations.labels import Topic
from nightlight.simulator.checks import HELPER, OUT_OF_CHARACTER, plain
from nightlight.simulator.wording.keeping import content


def _any_of(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE)


LEAST_IN_COMMON = 3  # content words of one line, when they are half of it or more
SHARE_IN_COMMON = 0.5


def given_away(card: Card, text: str, heard: frozenset[str]) -> frozenset[str]:
    """The facts that a message tells: by one of their lines, by a word that only this fact has, or by most of what one
    of its lines holds. `heard`: beginnings of words that were said before, which are no news."""
    new, own = content(text) - heard, plain(text)
    if not new:
        return frozenset()
    found = set()
    for fact, marks in _marks(card):
        told = any(own == line for line in marks.lines) or bool(new & marks.keys)
        if told or any(_is_most_of(new, words) for words in marks.contents):
            found.add(fact)
    return frozenset(found)


def _is_most_of(new: frozenset[str], line: frozenset[str]) -> bool:
    common = len(new & line)
    return common >= LEAST_IN_COMMON and common >= SHARE_IN_COMMON * len(line)


class Marks:
    """What a fact is known by. `keys`: beginnings of words that stand in two or more of its tell lines and nowhere else
    on the card but in them."""

    def __init__(self, fact: Fact, elsewhere: frozenset[str]) -> None:
        messages = [message for line in fact.tell for message in burst(line)]
        self.lines = frozenset(plain(each) for each in messages if len(each.split()) > 3)
        self.contents = tuple(content(line) for line in fact.tell)
        counted = [word for words in self.contents for word in words if len(word) > 3]
        self.keys = frozenset(word for word in counted if counted.count(word) > 1) - elsewhere


@lru_cache(maxsize=256)
def _marks_of(facts: tuple[Fact, ...], open_words: frozenset[str]) -> tuple[tuple[str, Marks], ...]:
    found = []
    for fact in facts:
        others = frozenset().union(*(content(" ".join((*each.tell, *each.asks))) for each in facts if each is not fact))
        hints = content(" ".join(line for each in facts for line in each.hint))
        found.append((fact.id, Marks(fact, others | hints | open_words)))
    return tuple(found)


def _marks(card: Card) -> tuple[tuple[str, Marks], ...]:
    reactions = (line for each in card.reactions.values() for line in (*each.guarded, *each.open))
    risk = (line for each in card.risk_answers.values() for line in (*each.tell, *each.hedge))
    endings = (line for lines in vars(card.endings).values() for line in lines)
    story = (card.goal.says, *card.goal.steps)
    return _marks_of(card.facts, content(" ".join((*card.opening, *reactions, *risk, *endings, *story))))


AGREES = _any_of(
    r"^(yes|yeah|yep|sure|ok(ay)?|alright|all right|of course|absolutely|definitely|please|fine)\b",
    r"\b(that|it)('s| is|'d be| would be| sounds)( really| very| so)? (good|great|nice|helpful|perfect|lovely)",
    r"\bsounds (good|great|nice|like a (good )?plan|helpful|perfect)\b",
    r"\blet'?s (do|make|try|start|talk|call|work)\b",
    r"\bi('d| would) (really )?(like|love|appreciate|welcome)\b",
    r"\bi('m| am| would be|'d be) (happy|glad|willing|ready|open)\b",
    r"\bi('ll| will| can| could) (call|try|make|talk|reach|do (it|that)|speak|text|ask)\b",
)
BUT = _any_of(
    r"\b(but|idk|dunno|don'?t|can'?t|won'?t|not|no|maybe|might|guess|depends|why|what|who|how|later|stop|lol|if)\b",
    r"\?",
)


def agrees(text: str) -> bool:
    """Whether a reply to an offer takes it. A bare "ok" or "sure" is none: people write it to be left alone.

    >>> agrees("Yes, I would like that"), agrees("ok"), agrees("yeah idk"), agrees("sounds good, let's do it")
    (True, False, False, True)
    """
    return len(text.split()) > 1 and bool(AGREES.search(plain_quotes(text))) and not BUT.search(plain_quotes(text))


YES = _any_of(
    r"^(yeah|yep|ye|yup|affirmative|once|i do\b|i have\b)",
    r"^((just )?(one|another)( other)? time|twice|a (couple|few) (of )?times)\b",
    r"\byes\b",
    r"\bi('ve| have)?( been)? (think|thought|thinking) (about|of) (it|that|this|killing|ending|dying|suicide)",
    r"\bi('ve| have)?( been)? (think|thought|thinking) (about|of) (being (gone|dead|where)|not)",
    r"\bi('m| am) suicidal\b",
    r"\bi('ve| have) thought\b",
    r"(?<!not )(?<!no )\bkilling myself\b",
    r"(?<!n't )(?<!dont )(?<!not )\b(want|wanted) to (die|be dead)\b",
    r"\bif i (was|were) dead\b",
)
YES_OF_ANOTHER = _any_of(
    r"\b(he|she|they|s?he'?s|they'?re)( is| are)? (really )?(going to|gonna) (do it|die|end it|kill)\b",
    r"\b(he|she|they) (really )?(wants?|wanted) to (die|be dead|do it|end it)\b",
    r"\b(he|she|they) (thinks?|thought|talks?|talked) (about|of) (dying|suicide|killing (him|her|them)sel(f|ves))\b",
)
DENIED = _any_of(r"\b(don'?t|do not|doubt|not|never|no)\b")
HALF = _any_of(
    r"\bwak(e|ing) up\b",
    r"\bwoke up\b.*\b(mad|sad|sorry|angry|annoyed|disappointed|gutted)\b",
    r"\bnot (be|being|exist|existing|here|minding|bothered|not)\b",
    r"\b((dis)?appear|gone|exist|better off|be(ing)? here|wasn'?t (here|there)|be with (her|him)|go(ing)? to sleep)\b",
    r"\b(wish|kind of|sort of|sometimes|some days|easier|rather|a bit|pause|finished|tak(e|en|es))\b",
    r"\bwould(n'?t| not) (do|mind)\b",
    r"\bnot (in (a|the) way|the kind)\b",
    r"\bcomes and goes\b|\bbe lying if\b|(?<!never )(?<!not )(?<!n't )\bthought\b",
)
NO = _any_of(
    r"^(oh god )?(no+|nope|nah|never|negative|not)\b",
    r"\bnever\b|\bno\b|\bnot suicidal\b|\bi('m| am) not\b",
    r"\bi (don'?t|do not) (want to die|think)",
    r"\bi (haven'?t|have not|did not|didn'?t|would not|wouldn'?t)\b",
)
OTHER_PERSON = _any_of(
    r"\byou('re| are) (feeling|going through|struggling|not alone|thinking)\b",
    r"\b(are|do|have) you (feel|having|thinking|ok|been|safe|want)|\bhow (are|do) you\b|\btell me more\b",
    r"\b(help|support) you\b|\bfor you\b|\b(glad|happy) (you|to help)\b",
    r"\bi('m| am) (so )?sorry (to hear|that you|you)",
    r"\byour (feelings|safety|thoughts|situation)\b",
)
LONG_FOR_AN_ANSWER, LONG_FOR_A_HEDGE = 60, 30  # words


def is_from_the_helper(text: str) -> bool:
    """Whether a reply speaks as the one who helps, or steps out of the conversation.

    >>> is_from_the_helper("I'm sorry to hear that you are struggling"), is_from_the_helper("are you a real person")
    (True, False)
    """
    found = plain_quotes(text)
    return bool(OTHER_PERSON.search(found) or HELPER.search(found) or OUT_OF_CHARACTER.search(found))


def says_yes(text: str) -> bool:
    return bool(YES.search(plain_quotes(text)))


def says_no(text: str) -> bool:
    return bool(NO.search(plain_quotes(text)))


def says_yes_of_another(text: str) -> bool:
    """A yes about a third person, with no denial in the same sentence.

    >>> says_yes_of_another("its not me. shes going to do it"), says_yes_of_another("i dont think shes going to do it")
    (True, False)
    """
    sentences = re.split(r"[.!?]", plain_quotes(text))
    return any(YES_OF_ANOTHER.search(each) and not DENIED.search(each) for each in sentences)


def flat_no(text: str) -> bool:
    """A no with nothing beside it that lets the truth through."""
    return says_no(text) and not says_yes(text) and not HALF.search(plain_quotes(text))


def is_about_another(card: Card) -> bool:
    """Whether the texter worries about somebody else, whose risk the answers may be about."""
    return Topic.THIRD_PARTY in card.topics


def answers_fairly(text: str, truth: str, *, again: bool, of_another: bool = False) -> bool:
    """Whether a reply to a plain question about suicide fits the truth ("none", "passive", "active"): at first a hedge
    will do, asked again or at length only the truth. A helper's words and a speech are no answer. `of_another`: a yes
    about somebody else is one too.

    >>> answers_fairly("i dont know what i think", "active", again=False)
    True
    >>> answers_fairly("no, never", "active", again=False), answers_fairly("yes. most days", "active", again=True)
    (False, True)
    """
    if not text.strip() or is_from_the_helper(text) or len(text.split()) > LONG_FOR_AN_ANSWER:
        return False
    half = bool(HALF.search(plain_quotes(text)))
    match truth:
        case "active":
            true, untrue = says_yes(text) or half or (of_another and says_yes_of_another(text)), flat_no(text)
        case "passive":
            true, untrue = says_yes(text) or says_no(text) or half, False
        case _:
            true, untrue = says_no(text), says_yes(text) and not says_no(text)
    if again or len(text.split()) > LONG_FOR_A_HEDGE:
        return true
    return true or not untrue


def plain_quotes(text: str) -> str:
    return text.strip().replace("’", "'")
