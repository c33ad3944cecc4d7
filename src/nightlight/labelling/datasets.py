"""Labels as rows of a dataset: what the functions of a pipeline's dataset call, one conversation at a time.

They run beside the engine, in processes that have Python, numpy and this package alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.labels import Author, CoarsePhase, CounselorAct, Phase, RiskAttribute
from nightlight.errors import NightlightError
from nightlight.labelling.acts import LabelledAct
from nightlight.labelling.conversation import LabelledConversation, LabelledMessage, Labeller
from nightlight.labelling.model import read_model, shipped_model
from nightlight.labelling.risk import LabelledRisk
from nightlight.pipelines.engines.product_functions import folder_given, product_function, reads_folder
from nightlight.settings import Home

LABEL_COLUMNS = {
    "phase": "string",
    "coarse_phase": "string",
    "phase_probability": "double",
    "acts": "array<string>",
    "act_probability": "double",
    "act_probabilities": "array<double>",
    "risk": "int",
    "risk_probability": "double",
    "risk_probabilities": "array<double>",
    "risk_attributes": "array<string>",
    "abstained": "string",
    "labeller": "string",
}
"""What a label is as columns. `act_probability`, `risk_probability`: of the first act and of the level decided for;
the plural: of each act in `acts`, and of the levels 0 to 4. NULL: of the other author, or not assessed."""
LABELS = f"array<struct<{','.join(f'{name}:{kind}' for name, kind in LABEL_COLUMNS.items())}>>"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def labeller_folder(home: Home) -> Path | None:
    """Where the files of a home's own labeller lie; None while the one that came with the product works there."""
    from nightlight.labelling.serving import in_use

    found = in_use(home)
    return None if found.is_shipped else found.folder


@product_function
@reads_folder(labeller_folder)
def label_messages(
    authors: Sequence[str], texts: Sequence[str | None], times: Sequence[int | None]
) -> list[tuple[Any, ...]]:
    """The labels of one conversation's messages, given in order; `times` in microseconds since 1970. Type: LABELS."""
    labeller = _labeller(folder_given(label_messages))
    labelled = labeller.label(conversation_of(range(len(authors)), authors, texts, times))
    return [_row(message, labelled.version) for message in labelled.messages]


def conversation_of(
    ids: Iterable[object], authors: Sequence[str], texts: Sequence[str | None], times: Sequence[int | None]
) -> Conversation:
    """A conversation from columns; it has no id, for none of its messages may be told by it."""
    columns = zip(ids, authors, texts, times, strict=True)
    return Conversation(
        "", tuple(Message(str(key), Author(author), text or "", time_of(at)) for key, author, text, at in columns)
    )


def time_of(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else EPOCH + timedelta(microseconds=int(microseconds))


def labels_from(conversation: Conversation, rows: Sequence[Mapping[str, Any] | Any]) -> LabelledConversation:
    """What `label_messages` gave, read back from a table's rows; they stand in the order of the messages."""
    messages = tuple(_message(message, row) for message, row in zip(conversation.messages, rows, strict=True))
    versions = sorted({row["labeller"] for row in rows if row["labeller"]})
    return LabelledConversation(conversation.id, messages, ", ".join(versions), online=False)


@lru_cache(maxsize=2)
def _labeller(folder: Path | None) -> Labeller:
    """The labeller in a folder; the shipped one where there is none, or its files were damaged since they were looked
    at."""
    try:
        return Labeller(read_model(folder) if folder else shipped_model())
    except NightlightError:
        return Labeller(shipped_model())


def _row(label: LabelledMessage, version: str) -> tuple[Any, ...]:
    acts, risk = label.acts, label.risk
    return (
        label.phase and str(label.phase),
        label.coarse_phase and str(label.coarse_phase),
        None if label.phase_probability is None else float(label.phase_probability),
        None if acts is None else [str(done.act) for done in acts],
        float(acts[0].probability) if acts else None,
        None if acts is None else [float(done.probability) for done in acts],
        None if risk is None else int(risk.level),
        None if risk is None else float(risk.probabilities[risk.level]),
        None if risk is None else [float(each) for each in risk.probabilities],
        None if risk is None else [str(attribute) for attribute in risk.attributes],
        label.abstained,
        version,
    )


def _message(message: Message, row: Any) -> LabelledMessage:
    acts, level = row["acts"], row["risk"]
    return LabelledMessage(
        message.id,
        message.author,
        message.sent_at,
        None if row["phase"] is None else Phase(row["phase"]),
        None if row["coarse_phase"] is None else CoarsePhase(row["coarse_phase"]),
        row["phase_probability"],
        None
        if acts is None
        else tuple(
            LabelledAct(CounselorAct(act), probability)
            for act, probability in zip(acts, row["act_probabilities"], strict=True)
        ),
        None
        if level is None
        else LabelledRisk(
            level,
            tuple(row["risk_probabilities"]),
            tuple(RiskAttribute(attribute) for attribute in row["risk_attributes"]),
        ),
        row["abstained"],
    )
