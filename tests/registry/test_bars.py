"""The file of bars: reviewed by people, read strictly, shipped with a default for every model."""

import pytest

from nightlight.errors import NightlightError
from nightlight.registry.bars import Bar, copy_gates, read_bars
from nightlight.settings import Home

PRACTICE = {"A1", "A3", "A5", "A7", "A11", "A16"}
"""What a texter's wording must not lose."""


@pytest.mark.parametrize("model", ["labeller", "pocket", "llama"])
def test_every_model_has_bars_from_the_start(home: Home, model: str) -> None:
    (home.root / "gates.toml").unlink()
    assert read_bars(home, model)
    copy_gates(home)
    assert read_bars(home, model)
    assert (home.root / "gates.toml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("model", ["pocket", "llama"])
def test_what_speaks_must_not_regress_in_what_practice_promises(home: Home, model: str) -> None:
    (home.root / "gates.toml").unlink()
    bars = {bar.id: bar for bar in read_bars(home, model)}
    assert all(bars[key].must_not_regress for key in PRACTICE)
    assert {"canaries", "verbatim_12grams"} < bars.keys()


def test_a_homes_own_bars_count_and_stay(home: Home) -> None:
    copy_gates(home)
    assert read_bars(home, "pocket")[1] == Bar("fluency", 0.5, False, True, 0.05)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[labeller.x]\nat_most = 1", "there are no bars for 'pocket'"),
        ("[pocket.x]\nat_moist = 1", r"\[pocket.x\]: unknown key 'at_moist'"),
        ("[pocket.x]\nat_most = 'one'", "'at_most' must be a number"),
        ("[pocket.x]\nat_most = 1\nat_least = 0", "one of at_most and at_least"),
        ("[pocket.x]\ntolerance = 1", "one of at_most and at_least"),
        ("[pocket]\nx = 1", "this is no section"),
    ],
)
def test_a_file_that_is_not_clear_lets_nothing_through(home: Home, text: str, why: str) -> None:
    (home.root / "gates.toml").write_text(text)
    with pytest.raises(NightlightError, match=why):
        read_bars(home, "pocket")
