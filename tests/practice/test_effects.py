"""Promises of the study's figures: right where they can be checked, silent where there are too few people."""

import numpy as np
import pytest
from scipy.stats import norm

from nightlight.practice.effects import FEWEST, effect_of, hedges_g, minimal_detectable_effect


@pytest.mark.parametrize(("n", "expected"), [(64, 0.50), (26, 0.79), (394, 0.20)])
def test_the_detectable_effect_is_the_textbooks(n: int, expected: float) -> None:
    assert minimal_detectable_effect(n, n) == pytest.approx(expected, abs=0.01)


def test_nothing_is_told_about_too_few_people() -> None:
    found = effect_of("a", [1.0] * (FEWEST - 1), "b", [0.0] * 40, seed=1)
    assert not found.told
    assert found.difference is found.effect is None
    assert "too few" in found.sentence
    assert effect_of("a", [], "b", [], seed=1).detectable is None


def test_a_true_difference_lies_in_its_interval_about_95_times_of_100() -> None:
    random, inside, shown = np.random.default_rng(3), 0, 0
    for number in range(100):
        found = effect_of("a", list(random.normal(0.4, 1, 30)), "b", list(random.normal(0, 1, 30)), seed=number)
        assert found.difference_low is not None
        assert found.difference_high is not None
        inside += found.difference_low <= 0.4 <= found.difference_high
        shown += found.difference_low > 0
    assert 88 <= inside <= 100
    assert 15 <= shown <= 55, "a study of this size misses effects like this more often than not"


def test_no_difference_is_called_none() -> None:
    same = [0.0, 1.0] * 10
    found = effect_of("a", same, "b", same, seed=1)
    assert found.difference == 0
    assert "no difference is shown" in found.sentence


def test_the_effect_has_its_sign_and_an_interval_round_it() -> None:
    random = np.random.default_rng(1)
    found = effect_of("a", list(random.normal(0, 1, 50)), "b", list(random.normal(1, 1, 50)), seed=1)
    assert found.effect is not None
    assert found.effect_low is not None
    assert found.effect_high is not None
    assert found.effect_low < found.effect < found.effect_high < 0
    assert found.effect_high - found.effect_low == pytest.approx(2 * norm.ppf(0.975) * 0.2, rel=0.15)


def test_equal_values_have_no_effect() -> None:
    assert hedges_g([1.0, 1.0, 1.0], [1.0, 1.0, 1.0]) == 0
