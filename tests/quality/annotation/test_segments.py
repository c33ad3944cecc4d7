"""Where phases change: Pk, WindowDiff and boundaries against cases worked out by hand."""

import pytest

from nightlight.quality.annotation.segments import boundaries, compare, differing_windows, matched, window


def test_the_same_changes_are_agreement() -> None:
    found = compare([("aabbcc", "xxyyzz")])  # where they change counts, not to what
    assert (found.pk, found.window_diff, found.f1) == (0, 0, 1)


def test_windows_are_counted_as_by_hand() -> None:
    """Six messages: one changes after the second and the fourth, the other after the third.

    Steps: one 0 1 0 1 0, other 0 0 1 0 0. Windows of two steps: 1|0, 1|1, 1|1, 1|0: two of four differ for both.
    """
    one, other = boundaries("aabbcc"), boundaries("aaabbb")
    assert differing_windows(one, other, 2) == (2, 2, 4)


def test_window_diff_also_counts_how_many_changes_there_are() -> None:
    """Steps: one 1 1 0, other 0 1 0. Windows of two steps: 2|1, 1|1."""
    assert differing_windows(boundaries("abcc"), boundaries("aabb"), 2) == (0, 1, 2)


def test_a_window_is_half_a_mean_segment() -> None:
    assert window(boundaries("aaaabbbb"), boundaries("aaaabbbb")) == 2
    assert window(boundaries("aaaa"), boundaries("aaaa")) == 2
    assert window(boundaries("abab"), boundaries("abab")) == 1


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("aabbbbbb", "aaaabbbb", 1),  # two messages apart
        ("aabbbbbb", "aaaaabbb", 0),  # three
        ("abbbbbbb", "abcccccc", 1),  # each partner once
        ("aabbccdd", "aabbccdd", 3),
        ("aaaaaaaa", "aabbccdd", 0),
    ],
)
def test_a_boundary_is_found_within_two_messages_and_once(one: str, other: str, found: int) -> None:
    assert matched(boundaries(one), boundaries(other)) == found


def test_f1_counts_the_boundaries_of_both() -> None:
    assert compare([("aabbbbbb", "aaaabbcc")]).f1 == pytest.approx(2 * 1 / 3)


def test_a_conversation_without_a_change_has_nothing_to_find() -> None:
    found = compare([("aaaa", "aaaa"), ("a", "a")])
    assert (found.pk, found.window_diff, found.f1) == (0, 0, None)
    assert compare([]).pk is None
