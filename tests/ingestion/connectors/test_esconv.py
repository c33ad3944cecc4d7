"""A connector for somebody's own format: ESConv, which lies outside the project where it is there at all."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ingestion.conftest import Line

ESCONV = Path(__file__).parents[4] / "shared/data/esconv"

MESSAGES = """
kind = "esconv"
path = "%s/*.jsonl"
from = "messages"
table = "bronze.esconv_messages"
key = ["message_id"]
[columns.message_id]
required = true
[columns.conversation_id]
required = true
[columns.turn]
type = "int"
[columns.author]
one_of = ["texter", "counselor"]
[columns.text]
sensitivity = "text"
[columns.strategy]
"""
CONVERSATIONS = """
kind = "esconv"
path = "%s/*.jsonl"
from = "conversations"
table = "bronze.esconv_conversations"
key = ["conversation_id"]
[columns.conversation_id]
required = true
[columns.experience]
[columns.emotion]
[columns.problem]
[columns.situation]
sensitivity = "text"
[columns.distress_before]
type = "int"
[columns.distress_after]
type = "int"
[columns.messages]
type = "int"
"""


@pytest.mark.skipif(not ESCONV.is_dir(), reason="ESConv is evaluation data under its own licence, not in the project")
def test_all_of_esconv_arrives_with_exact_counts(line: "Line") -> None:
    line.declare("messages", MESSAGES % ESCONV)
    line.declare("conversations", CONVERSATIONS % ESCONV)
    messages, conversations = line.run("messages"), line.run("conversations")
    assert (messages.rows, messages.quarantined, messages.error) == (38_365, 0, None)
    assert (conversations.rows, conversations.quarantined, conversations.error) == (1_300, 0, None)
    rows = line.rows("bronze.esconv_messages")
    assert len({row["message_id"] for row in rows}) == 38_365
    assert sum(row["author"] == "texter" for row in rows) == 19_989
    assert sum(row["messages"] for row in line.rows("bronze.esconv_conversations")) == 38_365
    assert not line.run("messages").did_something

    def digest(texts: list[str]) -> str:
        return hashlib.sha256("\0".join(texts).encode()).hexdigest()

    files = sorted(ESCONV.glob("*.jsonl"))
    dialogues = [json.loads(text)["dialog"] for file in files for text in file.read_text("utf-8").splitlines()]
    assert digest([row["text"] for row in rows]) == digest([turn["text"] for dialog in dialogues for turn in dialog])


def test_a_line_of_another_format_is_quarantined(line: "Line") -> None:
    dialog = [{"speaker": "usr", "text": "hi"}, {"speaker": "sys", "text": "hello", "strategy": "Question"}]
    line.export(
        "a.jsonl", [{"dialog": dialog}, {"text": "something else"}, {"dialog": [{"speaker": "bot", "text": ""}]}]
    )
    line.declare("messages", MESSAGES % "exports")
    run = line.run()
    assert (run.rows, run.quarantined) == (2, 2)
    assert [row["message_id"] for row in line.rows("bronze.esconv_messages")] == ["a/1/1", "a/1/2"]
    rules = {row["rule"] for row in line.quarantine("quarantine.bronze_esconv_messages")}
    assert rules == {"not an ESConv conversation"}
