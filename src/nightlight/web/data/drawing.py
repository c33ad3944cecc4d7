"""Drawing lineage: tables as boxes in layers, each to the right of what it comes from; on phones one below another.

Pure geometry: names in, places and paths out. The template draws them as SVG, with a link in every box."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDE_HEIGHT, WIDE_GAP, LAYER_GAP, ROW_GAP = 52, 18, 56, 18
NARROW_WIDTH, NARROW_HEIGHT, LANE, RAIL = 358, 52, 9, 16
CHARACTER, PADDING, NARROWEST = 7.8, 28, 130
ARROW = 7
SWEEPS = 4


@dataclass(frozen=True)
class Box:
    """One table (or several that must not be named): `over` is the small word above its title, `note` one below."""

    key: str
    title: str
    over: str = ""
    note: str = ""
    url: str = ""
    kind: str = ""  # "", focus, hidden
    is_on_path: bool = False


@dataclass(frozen=True)
class Arrow:
    """From a table to one that is made from it."""

    source: str
    target: str
    is_on_path: bool = False


@dataclass(frozen=True)
class PlacedBox:
    box: Box
    x: float
    y: float
    width: float
    height: float

    @property
    def room(self) -> int:
        """How many characters fit into the box."""
        return int((self.width - PADDING + 10) / CHARACTER)


@dataclass(frozen=True)
class PlacedArrow:
    """`path` is the line, `head` the triangle at its end."""

    arrow: Arrow
    path: str
    head: str


@dataclass(frozen=True)
class Drawing:
    """Boxes and arrows with their places; those on the path come last, so that they lie on top."""

    width: float
    height: float
    boxes: tuple[PlacedBox, ...] = ()
    arrows: tuple[PlacedArrow, ...] = ()


def layers(focus: str, arrows: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How far each table is from `focus`, by the longest way: sources below zero, what is made of it above.

    >>> layers("b", [("a", "b"), ("b", "c"), ("a", "x"), ("x", "b")]) == {"a": -2, "x": -1, "b": 0, "c": 1}
    True
    """
    pairs = list(arrows)
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    for source, target in pairs:
        before.setdefault(target, []).append(source)
        after.setdefault(source, []).append(target)
    upstream = _distances(focus, before)
    downstream = _distances(focus, after)
    found = {name: -distance for name, distance in upstream.items()}
    return {**{name: d for name, d in downstream.items() if name not in found}, **found}


