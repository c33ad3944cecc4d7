"""ESConv (Liu et al., ACL 2021): emotional support of crowd workers, each supporter's message with one strategy.

Its licence allows no commercial use: it is read where it lies, measured on, and nothing that ships is trained on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nightlight.conversations.conversation import Conversation, Message, read_json_lines
from nightlight.conversations.labels import Author, CounselorAct
from nightlight.errors import NightlightError
from nightlight.labelling.acts import LabelledAct

TRAIN, VALID, TEST = "train", "valid", "test"
ENDINGS = ("jsonl", "txt", "json")
"""What a split's file is called: the published ones end in txt and hold a conversation a line all the same."""
SHAPE = 'take the published train, valid and test: one {"dialog": [{"speaker", "text", "strategy"}]} a line'


class Strategy(StrEnum):
    """What a supporter's message does, in the words of ESConv; "Others" are pleasantries and all the rest."""

    QUESTION = "Question"
    RESTATEMENT = "Restatement or Paraphrasing"
    REFLECTION = "Reflection of feelings"
    SELF_DISCLOSURE = "Self-disclosure"
    AFFIRMATION = "Affirmation and Reassurance"
    SUGGESTIONS = "Providing Suggestions"
    INFORMATION = "Information"
    OTHERS = "Others"


STRATEGY_OF: Mapping[CounselorAct, Strategy] = {
    # whatever asks, also after risk, aims, names: ESConv has one word for it
    CounselorAct.OPEN_QUESTION: Strategy.QUESTION,
    CounselorAct.CLOSED_QUESTION: Strategy.QUESTION,
    CounselorAct.CLARIFY: Strategy.QUESTION,
    CounselorAct.AGE_NAME: Strategy.QUESTION,
    CounselorAct.CHECK_IN: Strategy.QUESTION,
    CounselorAct.BOT_QUESTION: Strategy.QUESTION,
    CounselorAct.RISK_THOUGHTS: Strategy.QUESTION,
    CounselorAct.RISK_PLAN: Strategy.QUESTION,
    CounselorAct.RISK_MEANS: Strategy.QUESTION,
    CounselorAct.RISK_TIMEFRAME: Strategy.QUESTION,
    CounselorAct.RISK_PAST: Strategy.QUESTION,
    CounselorAct.RISK_NOW: Strategy.QUESTION,
    CounselorAct.RISK_OTHERS: Strategy.QUESTION,
    CounselorAct.RISK_SELF_HARM: Strategy.QUESTION,
    CounselorAct.BUFFERS: Strategy.QUESTION,
    CounselorAct.GOAL: Strategy.QUESTION,
    CounselorAct.COPING: Strategy.QUESTION,  # "what has helped before?": it asks for their own ways
    CounselorAct.WHY_QUESTION: Strategy.QUESTION,
    CounselorAct.STACKED_QUESTIONS: Strategy.QUESTION,
    CounselorAct.INTERROGATE: Strategy.QUESTION,
    CounselorAct.EUPHEMISM: Strategy.QUESTION,
    CounselorAct.GRAPHIC_PROBE: Strategy.QUESTION,
    # what was told, said back; what it feels like has a strategy of its own
    CounselorAct.REFLECTION: Strategy.RESTATEMENT,
    CounselorAct.COMPLEX_REFLECTION: Strategy.RESTATEMENT,
    CounselorAct.SUMMARY: Strategy.RESTATEMENT,
    CounselorAct.FEELING: Strategy.REFLECTION,
    CounselorAct.SELF_DISCLOSURE: Strategy.SELF_DISCLOSURE,
    # reassurance, also the kind that a crisis line avoids: "it will pass", "it will all be fine"
    CounselorAct.VALIDATION: Strategy.AFFIRMATION,
    CounselorAct.STRENGTH: Strategy.AFFIRMATION,
    CounselorAct.AUTONOMY: Strategy.AFFIRMATION,
    CounselorAct.MINIMISE: Strategy.AFFIRMATION,
    CounselorAct.PROMISE: Strategy.AFFIRMATION,
    # ESConv does not part advice from options offered with leave
    CounselorAct.ADVICE: Strategy.SUGGESTIONS,
    CounselorAct.COLLABORATE: Strategy.SUGGESTIONS,
    CounselorAct.SAFETY_STEP: Strategy.SUGGESTIONS,
    # facts, services, opinions
    CounselorAct.RESOURCE: Strategy.INFORMATION,
    CounselorAct.RESOURCE_DUMP: Strategy.INFORMATION,
    CounselorAct.ARGUE: Strategy.INFORMATION,
    # greetings, goodbyes, listening, the running of the line, and what belongs nowhere
    CounselorAct.INTRO: Strategy.OTHERS,
    CounselorAct.GREETING: Strategy.OTHERS,
    CounselorAct.TRANSPARENCY: Strategy.OTHERS,
    CounselorAct.CLOSE: Strategy.OTHERS,
    CounselorAct.ESCALATE: Strategy.OTHERS,
    CounselorAct.BACKCHANNEL: Strategy.OTHERS,
    CounselorAct.OFF_TOPIC: Strategy.OTHERS,
    CounselorAct.MISSED_CUE: Strategy.OTHERS,
    CounselorAct.ROBOTIC: Strategy.OTHERS,
    CounselorAct.ABRUPT: Strategy.OTHERS,
}
"""The strategy of every act, from what docs/labels.md and ESConv's definitions say, not from its messages."""


