"""What a texter's words say about risk, as named marks: evidence for a model, none of them decides alone.

Each mark is a pattern over plain text (reading.plain). How the message answers a question about risk is a mark too."""

import re
from collections.abc import Iterator

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.cues import DIRECT, NEAR, NOT_MEANT, VEILED
from nightlight.labelling.reading import plain, words
from nightlight.labelling.rules import RULES, RUNGS, hits

MARKS: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern)
    for name, pattern in {
        "i": r"\b(i|i'm|i've|i'd|i'll|me|myself|my)\b",
        "other person": r"\b(he|she|they|him|her|his|friend|brother|sister|mum|mom|dad|mother|father|son|daughter|kid|cousin"
        r"|uncle|aunt|neighbou?r|colleague|mate|boyfriend|girlfriend|husband|wife|partner|roommate|flatmate|classmate)\b",
        "other's dying": r"\b(he|she|they|who|friend|brother|sister|mum|mom|dad|son|daughter|cousin|uncle|aunt|mate|kid|neighbou?r"
        r"|wife|husband|partner)\b.{0,30}\b(kill\w*|suicid\w*|die|died|dying|dead|overdos\w*|end(ed|ing)? (it|their|his|her)|took (his|her|their) (own )?life|hurt\w* (himself|herself|themselves)|self[- ]?harm\w*)",
        "denied": r"\b(not|never|no|\w*n't|without|don't worry)\b.{0,25}\b(suicid\w*|kill\w*|die|dying|hurt\w*|harm\w*|end(ing)? (it|my)|do (it|anything|that)|plan\w*|thoughts?|like that|go there)\b|^\W*(no|nope|nah|never|not really|god no|course not|i am not|i'm not|of course not|definitely not)\b",
        "past": r"\b(used to|years? ago|months? ago|weeks? ago|back (then|in|when)|last (year|month|summer|winter|spring|autumn|time|week)|when i was|in the past|once|before|ages ago|at (school|uni|\d+)|in \d{4}|since (then|i was)|as a (teen\w*|kid|child|student)|was \d+|haven't .{0,20}since|long time ago|previous\w*)\b",
        "not any more": r"\b(not|\w*n't|no) .{0,20}(any ?more|these days|since|now|for (a long|years|months))\b",
        "now or soon": r"\b(tonight|today|right now|now|tomorrow|in (a few|an?|the next|\d+) (hours?|minutes?|mins?)|this (evening|morning|afternoon|weekend|minute)|soon as|when (they|she|he|everyone|mum|dad|the kids)('s| is| are|'re| have| has)? (asleep|gone|left|out|go|goes|leave|leaves)|before (they|she|he|mum|dad|morning|anyone)|by (morning|tomorrow|the time|midnight)|already|just (took|taken|did|done)|about to|any minute|last (night|message|text|time))\b",
        "meant soon": r"\b(want|going|ready|about|plan\w*|need|have) to (kill myself|die|end (my life|it all|it|everything)|take my (own )?life|be dead)( \w+){0,4} (tonight|now|today|tomorrow|this (evening|morning|afternoon|weekend)|in (an?|a few|\d+) (hours?|minutes?))\b(?! (with|because|if))"
        r"|\b(tonight|today|tomorrow|this evening|right now)\b.{0,12} i('m| am| want| will|'ll)( going)?( to)? (kill myself|die|end (my life|it all|it)|take my (own )?life)\b",
        "everyday time": r"\b(see|talk|text|speak|chat|meet\w*|catch)( to| with)? (you|u|ya|him|her|them|my \w+)( \w+)? (tomorrow|tonight|today|later|soon|then|again)\b"
        r"|\b(party|exams?|tests?|shift|flight|game|match|meeting|appointment|interview|train|bus|film|movie|concert|dinner|class|lessons?|work|school|homework|rehearsal|training|wedding|deadline|delivery|date|visit|bed|rent)\b.{0,25}\b(tonight|tomorrow|today|now|in (an?|a few|\d+) (hours?|minutes?|mins?)|this (evening|morning|afternoon|weekend))\b"
        r"|\b(tonight|tomorrow|today|this (evening|morning|afternoon|weekend))\b.{0,25}\b(party|exams?|tests?|shift|flight|game|match|meeting|appointment|interview|train|bus|film|movie|concert|dinner|class|lessons?|work|school|homework|rehearsal|training|wedding|deadline|delivery|date|visit|rent)\b|\bgood ?night\b|\bgoing (home|to (bed|sleep|work|school|the shops?))\b",
        "later": r"\b(after (christmas|exams?|the|my|new year|graduation|summer)|next (week|month|year)|in (a|the) (week|month|spring|summer)|(on|by) my birthday|when i turn|in (january|february|march|april|may|june|july|august|september|october|november|december)|some ?day|one day|eventually|the (first|end) of)\b",
        "plan": r"\b(plan\w*|how (i'd|i would|i'll|i will|to do it|i want)|worked (it )?out|decided|know (exactly |just )?(how|when|where|what)|figured (it )?out|made up my mind|all set|arrang\w+|prepar\w+|rehears\w+|look(ed|ing) (it |things |stuff )?up|research\w*|method|way to (do|end|go)|ways? (of|to)|practis\w*|practic\w*|set a date|picked (a|the)|chosen)\b",
        "means": r"\b(pills?|tablets?|meds|medication|gun|weapon|firearm|something sharp|sharp|blades?|the car|drawer|stash|saved (up|them)|bought|got (them|it|what i need|everything)|next to me|in (my|the) (hand|pocket|bag|drawer|room)|holding|beside me|with me|on the (table|bed)|in front of me)\b",
        "asks how": r"\b(how (many|much|long|do (you|people|i)|would|can (i|you|someone))|what('s| is| are) the (best|easiest|quickest|least|most)|does it hurt|would it hurt|painless|is there a way|tell me how|which)\b",
        "letters": r"\b(wr(ote|iting|itten)|leav\w+|left)\b.{0,25}\b(note|letters?|goodbyes?|message)|\bgoodbyes?\b|\bgave (away )?my\b|\bgiv(e|ing|en) (away|my)\b|\bsorted (out )?(my|who|the)|\bwill\b.{0,15}\b(done|written|signed)|\bpasswords?\b|\bwho (gets|will (look after|feed|take))|\blook after (my|the)|\brehom\w+",
        "done": r"\b(i (took|have taken|'ve taken|swallowed|already|just (took|did|cut))|took (them|the|all|too|a (lot|load|whole))|already (took|taken|did|done|started)|it's done|too late)\b",
        "harm self": r"\b(cut(ting)?|hurt(ing)?|harm(ing|ed)?|burn(ing|ed|t)?|scratch\w*|hit(ting)?|punch\w*|injur\w*)\b.{0,15}\b(myself|me|my (arms?|legs?|skin|thighs?|wrists?|head))\b|\bself[- ]?harm\w*|\bsh\b|\burge(s)?\b|\brelaps\w+|\bi cut\b|\bcutting\b|\bhurt myself\b|\bclean (for|since)\b",
        "harm others": r"\b(hurt|kill|hit|stab|shoot|beat|punch|harm|attack|get|strangle|smash|murder)(ing)?\b.{0,15}\b(him|her|them|someone|somebody|people|the (baby|kids?)|my (\w+ )?(dad|mum|mom|brother|sister|boss|ex|husband|wife|baby|son|daughter|neighbou?r|stepdad|father|mother|kids?)|everyone)\b",
        "abuse": r"\b(hits?|hitting|beats?|beat(ing)? me|slap\w*|chok\w*|threat\w*|rap(e|ed)|assault\w*|abus\w*|touch(es|ed|ing)? me|forc(es|ed|ing)|controls?|locks? me|hurts me|violent|afraid of (him|her|my)|scared of (him|her|my)|molest\w*|groom\w*|nudes|blackmail\w*)\b",
        "substance": r"\b(drunk|drink\w*|drank|booze|alcohol|vodka|wine|beers?|whisk(e)?y|sober|high|stoned|weed|coke|drugs?|pills?|tablets?|meds|medication|overdos\w*|sniff\w*|ket|pints?|bottle|hangover|relapse\w*|meth|heroin|painkillers?|prescription)\b",
        "holds": r"\b(for (my|the) (kids?|son|daughter|dog|cat|mum|mom|sister|brother|baby|family)|because of (my|him|her|them)|keeps? me|(can't|couldn't|wouldn't|won't) (do that to|leave) (her|him|them|my)|promised|called (my|a|the)|talk(ing)? to you (helps|is)|i'll (call|text|tell|give|wait|stay)|calmer|better (now|than)|safe (now|here|tonight)?|with (my|a) (friend|sister|mum|mom|brother|wife|husband)|helps|hope|reasons? (to|for)|therap\w*|counsell?or|doctor|locked (it|them) (up|away)|gave (them|it|the keys) to)\b",
        "told": r"\b(film|movie|book|series|show|song|lyrics?|episode|article|news|documentary|podcast|character|poem|essay|class|lesson|teacher|game|meme|joke|quote|said|says|read|watch\w*|heard|headline|someone asked|what if|imagine|hypothetic\w*|would you|if someone|philosoph\w*)\b",
        "laughs": r"\b(lol|haha\w*|lmao|hehe|jk|omg|rofl|literally)\b|😂|🤣|😅",
        "no point": r"\b(no point|pointless|hopeless|worthless|useless|burden|tired of (living|life|being|everything|it)|better off|never wake|not wake|disappear|gone|vanish|wish i (wasn't|weren't|was|could)|can't (go on|do this|keep|take|anymore)|give up|nobody (would|cares)|no one (would|cares)|nothing (left|matters)|done with|over it|sick of|not (be )?here|exist\w*|end|stop existing|sleep forever|rest|peace|out of the way)\b",
    }.items()
}
YES = re.compile(
    r"^\W*(yes|yeah|yea|yep|yup|yh|ya|ye|mhm|mm+|i (do|have|am|did|guess so|think so)|kind of|sort of|a bit|sometimes|maybe|probably|most days|every (day|night)|all the time|a lot|often|always|i guess|guess so|obviously|of course|absolutely|correct|true|ok|okay)\b"
)
NO = re.compile(
    r"^\W*(no|nope|nah|never|not|i don't|i haven't|i'm not|i am not|i wouldn't|i didn't|none|nothing|god no|course not|of course not|absolutely not|definitely not)\b"
)
UNSURE = re.compile(r"\b(idk|don't know|dunno|not sure|unsure|can't say|rather not|don't want to (say|talk))\b")
ANSWERS = {"yes": YES, "no": NO, "unsure": UNSURE}
CUES = ("direct", "veiled", "near")
TELLING = frozenset(
    f"m:{name}"
    for name in (
        *("now or soon", "later", "means", "plan", "past", "holds", "done"),
        *("denied", "other person", "substance", "letters"),
    )
)
"""Marks that say something else when they answer a question about risk."""
SHORT = 6  # words of an answer