def _distances(focus: str, neighbours: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The longest way to each, never through a table twice: what was rewritten may seem to come from itself."""
    order: list[str] = []
    done: set[str] = set()
    returning: set[tuple[str, str]] = set()
    waiting: list[tuple[str, bool]] = [(focus, False)]
    open_: set[str] = set()
    while waiting:
        name, is_left = waiting.pop()
        if is_left:
            open_.discard(name)
            done.add(name)
            order.append(name)
            continue
        if name in done or name in open_:
            continue
        open_.add(name)
        waiting.append((name, True))
        for other in neighbours.get(name, ()):
            if other in open_:
                returning.add((name, other))
            elif other not in done:
                waiting.append((other, False))
    found = {focus: 0}
    for name in reversed(order):
        for other in neighbours.get(name, ()):
            if (name, other) not in returning and name in found:
                found[other] = max(found.get(other, 0), found[name] + 1)
    return found


@dataclass
class _Rows:
    """What stands in each layer, top to bottom: boxes, and the places (`key -> key`) where arrows pass by."""

    of: dict[int, list[str]] = field(default_factory=dict)
    links: list[tuple[str, str]] = field(default_factory=list)  # between neighbouring layers
    ways: dict[Arrow, list[str]] = field(default_factory=dict)


def draw_wide(boxes: Sequence[Box], arrows: Sequence[Arrow], places: Mapping[str, int]) -> Drawing:
    """Left to right; `places` are the boxes' layers."""
    by_key = {box.key: box for box in boxes}
    rows = _rows(by_key, arrows, places)
    _untangle(rows)
    width = max([NARROWEST, *(_width(box) for box in boxes)])
    heights = {layer: _height(keys, by_key) for layer, keys in rows.of.items()}
    height = max(heights.values(), default=0)
    placed: dict[str, tuple[float, float]] = {}
    for index, layer in enumerate(sorted(rows.of)):
        y = (height - heights[layer]) / 2 + 2
        for key in rows.of[layer]:
            placed[key] = (index * (width + LAYER_GAP) + 2, y)
            y += (WIDE_HEIGHT if key in by_key else 0) + ROW_GAP
    found = [PlacedBox(by_key[key], *placed[key], width, WIDE_HEIGHT) for key in placed if key in by_key]
    lines = [_wide_arrow(arrow, [placed[key] for key in way], width) for arrow, way in rows.ways.items()]
    return Drawing(
        width=max(len(rows.of) * (width + LAYER_GAP) - LAYER_GAP, 0) + 4,
        height=height + 4,
        boxes=tuple(sorted(found, key=lambda box: box.box.is_on_path)),
        arrows=tuple(sorted(lines, key=lambda line: line.arrow.is_on_path)),
    )


def draw_narrow(boxes: Sequence[Box], arrows: Sequence[Arrow], places: Mapping[str, int]) -> Drawing:
    """One column from the first sources down; all arrows into a table share a rail on the left."""
    by_key = {box.key: box for box in boxes}
    rows = _rows(by_key, arrows, places)
    _untangle(rows)
    keys = [key for layer in sorted(rows.of) for key in rows.of[layer] if key in by_key]
    row = {key: index for index, key in enumerate(keys)}
    lanes = _lanes(arrows, row)
    edge = RAIL + LANE * max(lanes.values(), default=0) + ARROW
    tops = {key: index * (NARROW_HEIGHT + WIDE_GAP) + 2 for key, index in row.items()}
    lines = [_narrow_arrow(arrow, edge, edge - ARROW - 4 - LANE * lanes[arrow.target], tops) for arrow in arrows]
    return Drawing(
        width=NARROW_WIDTH,
        height=len(keys) * (NARROW_HEIGHT + WIDE_GAP) - WIDE_GAP + 4 if keys else 4,
        boxes=tuple(PlacedBox(by_key[k], edge, tops[k], NARROW_WIDTH - edge - 2, NARROW_HEIGHT) for k in keys),
        arrows=tuple(sorted(lines, key=lambda line: line.arrow.is_on_path)),
    )


def _rows(boxes: Mapping[str, Box], arrows: Sequence[Arrow], places: Mapping[str, int]) -> _Rows:
    rows = _Rows({layer: [] for layer in sorted({places[key] for key in boxes})})
    for key in sorted(boxes):
        rows.of[places[key]].append(key)
    for arrow in arrows:
        way = [arrow.source]
        for layer in range(places[arrow.source] + 1, places[arrow.target]):
            if layer in rows.of:
                passing = f"{arrow.source} -> {arrow.target} {layer}"
                rows.of[layer].append(passing)
                way.append(passing)
        way.append(arrow.target)
        rows.ways[arrow] = way
        rows.links += pairwise(way)
    return rows


def _untangle(rows: _Rows) -> None:
    """Put each row in the order of what it is linked with, back and forth: few lines cross then."""
    linked: dict[str, list[str]] = {}
    for one, other in rows.links:
        linked.setdefault(one, []).append(other)
        linked.setdefault(other, []).append(one)
    order = sorted(rows.of)
    for sweep in range(SWEEPS):
        going = order if sweep % 2 == 0 else order[::-1]
        for beside, layer in pairwise(going):
            position = {key: index - len(rows.of[beside]) / 2 for index, key in enumerate(rows.of[beside])}
            middle = {}
            for index, key in enumerate(rows.of[layer]):
                known = [position[other] for other in linked.get(key, ()) if other in position]
                middle[key] = sum(known) / len(known) if known else index - len(rows.of[layer]) / 2
            rows.of[layer].sort(key=lambda key: (middle[key], key))


def _lanes(arrows: Sequence[Arrow], row: Mapping[str, int]) -> dict[str, int]:
    """A rail for each table that arrows lead to: short ones near the boxes, none on another that it would touch."""
    spans: dict[str, tuple[int, int]] = {}
    for arrow in arrows:
        ends = sorted((row[arrow.source], row[arrow.target]))
        first, last = spans.get(arrow.target, (ends[0], ends[1]))
        spans[arrow.target] = (min(first, ends[0]), max(last, ends[1]))
    lanes: dict[str, int] = {}
    for target, (first, last) in sorted(spans.items(), key=lambda item: (item[1][1] - item[1][0], item[1])):
        taken = {lane for other, lane in lanes.items() if spans[other][0] <= last and first <= spans[other][1]}
        lanes[target] = next(lane for lane in range(len(spans) + 1) if lane not in taken)
    return lanes


def _wide_arrow(arrow: Arrow, way: Sequence[tuple[float, float]], width: float) -> PlacedArrow:
    """From the right edge of the first box through the places between to the left edge of the last."""
    middle = WIDE_HEIGHT / 2
    x, y = way[0][0] + width, way[0][1] + middle
    path = f"M{x:g},{y:g}"
    for next_x, next_y in way[1:-1]:  # it lies level while it passes a layer
        path += _curve(x, y, next_x, next_y) + f"H{next_x + width:g}"
        x, y = next_x + width, next_y
    end_x, end_y = way[-1][0] - ARROW, way[-1][1] + middle
    return PlacedArrow(arrow, path + _curve(x, y, end_x, end_y), _head(end_x, end_y))


def _narrow_arrow(arrow: Arrow, edge: float, rail: float, tops: Mapping[str, float]) -> PlacedArrow:
    """Out of the lower half of the source's edge, along the rail, into the upper half of the target's."""
    begin, end = tops[arrow.source] + NARROW_HEIGHT * 0.66, tops[arrow.target] + NARROW_HEIGHT * 0.33
    turn = 6 if end > begin else -6
    path = (
        f"M{edge:g},{begin:g}H{rail + 6:g}Q{rail:g},{begin:g},{rail:g},{begin + turn:g}V{end - turn:g}"
        f"Q{rail:g},{end:g},{rail + 6:g},{end:g}H{edge - ARROW:g}"
    )
    return PlacedArrow(arrow, path, _head(edge - ARROW, end))


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    half = (to_x - x) / 2
    return f"C{x + half:g},{y:g},{to_x - half:g},{to_y:g},{to_x:g},{to_y:g}"


def _head(x: float, y: float) -> str:
    return f"M{x:g},{y - 4:g}l{ARROW},4l-{ARROW},4z"


def _height(keys: Sequence[str], boxes: Mapping[str, Box]) -> float:
    return sum(WIDE_HEIGHT if key in boxes else 0 for key in keys) + ROW_GAP * (len(keys) - 1)


def _width(box: Box) -> float:
    return CHARACTER * max(len(box.title), len(box.over), len(box.note)) + PADDING
