"""The trainee's own wellbeing: telling when somebody at practice speaks of themselves and not as a counselor.

Rules, not a model: they lean towards stopping. A false stop costs a click; a missed one leaves somebody alone with it.
What was written is not kept, not scored and not shown to a supervisor unless the person wishes it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from nightlight.languages import N_

QUOTED = re.compile(r"[\"“”][^\"“”]*[\"“”]")  # words offered to the texter to say are not the trainee's own
REPORTED = re.compile(r"\b(?:when |what )?you (?:said|say|wrote|write|typed|mean|told me)\b.*")  # nor are these
TO_TEXTER = re.compile(r"\b(you|your|youre|yours|youve|u|ur)\b")

_ADVERBS = (
    r"(?:so |really |actually |literally |honestly |just |too |very |still |also |sometimes |here |sitting |rn )*"
)
_IM = rf"\b(?:im|i am|am) {_ADVERBS}"
_CANT = (
    r"(?:^|\bi |\bnope |\bsorry |\bjust )"
    r"(?:can ?not|cant|couldnt|dont think i can|do not think i can|do not feel able to)\b"
)
_OWN = (
    r"my (?:own |best |little |big |older |younger |ex |late )*(?:brother|sister|mum|mom|mother|dad|father|son|daughter"
    r"|friend|cousin|uncle|aunt|nephew|niece|husband|wife|partner|girlfriend|boyfriend|flatmate|roommate|ex|nan|gran"
    r"|grandad|family|mate|child|kid)"
)

ALWAYS = (
    # stopping
    r"^(?:ok |please |pls |sorry |no )*stop(?: stop| please| pls| it| this)*$",
    r"^(?:this is |its |thats |way |ok )*too much(?: for me)?$",
    r"\bi (?:really |just )?(?:need|have|want|must|should|would like|d like|had better)(?: to| ti)? (?:stop|pause)\b"
    r"(?! (?:you|us|there|at|and (?:ask|check)|for a (?:second|sec|moment) and))",
    r"\bi (?:need|want|have to|must|should)(?: to)? (?:take )?(?:an? )?(?:break|pause|minute|min|step away|step out)\b",
    r"^(?:just )?need (?:a|to) (?:break|pause|stop|minute|min)\b",
    r"\bi (?:want|need)(?: to (?:get|be))? out\b",
    r"^(?:ok )?im (?:out|done)\b",
    r"\b(?:can|could|may) (?:i|we|someone|somebody) (?:please )?(?:stop|pause|end|quit|leave|do another)\b"
    r"(?! (?:you|there|at))",
    r"\b(?:please|pls) (?:end|stop)(?: this)?(?:$| im\b| i\b)",
    r"\b(?:stop|stopping|end|ending) (?:this|the) (?:practice|session|chat|exercise)\b",
    r"\bi (?:do not|dont|not) want to (?:do|play|make|continue|go on|carry on)\b",
    r"^dont want to (?:do|play)\b",
    r"\bim (?:stopping|going to stop (?:here|now|because)|ending this)\b",
    r"\bsorry stopping\b",
    # the words get to them
    r"\btoo (?:much|hard|heavy|real|painful|raw|difficult|upsetting) for me\b",
    r"\b(?:im|am|got|feel) triggered\b",
    r"\b(?:upsetting|destroying|scaring|hurting|killing|affecting|breaking|getting to) me\b(?! to)",
    r"\bmess(?:ing|es) with my head\b",
    r"\b(?:this|it)(?: \w+)? (?:is |s )?(?:making|makes|make|made) me (?:feel|panic|want|cry|so|very|sad|sick)\b",
    r"\b(?:this|it)(?: \w+)? (?:is |s )?(?:making|makes|make|made) it worse\b",
    r"\b(?:remind|remember)(?:s|ing)? me(?: of)? my\b",
    r"\bbeyond what i can\b",
    # cannot go on
    rf"{_CANT} (?:do|handle|finish|continue|carry on|go on|keep going|read|face|take|manage|cope with)"
    r"(?: any more of)? ?(?:this|it|reading|with|on|the|anymore|any more|card|$)(?! (?:from here|for you))",
    rf"{_CANT} (?:breathe|stop (?:crying|shaking)|be objective|pretend|sit here|think$)",
    r"^(?:nope |no |sorry |ok )*(?:i )?(?:cant|can not)$",
    r"\band i cant$",
    # the body
    rf"{_IM}(?:crying|shaking|sobbing|panicking|freaking|trembling|in tears|numb)\b",
    r"\bmy (?:hands|chest|heart|head|body|stomach) (?:is|are|s|feels?) (?!fine)\w+",
    r"\bi feel (?:so |really |very )?(?:sick|numb|unwell|overwhelmed|panicky|dizzy)\b",
    r"\bi feel (?:so |really )?awful\b(?! about| for)",
    # themselves, now
    rf"{_IM}(?:struggling|overwhelmed|suicidal)\b(?! with (?:that|how))",
    rf"{_IM}not (?:doing )?(?:ok|okay|well|safe|coping|great|alright|fine|in a good place|ready to)\b(?! with)",
    r"^not ok\b",
    r"\bi (?:do not|dont) feel (?:safe|ok|okay|able)\b",
    r"\b(?:kill|hurt|harm|cut) myself\b",
    r"\bsuicid\w* (?:thoughts )?myself\b",
    r"\bive been (?:so )?suicidal\b",
    r"\bi (?:\w+ )?(?:want|wanna|wish) (?:to |i (?:was|were) )(?:die|dead|disappear)\b",
    r"\bmy own (?:attempt|thoughts)\b",
    r"\b(?:having|have|had) these thoughts (?:too|myself)\b",
    r"\bme too i have\b",
    r"\bi think about ending (?:it|things)\b",
    r"\b(?:get|need|want) (?:some )?help (?:for )?myself\b",
    r"\bhow i(?: am|m) feeling myself\b",
    r"\bsupport for (?:me|volunteers)\b",
    r"\b(?:who do i|someone i can|somebody i can) talk to\b",
    r"\ba real person talk to me\b",
    r"\bi need to talk to (?:someone|somebody)\b",
    r"\b(?:me|i|myself) not the texter\b",
    r"\bi mean me\b",
    r"\bif its me\b",
    r"\bwhat if its me\b",
    r"\bout of (?:role|character)\b",
    r"\b(?:isnt|not) (?:for the |in the |just )?(?:practice|game|role ?play)\b(?! here)",
    r"\bnot answering as a counsell?or\b",
    r"\bspeaking as myself\b",
    r"\bim the one who (?:needs|feels|isnt)\b",
    r"\bother side of this chat\b",
)
"""Fire whatever else the message says."""

UNADDRESSED = (
    r"\btoo (?:close|near)(?: to home)?\b",
    r"\bclose to home\b",
    r"\b(?:this|it) (?:is|s) (?:way |much |all )?too real\b",
    r"\btriggering(?: me)?$",
    r"\bflash ?backs?\b",
    r"\bpanic attack\b",
    rf"\b(?:this|that|it|the same(?: thing)?|same thing) happened (?:to|with) (?:me|{_OWN})\b",
    r"\bthis is (?:what|how) happened to me\b",
    rf"\b{_OWN} (?:died?|killed|took (?:his|her|their) (?:own )?life|did (?:this|the same)|went through this)\b",
    rf"\b(?:lost|buried|found) {_OWN}\b",
    r"\b(?:i was|been) \w+ too\b",
    rf"\b(?:what|as) {_OWN} did\b",
    rf"\b{_OWN} is going through this\b",
    r"\bi (?:\w+ )?feel (?:exactly |just )?(?:like|the same as) (?:that|this|her|him|them|she|he|the texter)\b",
    r"\bhonestly same\b",
    r"\bfeeling like (?:this|that|the texter|her|him)\b",
    r"\bthis is (?:literally )?(?:me|my life)\b",
    r"\bi(?:ve| have) been through this\b",
    r"\bi(?: dont| do not) want to be here\b",
    r"\bi also want it to stop\b",
    r"\bthe same thing in my life\b",
    r"\bmyself\b.*\b(?:bad|worse|hard) \w+",
    r"\b(?:bad|rough|hard) (?:night|day|time|week) myself\b",
    rf"{_IM}(?:upset|anxious|exhausted|not good)\b",
    r"\bim not (?:ok|okay)\b",
    r"\bi feel bad\b",
    r"\bbring(?:s|ing) (?:this|it|everything|that|things) (?:all )?(?:back|up)\b",
    r"\b(?:am|im|keep|here|start|started) crying\b",
    r"\bi hate this\b",
    r"\bi need help\b",
    r"\b(?:want|going) to stop\b",
    r"^(?:sorry )?i must stop\b",
    r"\b(?:very |so )?distress(?:ing|ed) (?:to me|for me)?\b.*\b(?:not|stop|continue)\b",
    r"\bwhat i would write\b",
    r"\bused to (?:cut|self ?harm|drink)\b.*\bme\b",
    r"\btaking care of myself\b",
)
"""Fire when the message is not addressed to anyone: said to the texter, the same words are a counselor's."""

