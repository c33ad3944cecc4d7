"""Flags about how a counselor writes: harm, advice, low engagement, copied texts. For coaching, never a score."""

from collections.abc import Iterator
from statistics import fmean

from nightlight.conversations.labels import CoarsePhase, CounselorAct
from nightlight.quality.flags.copies import copies
from nightlight.quality.flags.declared import Evidence, Rule, Severity, When
from nightlight.quality.flags.facts import ACTIVE, PASSIVE, Facts, Line, ids
from nightlight.quality.flags.harmful_words import abuses, encourages, goes_along, may_harm
from nightlight.quality.skills import SKILLS

HARMFUL = frozenset({CounselorAct.MINIMISE, CounselorAct.ARGUE, CounselorAct.GRAPHIC_PROBE})
REFLECTIONS = SKILLS["reflect"] | SKILLS["value"]
ACT_WORDS = {
    CounselorAct.MINIMISE: "makes it smaller than it is",
    CounselorAct.ARGUE: "argues with the texter",
    CounselorAct.GRAPHIC_PROBE: "asks for details that nobody needs",
    CounselorAct.ABRUPT: "breaks off although risk was told",
}
SLIGHT = frozenset({ACT_WORDS[CounselorAct.MINIMISE], ACT_WORDS[CounselorAct.ARGUE]})
"""What happens to every helper once: a single one, where no risk was told, can wait until the end of the shift."""


def harmful_message(facts: Facts) -> Evidence | None:
    found = [*_harmful_words(facts), *_harmful_acts(facts)]
    if not found:
        return None
    lines = sorted({line for line, _, _ in found}, key=lambda line: line.number)
    probabilities = [probability for _, _, probability in found if probability is not None]
    slight = len(lines) == 1 and facts.risk < PASSIVE and found[0][1] in SLIGHT
    return Evidence(
        ids(lines),
        f"A message of the counselor {found[0][1]}"
        + (f"; {len(lines)} messages in all that may harm." if len(lines) > 1 else "."),
        max(probabilities, default=None),
        Severity.PAGE if facts.risk >= ACTIVE else Severity.MEDIUM if slight else None,
    )


def _harmful_words(facts: Facts) -> Iterator[tuple[Line, str, float | None]]:
    """By words: needs no labels of the counselor's messages."""
    for line in facts.counselor:
        hinted = may_harm(line.text)
        if (hinted and encourages(line.text)) or (_answers_risk(facts, line) and goes_along(line.text)):
            yield line, "agrees with dying or urges to it", None
        elif hinted and abuses(line.text):
            yield line, "insults the texter", None


def _answers_risk(facts: Facts, line: Line) -> bool:
    """Whether it is one of the first answers to active thoughts: short words of agreement then mean these."""
    left = facts.thresholds.answering_messages
    for place in range(line.number - 1, -1, -1):
        earlier = facts.lines[place]
        if (earlier.risk or 0) >= ACTIVE:
            return True
        left -= earlier.by_counselor
        if left <= 0:
            break
    return False


def _harmful_acts(facts: Facts) -> Iterator[tuple[Line, str, float | None]]:
    for line in facts.counselor_read:
        acts = HARMFUL | {CounselorAct.ABRUPT} if facts.risk_before(line) >= PASSIVE else HARMFUL
        if line.words < facts.thresholds.harmful_words:
            continue
        sure = {act: p for act, p in line.acts.items() if act in acts and p >= facts.thresholds.harmful_probability}
        if sure:
            act = max(sure, key=lambda act: sure[act])
            yield line, ACT_WORDS[act], sure[act]


def advice_heavy(facts: Facts) -> Evidence | None:
    limits = facts.thresholds
    shares = advice_shares(facts)
    if shares is None:
        return None
    advice, reflections = shares
    if advice < limits.advice_share or reflections > limits.reflection_share:
        return None
    given = [line for line in facts.counselor_read if CounselorAct.ADVICE in line.acts]
    why = f"{advice:.0%} of the counselor's messages while helping give advice; {reflections:.0%} of all reflect."
    return Evidence(ids(given), why, fmean(line.acts[CounselorAct.ADVICE] for line in given))


def advice_shares(facts: Facts) -> tuple[float, float] | None:
    """Advice among the counselor's messages while helping, and reflections among all of them; None with too few."""
    helping = [line for line in facts.counselor_read if _helps(line)]
    if not helping or len(helping) < facts.thresholds.advice_messages:
        return None
    advice = fmean(CounselorAct.ADVICE in line.acts for line in helping)
    return advice, fmean(line.does(REFLECTIONS) for line in facts.counselor_read)


def _helps(line: Line) -> bool:
    """Advice is help wherever it comes, too early as well."""
    return line.label.coarse_phase is CoarsePhase.INTERVENTION or CounselorAct.ADVICE in line.acts


def low_engagement(facts: Facts) -> Evidence | None:
    limits = facts.thresholds
    recent = facts.counselor_read[-limits.engagement_messages :] if limits.engagement_messages else ()
    if not recent or len(recent) < limits.engagement_messages or any(line.does(REFLECTIONS) for line in recent):
        return None
    mean = fmean(line.words for line in recent)
    if mean >= limits.few_words:
        return None
    why = f"The counselor's last {len(recent)} messages have {mean:.0f} words on average, and none says back or values."
    return Evidence(ids(recent), why)


def macro_overuse(facts: Facts) -> Evidence | None:
    limits = facts.thresholds
    long = [line for line in facts.counselor if line.words >= limits.copied_words]
    copied = copies([line.text for line in long], limits.macros, limits.copied_share)
    if not copied or len(copied) < limits.copies:
        return None
    lines = [long[place] for place in copied]
    return Evidence(ids(lines), f"{len(lines)} messages of the counselor are nearly the same text as another one.")


CONDUCT_RULES = (
    Rule(
        "harmful_message",
        "F13",
        1,
        "A message that may harm",
        "The counselor makes it smaller, argues, asks for details nobody needs, breaks off after risk, insults, or "
        "agrees with dying. Where active thoughts were told it calls the supervisor on duty at once. One message that "
        "only argues or makes smaller, with no risk told, is of medium severity; a few words alone are no evidence.",
        When.LIVE,
        Severity.HIGH,
        False,
        harmful_message,
    ),
    Rule(
        "advice_heavy",
        "F14",
        1,
        "Much advice",
        "While helping, more of the messages give advice than in 95 % of this line's conversations, and fewer say back "
        "what was heard than in 90 %. For coaching only.",
        When.END,
        Severity.LOW,
        False,
        advice_heavy,
    ),
    Rule(
        "low_engagement",
        "F15",
        1,
        "Little engagement",
        "The counselor's last messages are shorter than in 90 % of this line's conversations, and none of them says "
        "back, values or names a feeling. It goes away when one does.",
        When.LIVE,
        Severity.MEDIUM,
        True,
        low_engagement,
    ),
    Rule(
        "macro_overuse",
        "F16",
        1,
        "Copied texts",
        "Three or more messages of the counselor are nearly the same as another one in this conversation, or as one of "
        "the line's prepared texts. Short ones are not counted.",
        When.END,
        Severity.LOW,
        False,
        macro_overuse,
    ),
)
