"""Small counts stay hidden, whoever subtracts: proven by an attack that tries everything, on tables drawn by lot."""

from collections.abc import Hashable, Iterator, Sequence
from itertools import combinations, product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dashboards.attack import members, range_of, what_is_shown

from nightlight.dashboards.suppression import THRESHOLD, WIDTH, Counts, Hidden, suppress
from nightlight.errors import NightlightError

SMALL = range(1, THRESHOLD)


def counts(dimensions: Sequence[str], cells: dict[tuple[Hashable, ...], int]) -> Counts:
    return Counts(tuple(dimensions), "n", tuple(cells), tuple(cells.values()))


def with_totals(table: Counts) -> list[Counts]:
    """The table, and the tables of all its totals: what other charts may show."""
    names = table.dimensions
    return [table, *(summed(table, *kept) for size in range(len(names)) for kept in combinations(names, size))]


def shown(table: Counts, hidden: Hidden) -> list[int | None]:
    return [None if (row, "n") in hidden else number for row, number in enumerate(table.whole)]


def attack(finest: Counts, tables: Sequence[Counts], hidden: Sequence[Hidden]) -> Iterator[tuple[int, int, int]]:
    """Each small count of any of the tables, with the range of values that fit what is shown of all of them."""
    facts = what_is_shown(finest, tables, hidden)
    for table, hidden_here in zip(tables, hidden, strict=True):
        for row, (key, number) in enumerate(zip(table.keys, table.whole, strict=True)):
            if number in SMALL:
                assert (row, "n") in hidden_here
                yield number, *range_of(members(finest, table, key), finest, facts, WIDTH)


def summed(table: Counts, *dimensions: str) -> Counts:
    """The table of the totals over all other dimensions."""
    kept = [table.dimensions.index(name) for name in dimensions]
    sums: dict[tuple[Hashable, ...], int] = {}
    for key, number in zip(table.keys, table.whole, strict=True):
        place = tuple(key[at] for at in kept)
        sums[place] = sums.get(place, 0) + number
    return counts(dimensions, sums)


def numbers() -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 12), st.just(0), st.integers(11, 60))


def tables_of(*sizes: int) -> st.SearchStrategy[Counts]:
    keys = list(product(*(range(size) for size in sizes)))
    names = ["week", "partner", "hour"][: len(sizes)]
    lists = st.lists(numbers(), min_size=len(keys), max_size=len(keys))
    return lists.map(lambda found: counts(names, dict(zip(keys, found, strict=True))))


def test_a_count_below_eleven_is_hidden_with_another_that_it_could_be_subtracted_from() -> None:
    table = counts(["week"], {(1,): 5, (2,): 20, (3,): 30})
    assert shown(table, suppress([table])[0]) == [None, None, 30]


def test_zero_and_eleven_are_shown() -> None:
    table = counts(["week"], {(1,): 0, (2,): 11, (3,): 30})
    assert suppress([table]) == [set()]


def test_two_hidden_counts_of_a_line_add_up_to_eleven_at_least() -> None:
    table = counts(["week"], {(1,): 3, (2,): 4, (3,): 12, (4,): 50})
    assert shown(table, suppress([table])[0]) == [None, None, None, 50]
    enough = counts(["week"], {(1,): 5, (2,): 6, (3,): 12})
    assert shown(enough, suppress([enough])[0]) == [None, None, 12]


def test_many_ones_are_not_enough_to_hide_behind() -> None:
    table = counts(["week"], {**{(week,): 1 for week in range(12)}, (12,): 40})
    assert shown(table, suppress([table])[0])[-1] is None, "twelve ones that add up to twelve are each one"


def test_a_table_by_two_dimensions_hides_a_square() -> None:
    cells: dict[tuple[Hashable, ...], int] = {
        (week, partner): number for week in range(3) for partner, number in (("home", 90), ("lindenruf", 20))
    }
    table = counts(["week", "partner"], {**cells, (1, "lindenruf"): 4})
    hidden = suppress([table])[0]
    assert len(hidden) == 4
    assert {table.keys[row] for row, _ in hidden} >= {(1, "lindenruf"), (1, "home")}