_ALWAYS = tuple(map(re.compile, ALWAYS))
_UNADDRESSED = tuple(map(re.compile, UNADDRESSED))


def speaks_of_own_distress(text: str) -> bool:
    """Whether a trainee who wrote this speaks of their own distress, out of the counselor's role.

    >>> speaks_of_own_distress("I need to stop, this happened to my brother")
    True
    >>> speaks_of_own_distress("It sounds like it's all too much for you right now.")
    False
    """
    words = _plain(text)
    if any(pattern.search(words) for pattern in _ALWAYS):
        return True
    return not TO_TEXTER.search(words) and any(pattern.search(words) for pattern in _UNADDRESSED)


def _plain(text: str) -> str:
    """Lower case, without words that are quoted, apostrophes and marks."""
    unquoted = QUOTED.sub(" ", text.lower()).replace("'", "").replace("’", "")
    return REPORTED.sub("you", " ".join(re.sub(r"[^\w\s]", " ", unquoted).split()))


@dataclass(frozen=True)
class Pause:
    """What a trainee reads when the play stops for their own sake; the page adds the line's human contact."""

    title: str
    words: tuple[str, ...]
    talk: str
    choices: tuple[str, ...]


def pause(*, say: Callable[[str], str] = str) -> Pause:
    """The words, calm and few. Nothing is scored, and nobody is told unless the person wishes it."""
    return Pause(
        title=say(N_("Let's stop here")),
        words=(
            say(N_("It sounds like this is about you, not only about the practice. Thank you for saying it.")),
            say(N_("The texter is played and is fine without you. You can leave this right now.")),
            say(N_("This practice does not count. Nobody is told about it unless you want them to be.")),
        ),
        talk=say(N_("You don't have to be alone with it. Here is a person you can talk to:")),
        choices=(
            say(N_("Leave the practice")),
            say(N_("Take a break and decide later")),
            say(N_("I meant the texter: go on")),
        ),
    )
