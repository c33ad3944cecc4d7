"""What a pipeline's dataset gets are the labels of the labeller, and read back from its rows they are the same."""

from nightlight.conversations.labels import Author
from nightlight.labelling.conversation import shipped_conversation_labeller
from nightlight.labelling.datasets import LABEL_COLUMNS, conversation_of, label_messages, labels_from

TALK = (
    ("texter", "hi, i cant sleep and i feel so alone"),
    ("counselor", "Hi, I'm glad you wrote. It sounds like the nights are long. What keeps you awake?"),
    ("texter", "sometimes i think about killing myself"),
    ("counselor", "Thank you for telling me. Do you have a plan for how you would do it?"),
    ("texter", "\N{CRYING FACE}"),
    ("texter", None),
)
AUTHORS, TEXTS = [author for author, _ in TALK], [text for _, text in TALK]
TIMES = [1_767_225_600_000_000 + 60_000_000 * number for number in range(len(TALK))]


def test_rows_hold_what_the_labeller_says_and_give_it_back() -> None:
    conversation = conversation_of(range(len(TALK)), AUTHORS, TEXTS, TIMES)
    labels = shipped_conversation_labeller().label(conversation)
    rows = label_messages(AUTHORS, TEXTS, TIMES)
    assert [len(row) for row in rows] == [len(LABEL_COLUMNS)] * len(TALK)
    named = [dict(zip(LABEL_COLUMNS, row, strict=True)) for row in rows]
    assert labels_from(conversation, named) == labels


def test_each_author_has_labels_of_their_own_and_what_is_not_read_says_why() -> None:
    rows = [dict(zip(LABEL_COLUMNS, row, strict=True)) for row in label_messages(AUTHORS, TEXTS, TIMES)]
    for author, row in zip(AUTHORS[:4], rows, strict=False):
        assert (row["acts"] is not None, row["risk"] is not None) == (author == "counselor", author == "texter")
        assert row["abstained"] is None
    assert rows[3]["acts"][0] == "risk_plan"
    assert rows[3]["act_probability"] == rows[3]["act_probabilities"][0]
    assert rows[2]["risk_probability"] == rows[2]["risk_probabilities"][rows[2]["risk"]]
    for row in rows[4:]:
        assert (row["acts"], row["risk"]) == (None, None)
        assert row["abstained"]


def test_values_are_plain_numbers_and_texts_that_any_engine_takes() -> None:
    found = {type(value) for row in label_messages(AUTHORS, TEXTS, TIMES) for value in row}
    assert found <= {str, int, float, list, type(None)}
    inside = {
        type(each) for row in label_messages(AUTHORS, TEXTS, TIMES) for v in row if isinstance(v, list) for each in v
    }
    assert inside <= {str, float}


def test_an_empty_conversation_has_no_rows_and_times_may_be_unknown() -> None:
    assert label_messages([], [], []) == []
    assert len(label_messages(["texter"], ["hello"], [None])) == 1
    assert conversation_of(["7"], ["texter"], ["hello"], [None]).messages[0].author is Author.TEXTER