def test_a_total_that_another_chart_shows_is_hidden_there_where_it_would_tell() -> None:
    by_both = counts(["week", "partner"], {(1, "home"): 0, (1, "lindenruf"): 4, (2, "home"): 60, (2, "lindenruf"): 30})
    by_week = counts(["week"], {(1,): 4, (2,): 90})
    _, hidden = suppress([by_both, by_week])
    assert shown(by_week, hidden) == [None, None]


def test_what_one_chart_hides_to_protect_is_hidden_in_the_other_too() -> None:
    by_week = counts(["week"], {(1,): 4, (2,): 30, (3,): 40})
    of_the_same = counts(["week"], {(2,): 30, (4,): 70, (5,): 80})
    hidden = suppress([by_week, of_the_same])
    assert shown(by_week, hidden[0]) == [None, None, 40]
    assert shown(of_the_same, hidden[1]) == [None, None, 80]


def test_it_is_hidden_whatever_the_dimension_is_called_there() -> None:
    by_month = counts(["month"], {(8,): 16, (9,): 15, (7,): 9})
    by_start = counts(["from"], {(8,): 16, (9,): 15, (7,): 9})
    assert shown(by_month, suppress([by_month, by_start])[0]) == shown(by_start, suppress([by_month, by_start])[1])
    by_both = counts(["from", "line"], {(8, "a"): 16, (9, "a"): 15, (7, "a"): 9})
    hidden = suppress([by_month, by_both])
    assert shown(by_month, hidden[0]) == shown(by_both, hidden[1])


def test_two_tables_of_different_rows_are_each_protected() -> None:
    """They count under the same names, but not as many: what one hides does not count as hidden in the other."""
    one = counts(["week"], {(1,): 5, (2,): 20, (3,): 30})
    other = counts(["week"], {(1,): 7, (2,): 40, (3,): 50})
    assert [shown(*each) for each in zip((one, other), suppress([one, other]), strict=True)] == [
        [None, None, 30],
        [None, None, 50],
    ]


def test_a_quarter_beside_its_months_does_not_tell_the_hidden_one() -> None:
    by_month = counts(
        ["quarter", "month"], {("Q2", 4): 30, ("Q2", 5): 12, ("Q2", 6): 40, ("Q3", 7): 9, ("Q3", 8): 16, ("Q3", 9): 15}
    )
    by_quarter = counts(["quarter"], {("Q2",): 82, ("Q3",): 40})
    hidden, of_quarters = suppress([by_month, by_quarter])
    of_third = [number for key, number in zip(by_month.keys, shown(by_month, hidden), strict=True) if key[0] == "Q3"]
    assert of_third.count(None) >= 2 or None in shown(by_quarter, of_quarters)


def test_counts_of_others_are_left_alone() -> None:
    by_week = counts(["week"], {(1,): 4, (2,): 30})
    others = Counts(("week",), "answered", ((1,), (2,)), (40, 30))
    assert suppress([by_week, others])[1] == set()


def test_a_small_part_hides_another_part_or_the_whole() -> None:
    table = Counts(("month",), "n", ((1,), (2,), (3,)), (50, 40, 30), (("high", (12, 3, 13)),))
    assert suppress([table]) == [{(1, "high"), (2, "high")}]


def test_a_small_rest_hides_the_part_that_would_tell_it() -> None:
    table = Counts(("month",), "n", ((1,), (2,), (3,)), (50, 40, 30), (("answered", (30, 38, 15)),))
    hidden = suppress([table])[0]
    assert (1, "answered") in hidden or (1, "n") in hidden


def test_all_that_is_too_small_is_hidden_as_a_whole() -> None:
    table = counts(["week"], {(1,): 3, (2,): 4})
    assert [shown(*each) for each in zip(with_totals(table), suppress(with_totals(table)), strict=True)] == [
        [None, None],
        [None],
    ]


def test_rows_that_the_dimensions_do_not_tell_apart_are_refused() -> None:
    with pytest.raises(NightlightError, match="do not tell the rows apart"):
        suppress([Counts(("week",), "n", ((1,), (1,)), (20, 30))])


@pytest.mark.parametrize(("whole", "part"), [(-1, 0), (5, 6), (5, -1)])
def test_what_is_no_count_is_refused(whole: int, part: int) -> None:
    with pytest.raises(NightlightError, match="negative, or its parts"):
        suppress([Counts((), "n", ((),), (whole,), (("p", (part,)),))])