@dataclass(frozen=True)
class Supported:
    """One conversation of ESConv; `strategies`: one for each message, None where the seeker writes."""

    conversation: Conversation
    strategies: tuple[Strategy | None, ...]


def read_split(folder: Path, split: str) -> tuple[Supported, ...]:
    """The conversations of one split; raises `NightlightError` where the folder has none, or at the first line that
    is no conversation of ESConv."""
    file = next((file for ending in ENDINGS if (file := folder / f"{split}.{ending}").is_file()), None)
    if file is None:
        raise NightlightError(f"no {split}.jsonl of ESConv is here", where=str(folder), remedy=SHAPE)
    found = tuple(
        _supported(value, f"{split} {number}", where=where)
        for number, (where, value) in enumerate(read_json_lines(file), 1)
    )
    if not found:
        raise NightlightError("no conversation is in it", where=str(file), remedy=SHAPE)
    return found


def strategy_of(acts: Sequence[LabelledAct]) -> Strategy:
    """The strategy that the first act of a message belongs to: ESConv has one for each message, as said foremost."""
    return STRATEGY_OF[acts[0].act]


def _supported(value: object, name: str, *, where: str) -> Supported:
    dialog = value.get("dialog") if isinstance(value, dict) else None
    if not isinstance(dialog, list) or not dialog:
        raise NightlightError("no conversation of ESConv: 'dialog' is missing", where=where, remedy=SHAPE)
    read = [_message(said, number, where=f"{where}: message {number}") for number, said in enumerate(dialog, 1)]
    return Supported(Conversation(name, tuple(message for message, _ in read)), tuple(strategy for _, strategy in read))


def _message(said: object, number: int, *, where: str) -> tuple[Message, Strategy | None]:
    speaker, text, strategy = (
        (said.get(key) for key in ("speaker", "text", "strategy")) if isinstance(said, dict) else (None,) * 3
    )
    if speaker not in ("usr", "sys") or not isinstance(text, str):
        raise NightlightError("a message needs 'speaker' (usr or sys) and 'text'", where=where, remedy=SHAPE)
    if speaker == "usr":
        return Message(str(number), Author.TEXTER, text), None
    if not isinstance(strategy, str) or strategy not in set(Strategy):
        raise NightlightError("'strategy' is none of ESConv's eight", where=where, remedy=SHAPE)
    return Message(str(number), Author.COUNSELOR, text), Strategy(strategy)
