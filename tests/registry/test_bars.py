"""The file of bars: reviewed by people, read strictly, shipped with a default for every model."""

import pytest

from nightlight.errors import NightlightError
from nightlight.registry.bars import Bar, LiveBars, copy_gates, read_bars, read_live_bars
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


@pytest.mark.parametrize("model", ["pocket", "llama"])
def test_what_speaks_has_bars_while_it_is_used_which_are_no_measures(home: Home, model: str) -> None:
    (home.root / "gates.toml").unlink()
    live = read_live_bars(home, model)
    assert None not in vars(live).values()
    assert live.least == 50
    assert "live" not in {bar.id for bar in read_bars(home, model)}


def test_a_home_s_own_live_bars_count_and_where_it_has_none_the_shipped_ones(home: Home) -> None:
    shipped = read_live_bars(home, "pocket")  # its file, of before, has none
    assert shipped.leaks == 0.05
    file = home.root / "gates.toml"
    file.write_text(file.read_text() + "\n[pocket.live]\nleaks = 0.01\nleast = 10\n")
    assert read_live_bars(home, "pocket") == LiveBars(leaks=0.01, least=10)
    assert {bar.id for bar in read_bars(home, "pocket")} == {"leaks", "fluency"}


def test_live_bars_alone_let_nothing_through(home: Home) -> None:
    (home.root / "gates.toml").write_text("[pocket.live]\nleaks = 0.01\n")
    with pytest.raises(NightlightError, match="there are no bars for 'pocket'"):
        read_bars(home, "pocket")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "leeks = 0.1",
            r"\[pocket.live\]: unknown key 'leeks'; known keys: leaks, fallbacks, p95_seconds, stops, least",
        ),
        ("stops = 'few'", "'stops' must be a number"),
        ("least = 0", "'least' must be a whole number from 1"),
        ("least = 2.5", "'least' must be a whole number from 1"),
        ("leaks = true", "'leaks' must be a number"),
    ],
)
def test_live_bars_that_are_not_clear_are_refused(home: Home, text: str, why: str) -> None:
    (home.root / "gates.toml").write_text(f"[pocket.live]\n{text}\n")
    with pytest.raises(NightlightError, match=why):
        read_live_bars(home, "pocket")