def test_a_table_too_fine_is_refused() -> None:
    keys = tuple(product(range(80), range(80)))
    with pytest.raises(NightlightError, match="too fine"):
        suppress([Counts(("a", "b"), "n", keys, (20,) * len(keys))])


def test_without_others_hidden_the_attack_succeeds() -> None:
    """The attack itself is worth something: hiding the small count alone gives it away."""
    table = counts(["week"], {(1,): 5, (2,): 20, (3,): 30})
    tables = with_totals(table)
    assert list(attack(table, tables, [{(0, "n")}, set()])) == [(5, 5, 5)]


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables_of(4), tables_of(3, 2), tables_of(3, 3), tables_of(4, 2)))
def test_no_attack_narrows_a_small_count_of_a_table_with_its_totals(table: Counts) -> None:
    tables = with_totals(table)
    for number, low, high in attack(table, tables, suppress(tables)):
        assert low <= number
        assert high - low >= WIDTH


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables_of(2, 2, 2), tables_of(3, 2, 2)))
def test_no_attack_narrows_a_small_count_of_a_table_by_three_dimensions(table: Counts) -> None:
    tables = with_totals(table)
    for number, low, high in attack(table, tables, suppress(tables)):
        assert low <= number
        assert high - low >= WIDTH


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables_of(2, 2, 2), tables_of(3, 2, 2)))
def test_no_attack_narrows_a_small_count_of_two_tables_that_share_a_dimension(table: Counts) -> None:
    tables = [summed(table, "week", "partner"), summed(table, "week", "hour"), summed(table)]
    for number, low, high in attack(table, tables, suppress(tables)):
        assert low <= number
        assert high - low >= WIDTH


def of_outcome(table: Counts, outcome: int) -> Counts:
    """The rows of one outcome, which is the last dimension."""
    return counts(
        table.dimensions,
        {key: number for key, number in zip(table.keys, table.whole, strict=True) if key[-1] == outcome},
    )


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(tables_of(2, 2, 2), tables_of(3, 2, 2)))
def test_no_attack_narrows_a_small_count_of_tables_with_parts(table: Counts) -> None:
    """Hour 0 stands for answered: of weeks we show all and the answered, of partners too, and the answered of weeks."""
    answered, rest = of_outcome(table, 0), of_outcome(table, 1)
    by_week, by_partner = summed(table, "week"), summed(table, "partner")
    parts = [summed(answered, name).whole for name in ("week", "partner")]
    alone = Counts(("week",), "answered", by_week.keys, parts[0])
    asked = [
        Counts(by.dimensions, "n", by.keys, by.whole, (("answered", part),))
        for by, part in zip((by_week, by_partner), parts, strict=True)
    ]
    found = suppress([*asked, alone])
    wholes: list[Hidden] = [{(row, "n") for row, name in hidden if name == "n"} for hidden in found[:2]]
    of_parts: list[Hidden] = [{(row, "n") for row, name in hidden if name == "answered"} for hidden in found]
    assert of_parts[0] == of_parts[2]
    shown_parts = [summed(answered, name, "hour") for name in ("week", "partner")]
    facts = what_is_shown(table, [by_week, by_partner, *shown_parts], [*wholes, *of_parts[:2]])
    small = [
        (number, members(table, each, key))
        for each in (by_week, by_partner, *shown_parts, summed(rest, "week", "hour"), summed(rest, "partner", "hour"))
        for key, number in zip(each.keys, each.whole, strict=True)
        if number in SMALL
    ]
    for number, cells in small:
        low, high = range_of(cells, table, facts, WIDTH)
        assert low <= number
        assert high - low >= WIDTH


@settings(deadline=None, max_examples=50)
@given(tables_of(4, 3), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(table: Counts, lot: Random) -> None:
    rows = list(zip(table.keys, table.whole, strict=True))
    shuffled = rows.copy()
    lot.shuffle(shuffled)
    other = counts(table.dimensions, dict(shuffled))
    assert {table.keys[row] for row, _ in suppress([table])[0]} == {other.keys[row] for row, _ in suppress([other])[0]}