def cue_marks(text: str) -> list[str]:
    """The marks of a message by itself: cues (as cues.has_risk_cue finds them), and what else its words name."""
    message = plain(text)
    left = NOT_MEANT.sub(" ", message)
    found = []
    for name, pattern in (("direct", DIRECT), ("veiled", VEILED), ("near", NEAR)):
        if pattern.search(left):
            found.append(f"m:{name}")
        elif pattern.search(message):
            found.append(f"m:{name}, not meant")
    if left != message:
        found.append("m:idiom")
    return found + [f"m:{name}" for name, pattern in MARKS.items() if pattern.search(message)]


def risk_marks(text: str, before: str = "") -> Iterator[str]:
    """The marks of a texter's message that answers the counselor's `before`. A time, a plan, a thing at hand say
    nothing by themselves ("my exam is tomorrow"): beside a cue, or as an answer about risk, they are marks of their own."""
    message, asked = plain(text), _asked(before)
    found = cue_marks(text)
    cued = any(f"m:{name}" in found for name in CUES)
    for mark in found:
        if mark not in TELLING:
            yield mark
            if cued:
                yield f"{mark} and a cue"
        elif cued or asked:
            yield from ([f"{mark} and a cue"] if cued else []) + [f"{mark} to {rung}" for rung in asked]
        else:
            yield f"{mark} alone"
    size = "short" if len(words(message)) <= SHORT else "long"
    answer = next((name for name, pattern in ANSWERS.items() if pattern.search(message)), "else")
    for rung in asked:
        yield f"m:asked {rung}"
        yield f"m:{answer} {size} to {rung}"
    if not asked:
        yield f"m:{answer} {size}"


def _asked(before: str) -> list[str]:
    """The rungs that the counselor's message asks about, by the rules for them."""
    if not before:
        return []
    asked = {RULES[number].act for number in hits(before, "yes")}
    return sorted(act.value for act in asked & (RUNGS | {CounselorAct.EUPHEMISM}))
