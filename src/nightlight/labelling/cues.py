"""Whether a texter's message gives a cue to ask about suicide: plain words, or the usual veiled ones.

The rule is on its own: one message, no model, so that whoever needs it can say why it fired."""

import re

from nightlight.labelling.reading import plain

DIRECT = re.compile(
    r"\bsuicid\w*|\b(kill|killing|killed) (myself|me\b(?! with))|\bkms\b|\b(end|ending|ended|take|taking|took) (my|this|his|her|their) (own )?li(fe|ves)\b"
    r"|\b(want\w*|wish\w*|rather|better( off)?|ready|trying|tried|like|like i am|thinking (of|about)|thoughts (of|about)|going to|wouldn't mind|just|please)( \w+){0,2} (die|dead|dying)\b"
    r"|\b(end|ending|ended) (it|things|everything)( all)?\b(?! with)|\bself[- ]?harm\w*|\b(cut|cutting|hurt|hurting|harm\w*|burn\w*) (myself|my (arms?|legs?|wrists?))\b|^i (cut|cut again|relapsed cutting)\b"
    r"|\boverdos\w+|\b(tried|attempt\w*) to (end|kill)|\bmy (last|suicide|goodbye) (note|message|letter|night)|\b(took|taken|swallowed) (the |all |some |too many |my )?(pills|tablets|them all|something)"
)
VEILED = re.compile(
    r"\b(not|\w*n't|never|no longer) (want to |wanna |going to |be |have to )?(be|live|wake up|exist|see tomorrow|around|here)( here| alive| around| any ?more| any longer)*\b(?= *($|[.,!?]|any|tomorrow|for|much|when|to see|after|by))"
    r"|\b(better off|easier|happier|fine|manage|cope) (if|without) (me\b|i (wasn't|was gone|were gone|disappeared|died))|\bif i (wasn't (here|around|alive)|was(n't| not)? (gone|born)|were gone|disappeared|died|never woke|didn't wake|went away for good)"
    r"|\b(no|any|the|what's the|what is the) (point|reason)(\W*$|.{0,20}\b(liv\w+|going on|any ?more|of me|being here|staying|carry\w*|tomorrow)\b)|\bno (way out|future|reason to)\b|\bnothing left\b|\bcan't (do|take|go|carry|live|keep|bear)( this| it| on| doing this| going| like this)*( any ?more| any longer| much longer| on)\b"
    r"|\b(done|over|finished|through|tired|sick) (with|of) (life|living|being (here|alive)|it all|everything|existing)\b|\b(burden|waste of (space|air|oxygen))\b|\b(nobody|no one|noone) (would|will|'d) (miss|notice|care)"
    r"|\b(sleep|asleep|rest) (for ?ever|and (not|never) wake)|\bnot (wake|waking) up\b|\bnever (wake|been born)\b|\b(say|saying|said|this is|writing|wrote|my) (my )?goodbyes?\b|\bgoodbye (forever|everyone|for good)\b|\b(won't|not going to) (be (here|around|alive|needing)|matter|need (it|them)|see)\b"
    r"|\b(disappear|vanish|join (him|her|them)|be with (him|her|the angels)|give up|gave up on life|want out|check out|go to sleep)\b|\b(hate|worthless|hopeless|pointless)\b.*\b(life|alive|living|everything)\b|\bdark thoughts\b|\bthoughts (again|are (back|loud))|\bgave away\b|\bwrote (a )?(note|letters?)\b|\b(don't|can't) see myself (at|in|being|past|alive)|\bhave a (plan|way)\b|\bit would be over\b|\bwant it (all )?to (stop|end|be over)\b"
)
NEAR = re.compile(
    r"\b(pray|hope|wish|hoping|wishing)\b.*\b(\w*n't|not|never) wake|\b(about|of) (dying|death)\b|\b(stay|be|being) alive\b|\b(when|if|once) i('m| am|'ve| have)?( been)? gone\b|\bgone for good\b|\bif i go\b.*\b(too|with)"
    r"|\b(do|doing) it (tonight|soon|now|today|again|after|before|when|if)\b|\bway to do it\b|\b(scared|afraid|too \w+) to do it\b|\b(brother|sister|dad|mum|friend|cousin|uncle) did it\b|\bhow (he|she|they) did it|\b(nearly|almost|about to) (did|do|done|ended|went too far)\b|\bi (once )?tried (once|it|again|last|before|to (die|end))|\b(real )?attempt\b"
    r"|\b(thought|thinking|think) (about|of) (a few |some |the )?(ways|how|it (again|most|every|for|all))|\bthink(ing)? about it (for|most|but|all)|\bthose thoughts|\bthese thoughts|\bstill have thoughts|\bthe thoughts\b|\b(a|my|the|his|dad's) (gun|firearm|weapon)\b|\bthe gun\b|\bhave the means\b|\bsomething sharp\b"
    r"|\bposted (a )?goodbye|^\W*goodbye\W*$|\bi am (so )?done\W*$|\bso tired of (fighting|trying|living|it)\b|\bhad enough\W*$|\b(can't|don't) trust myself\b(?! near)|\bbefore i do something|\bscared of (my own head|myself|what i)|\b(be|being) (a |my |anyone's )?problem (any|much)|\bnone of this will\b|\bdoing (them|everyone|you) a favou?r|\b(gave|giving|given) (my \w+|it all|everything|stuff) away"
    r"|\bwrote (them|her|him|everyone|my \w+) (a |some )?(letters?|notes?)|\bjust want (peace|it over|out)\b|\bwish(ed)? i (was|were)n't (here|born)|\bwish i was never\b|\bout of (life|here for good)|\bangels\b"
)
NOT_MEANT = re.compile(
    r"\b(this|the|my|these|his|her|that|school|work|homework|exams?|heat|back|head|feet|shoes?|suspense|\w+ing|job) (\w+ )?(is|are|was|were|'s) (literally |absolutely |slowly |actually )?killing me\b|\bkilling me\b(?! (slowly|inside))"
    r"|\b(could|would|'ll|will|gonna|going to) (literally |just |actually )?(kill (him|her|them|me|you)\b)|\bdying (of|from|to|for|laughing|over)\b(?! (live|life))|\bdie of (embarrassment|boredom|shame|laughter)|\b(dead|die) (tired|laughing|bored|serious|line)|\bphone (is |was |'s )?(dead|dying|about to die)|\bbattery\b|\b(i'm|i am|im) dead (lol|haha|omg)|\b(lol|haha|omg) (i'm|i am|im) dead"
    r"|\b(suicide squad|suicide (film|song|book|prevention|hotline job))|\bkill (for|time|the mood|the vibe)|\bto die for\b|\bnot (suicidal|going to (kill|hurt|do anything)|thinking of (suicide|dying))|\b(no|never) (suicid\w+|thoughts of (suicide|dying)|thoughts like that)|\b(don't|do not|not) want to (die|kill myself|hurt myself)\b"
    r"|\bdied (by|of|from) suicide|\bplan for the\b|\b(on|about|with|like this) (with )?(dad|mum|him|her)\W*$|\bwant out of (care|this (job|house|relationship|marriage))|\bdidn't even say goodbye|\bin case (of )?death\b|\b(a|the|his|her|sudden|after the) death (of|in)\b"
    r"|\bend (it|things) with (him|her|them|my)\b|\bend of (it|the)\b"
)


def has_risk_cue(text: str) -> bool:
    """Whether a texter's message holds a cue to ask about suicide or self-harm, said plainly or veiled.

    >>> has_risk_cue("everyone would be better off without me"), has_risk_cue("this exam is killing me")
    (True, False)
    """
    left = NOT_MEANT.sub(" ", plain(text))
    return any(cue.search(left) for cue in (DIRECT, VEILED, NEAR))
