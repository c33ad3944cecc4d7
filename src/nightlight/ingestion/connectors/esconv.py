"""ESConv, real emotional-support conversations for evaluation: JSON Lines with one conversation, messages inside.

`from` chooses what a source takes of each line: `conversations` or `messages`. It shows what a connector needs."""

import json
from collections.abc import Iterator
from typing import Any

from nightlight.errors import NightlightError
from nightlight.ingestion.blocks import Block, Partition, Prefix, Rejected
from nightlight.ingestion.connectors.files import partitions, read_lines
from nightlight.ingestion.sources import Source

__all__ = ["blocks", "partitions"]

AUTHORS = {"usr": "texter", "sys": "counselor"}


def blocks(source: Source, partition: Partition, start: int | None, known: Prefix | None) -> Iterator[Block]:
    import pyarrow as pa

    rows_of = {"conversations": _conversation, "messages": _messages}.get(source.relation)
    if rows_of is None:
        raise NightlightError("'from' must be conversations or messages", where=source.where)
    for lines in read_lines(partition, start or 0, known, where=source.where):
        rows: list[dict[str, Any]] = []
        numbers: list[int] = []
        rejected: list[Rejected] = []
        for number, line in enumerate(lines.data.split(b"\n")[:-1], lines.first):
            try:
                found = rows_of(f"{partition.name.split('.')[0]}/{number}", json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError):
                rejected.append(Rejected("not an ESConv conversation", number, lines.text(number)))
            else:
                rows += found
                numbers += [number] * len(found)
        yield lines.block(pa.RecordBatch.from_pylist(rows), numbers, rejected)


def _conversation(conversation_id: str, line: dict[str, Any]) -> list[dict[str, Any]]:
    seeker = line["survey_score"]["seeker"]
    return [
        {
            "conversation_id": conversation_id,
            "experience": line["experience_type"],
            "emotion": line["emotion_type"],
            "problem": line["problem_type"],
            "situation": line["situation"],
            "distress_before": seeker.get("initial_emotion_intensity"),
            "distress_after": seeker.get("final_emotion_intensity"),
            "messages": len(line["dialog"]),
        }
    ]


def _messages(conversation_id: str, line: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "message_id": f"{conversation_id}/{turn}",
            "conversation_id": conversation_id,
            "turn": turn,
            "author": AUTHORS[message["speaker"]],
            "text": message["text"],
            "strategy": message.get("strategy"),
        }
        for turn, message in enumerate(line["dialog"], 1)
    ]
