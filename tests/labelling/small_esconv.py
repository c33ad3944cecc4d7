"""A folder shaped like ESConv with two invented conversations, for tests."""

import json
from pathlib import Path
from typing import Any

EXAM = [
    ("usr", "Hello", None),
    ("sys", "Hi there, how are you today?", "Question"),
    ("usr", "I am worried because my exam is next week and I have hardly slept", None),
    ("sys", "What worries you most about the exam?", "Question"),
    ("usr", "That I will let my parents down after all they did for me", None),
    ("sys", "So you fear that a bad mark would disappoint your parents.", "Restatement or Paraphrasing"),
    ("usr", "Yes exactly", None),
    (
        "sys",
        "You could make a small plan for each day, and you should go for a walk in between.",
        "Providing Suggestions",
    ),
    ("usr", "I could try that tomorrow morning, before I sit down with my books", None),
    ("sys", "Many libraries have rooms where people learn together.", "Information"),
    ("usr", "Thank you so much for listening", None),
    ("sys", "You are welcome. Take care and good luck!", "Others"),
]
MOVE = [
    ("sys", "Hello, nice to meet you", "Others"),
    ("usr", "We have moved to another town and I do not know anybody here yet", None),
    ("sys", "That sounds lonely, you must feel lost there.", "Reflection of feelings"),
    ("usr", "I do, the evenings are the worst part of it", None),
    ("sys", "When I moved for my first job I felt just the same for months.", "Self-disclosure"),
    ("sys", "You were brave to go, and you will find your place.", "Affirmation and Reassurance"),
    ("usr", "I hope so", None),
    ("sys", "What did you enjoy doing in your old town?", "Question"),
]


def conversation(said: list[tuple[str, str, str | None]]) -> dict[str, Any]:
    dialog = [
        {"text": text, "speaker": speaker, **({"strategy": strategy} if strategy else {})}
        for speaker, text, strategy in said
    ]
    return {"situation": "invented", "dialog": dialog}


def write_esconv(folder: Path, *, copies: int = 6) -> Path:
    """Both conversations in each split, in train several times: what stands once teaches nothing."""
    both = [conversation(EXAM), conversation(MOVE)]
    for split, times in (("train", copies), ("valid", 1), ("test", 1)):
        lines = "".join(json.dumps(each) + "\n" for each in both * times)
        (folder / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    return folder
