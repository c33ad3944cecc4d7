"""The drawing's geometry: sources before what is made of them, boxes apart, every arrow from box to box."""

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightlight.web.data.drawing import NARROW_WIDTH, Arrow, Box, Drawing, draw_narrow, draw_wide, layers

Draw = Callable[..., Drawing]
PAIRS = [
    ("b.messages", "s.messages"),
    ("b.events", "s.events"),
    ("s.messages", "s.conversations"),
    ("s.events", "s.conversations"),
    ("s.conversations", "g.volume"),
    ("b.events", "g.volume"),
    ("g.volume", "g.yearly"),
]


def drawn(draw: Draw, focus: str, pairs: Sequence[tuple[str, str]], on_path: Sequence[tuple[str, str]] = ()) -> Drawing:
    places = layers(focus, pairs)
    boxes = [Box(key, key, is_on_path=any(key in pair for pair in on_path)) for key in places]
    return draw(boxes, [Arrow(*pair, is_on_path=pair in on_path) for pair in pairs], places)


def numbers(path: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", path)]


def test_a_table_stands_after_all_it_comes_from() -> None:
    places = layers("g.volume", PAIRS)
    assert places["g.volume"] == 0
    assert all(places[source] < places[target] for source, target in PAIRS)
    assert places["b.events"] == -3  # by the longest way, though one arrow is short


def test_what_seems_to_come_from_itself_ends_nowhere_endless() -> None:
    places = layers("a", [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")])
    assert places["a"] == 0
    assert places.keys() == {"a", "b", "c"}


@pytest.mark.parametrize("draw", [draw_wide, draw_narrow])
def test_boxes_lie_apart_and_inside(draw: Draw) -> None:
    drawing = drawn(draw, "g.volume", PAIRS)
    assert {each.box.key for each in drawing.boxes} == {name for pair in PAIRS for name in pair}
    for one in drawing.boxes:
        assert one.x >= 0
        assert one.x + one.width <= drawing.width
        assert one.y >= 0
        assert one.y + one.height <= drawing.height
        for other in drawing.boxes:
            apart = abs(one.x - other.x) >= one.width or abs(one.y - other.y) >= one.height
            assert one is other or apart


def test_left_to_right_an_arrow_goes_from_edge_to_edge() -> None:
    drawing = drawn(draw_wide, "g.volume", PAIRS)
    boxes = {each.box.key: each for each in drawing.boxes}
    for line in drawing.arrows:
        source, target = boxes[line.arrow.source], boxes[line.arrow.target]
        assert numbers(line.path)[:2] == pytest.approx(
            [source.x + source.width, source.y + source.height / 2], abs=0.01
        )
        assert numbers(line.head)[0] + 7 == pytest.approx(target.x, abs=0.01)
        assert source.x < target.x


def test_on_a_phone_the_drawing_is_one_column_that_fits() -> None:
    drawing = drawn(draw_narrow, "g.volume", PAIRS)
    assert drawing.width == NARROW_WIDTH
    assert len({each.x for each in drawing.boxes}) == 1
    order = [each.box.key for each in sorted(drawing.boxes, key=lambda each: each.y)]
    assert all(order.index(source) < order.index(target) for source, target in PAIRS)
    assert all(min(numbers(line.path)) >= 0 for line in drawing.arrows)


def test_on_a_phone_rails_of_different_tables_do_not_touch() -> None:
    pairs = [("a", "m"), ("b", "m"), ("m", "x"), ("m", "y"), ("m", "z")]
    drawing = drawn(draw_narrow, "m", pairs)
    rails = {line.arrow.target: float(re.findall(r"Q([\d.]+),", line.path)[0]) for line in drawing.arrows}
    assert len({rails[target] for target in ("x", "y", "z")}) == 3


@pytest.mark.parametrize("draw", [draw_wide, draw_narrow])
def test_the_path_is_drawn_last_and_lies_on_top(draw: Draw) -> None:
    path = [("b.events", "s.events"), ("s.events", "s.conversations"), ("s.conversations", "g.volume")]
    drawing = drawn(draw, "g.volume", PAIRS, path)
    assert [line.arrow.is_on_path for line in drawing.arrows] == [False] * 4 + [True] * 3


@pytest.mark.parametrize("draw", [draw_wide, draw_narrow])
def test_a_table_that_stands_alone_is_drawn_alone(draw: Draw) -> None:
    drawing = drawn(draw, "s.alone", [])
    assert [each.box.key for each in drawing.boxes] == ["s.alone"]
    assert drawing.arrows == ()


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25))
def test_any_graph_is_drawn(pairs: list[tuple[int, int]]) -> None:
    named = sorted({(f"t{one}", f"t{other}") for one, other in pairs})
    places = layers("t0", named)
    kept = [pair for pair in named if places.get(pair[0], 0) < places.get(pair[1], 0) and {*pair} <= places.keys()]
    for draw in (draw_wide, draw_narrow):
        drawing = draw([Box(key, key) for key in places], [Arrow(*pair) for pair in kept], places)
        assert len(drawing.boxes) == len(places)
        assert len(drawing.arrows) == len(kept)
