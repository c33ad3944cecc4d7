"""Acts that are told by their words."""

import re

from nightlight.conversations.labels import CounselorAct
from nightlight.labelling.acts import LabelledAct

RULES: tuple[tuple[CounselorAct, str], ...] = (
    (
        CounselorAct.RISK_THOUGHTS,
        r"\b(suicid\w*|kill(ing)? (yourself|herself)|end(ing)? (your|her) (own )?life|want(ing)? to die)\b",
    ),
    (CounselorAct.RISK_PLAN, r"\b(have|got|made) (you )?a plan\b|\bhow you would do it\b"),
    (CounselorAct.INTRO, r"\b(my name is|i'm [A-Z]\w+)\b"),
    (CounselorAct.ADVICE, r"\byou (should|need to|ought to)\b|\bwhy don't you\b|\bjust try\b"),
    (CounselorAct.WHY_QUESTION, r"^why\b|\bwhy (did|do|would) you\b"),
    (CounselorAct.VALIDATION, r"\b(makes sense|no wonder|understandable|anyone would)\b"),
    (CounselorAct.REFLECTION, r"\b(sounds like|it seems|so you)\b"),
    (CounselorAct.OPEN_QUESTION, r"\b(what|how|tell me)\b[^?]*\?"),
)


class RuleLabeller:
    version = "rules-0"

    def label(self, text: str, *, before: str = "") -> tuple[LabelledAct, ...]:
        found = [act for act, words in RULES if re.search(words, text, re.IGNORECASE)]
        if not found:
            found = [CounselorAct.CLOSED_QUESTION if text.rstrip().endswith("?") else CounselorAct.BACKCHANNEL]
        return tuple(LabelledAct(act, 0.9) for act in found)
