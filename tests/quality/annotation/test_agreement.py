"""Alpha against what its author published, and against what can be worked out by hand."""

import numpy as np
import pytest

from nightlight.quality.annotation.agreement import Metric, agreement, alpha, coincidences

# K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): examples B (two values), C (nominal) and D (four
# observers, with values missing).
BINARY = ["0100000010", "1110010000"]
NOMINAL = ["aabbdcccedda", "babbbccceddd"]
FOUR = ["123321412...", "1233224125.3", ".3332342251.", "12332441251."]


def units(rows: list[str], values: str) -> list[list[int | None]]:
    return [[None if value == "." else values.index(value) for value in unit] for unit in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("rows", "values", "metric", "published"),
    [
        (BINARY, "01", Metric.NOMINAL, 0.095),
        (NOMINAL, "abcde", Metric.NOMINAL, 0.692),
        (FOUR, "12345", Metric.NOMINAL, 0.743),
        (FOUR, "12345", Metric.ORDINAL, 0.815),
    ],
)
def test_alpha_is_what_its_author_published(rows: list[str], values: str, metric: Metric, published: float) -> None:
    found = alpha(coincidences(units(rows, values), len(values)), metric)
    assert found == pytest.approx(published, abs=0.0005)


def test_the_matrix_of_four_observers_is_the_published_one() -> None:
    found = coincidences(units(FOUR, "12345"), 5)
    assert found.sum() == pytest.approx(40)  # one value stands alone in its unit and pairs with nothing
    assert found.sum(axis=0) == pytest.approx([9, 13, 10, 5, 3])
    assert found[0, 1] == pytest.approx(4 / 3)


def test_perfect_agreement_is_one_and_always_saying_the_other_is_below_chance() -> None:
    assert alpha(coincidences([[0, 0], [1, 1], [2, 2]], 3)) == 1
    opposite = alpha(coincidences([[0, 1], [1, 0]], 2))
    assert opposite is not None
    assert opposite < 0


def test_one_value_alone_tells_nothing() -> None:
    assert alpha(coincidences([[0, 0], [0, 0]], 2)) is None
    assert alpha(coincidences([], 2)) is None


def test_ordinal_alpha_forgives_neighbors_more_than_strangers() -> None:
    agreed = [[0, 0]] * 5 + [[4, 4]] * 5 + [[2, 2]] * 5
    near, far = (alpha(coincidences([*agreed, [0, other]], 5), Metric.ORDINAL) for other in (2, 4))
    assert near is not None
    assert far is not None
    assert near > far


def test_several_questions_together_lie_between_the_best_and_the_worst() -> None:
    good = coincidences([[0, 0]] * 6 + [[1, 1]] * 5 + [[0, 1]], 2)
    poor = coincidences([[0, 0]] * 6 + [[1, 1]] * 2 + [[0, 1]] * 4, 2)
    both = alpha(np.stack([good, poor]))
    assert (alpha(poor) or 0) < (both or 0) < (alpha(good) or 0)


def test_a_word_nobody_used_changes_nothing() -> None:
    used, never = coincidences([[0, 0], [1, 1], [0, 1]], 2), coincidences([[0, 0]] * 3, 2)
    assert alpha(np.stack([used, never])) == pytest.approx(alpha(used))


def test_the_interval_holds_the_value_and_is_the_same_every_time() -> None:
    draw = np.random.default_rng(3)
    talks = []
    for _ in range(40):
        values = draw.integers(0, 3, 20)
        other = np.where(draw.random(20) < 0.8, values, draw.integers(0, 3, 20))
        talks.append([coincidences(zip(values.tolist(), other.tolist(), strict=True), 3)])
    found = agreement(np.array(talks))
    assert found.units == 800
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high < found.low + 0.2
    assert agreement(np.array(talks)) == found


def test_one_conversation_has_no_interval() -> None:
    found = agreement(np.array([[coincidences([[0, 0], [1, 1]], 2)]]))
    assert (found.value, found.low, found.high) == (1, None, None)
