"""A label says what belongs to its author, in the words of the label set."""

import pytest

from nightlight.conversations.labels import Author, CounselorAct, Phase, RiskAttribute
from nightlight.errors import NightlightError
from nightlight.quality.annotation.labels import Label, label_from, label_json, read_label


def test_acts_are_a_set_whatever_the_order_they_were_chosen_in() -> None:
    one = read_label(Author.COUNSELOR, phase="exploration", acts=["feeling", "reflection"])
    other = read_label(Author.COUNSELOR, phase="exploration", acts=["reflection", "feeling", "feeling"])
    assert one == other == Label(Phase.EXPLORATION, (CounselorAct.REFLECTION, CounselorAct.FEELING))


def test_an_author_takes_only_their_own_labels() -> None:
    texter = read_label(Author.TEXTER, phase="closing", acts=["close"], risk="0", attributes=["protective"])
    assert texter == Label(Phase.CLOSING, risk=0, attributes=(RiskAttribute.PROTECTIVE,))
    counselor = read_label(Author.COUNSELOR, phase="closing", acts=["close"], risk="4", attributes=["past"])
    assert counselor == Label(Phase.CLOSING, (CounselorAct.CLOSE,))


@pytest.mark.parametrize(
    ("author", "given", "what"),
    [
        (Author.TEXTER, {"phase": "", "risk": "0"}, "needs a phase"),
        (Author.TEXTER, {"phase": "closing"}, "needs a risk level; choose one from 0 to 4"),
        (Author.TEXTER, {"phase": "closing", "risk": "5"}, "needs a risk level"),
        (Author.TEXTER, {"phase": "closing", "risk": "0", "attributes": ["pst"]}, "no such attribute"),
        (Author.COUNSELOR, {"phase": "closing"}, "0 acts are chosen"),
        (Author.COUNSELOR, {"phase": "closing", "acts": ["goal", "close", "coping", "advice", "intro"]}, "5 acts"),
        (Author.COUNSELOR, {"phase": "closing", "acts": ["reflecton"]}, "did you mean 'reflection'"),
    ],
)
def test_a_missing_or_unknown_label_is_refused_in_one_line(author: Author, given: dict[str, object], what: str) -> None:
    with pytest.raises(NightlightError, match=what):
        read_label(author, **given)  # type: ignore[arg-type]


def test_a_label_is_kept_as_it_was_given() -> None:
    label = read_label(Author.TEXTER, phase="risk_assessment", risk="3", attributes=["past"], is_unsure=True)
    assert label_from(label_json(label)) == label
