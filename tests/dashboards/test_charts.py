"""Pictures fit for a page: nothing but shapes and words, in the page's own colors, the same on every screen."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from nightlight.dashboards.charts import png, svg
from nightlight.dashboards.drawing import ATTRIBUTES, ELEMENTS, clean
from nightlight.errors import NightlightError

ROWS = [{"week": f"2026-01-{day:02d}T00:00:00", "n": n, "who": who} for day, n, who in ((5, 20, "a"), (12, None, "b"))]
LINES: dict[str, Any] = {
    "mark": {"type": "line", "point": True},
    "encoding": {
        "x": {"field": "week", "type": "temporal"},
        "y": {"field": "n", "type": "quantitative"},
        "color": {"field": "who", "type": "nominal"},
    },
}
HEAT: dict[str, Any] = {
    "mark": "rect",
    "encoding": {
        "x": {"field": "week", "type": "ordinal"},
        "y": {"field": "who", "type": "nominal"},
        "color": {"field": "n", "type": "quantitative"},
    },
}
SPACE = "{http://www.w3.org/2000/svg}"


def draw(spec: dict[str, Any], rows: list[dict[str, Any]] | None = None, **words: str) -> ET.Element:
    text = svg(spec, ROWS if rows is None else rows, **{"title": "Weeks", "description": "Which?", **words})
    return ET.fromstring(text)  # noqa: S314  # our own


@pytest.mark.parametrize("spec", [LINES, HEAT])
def test_a_picture_holds_nothing_but_shapes_and_words(spec: dict[str, Any]) -> None:
    picture = draw(spec)
    shapes = [element for element in picture.iter() if element is not picture]
    assert {element.tag.removeprefix(SPACE) for element in shapes} <= {*ELEMENTS, "title", "desc"}
    assert {name for element in shapes for name in element.attrib} <= ATTRIBUTES
    assert "style" not in ET.tostring(picture, encoding="unicode")


def test_a_picture_says_what_it_is_to_those_who_do_not_see_it() -> None:
    picture = draw(LINES, title="Waits & <more>", description="How long?")
    assert picture.get("role") == "img"
    title, told = picture[0], picture[1]
    assert (title.text, told.text) == ("Waits & <more>", "How long?")
    assert picture.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"


def test_a_picture_takes_its_width_and_colors_from_the_page() -> None:
    picture = draw(LINES)
    assert picture.get("width") is None
    assert re.fullmatch(r"0 0 \d+ \d+", picture.get("viewBox", ""))
    colors = {element.get(name) for element in picture.iter() for name in ("fill", "stroke")} - {None, "none"}
    assert colors >= {"currentColor", "var(--chart-1)", "var(--chart-2)", "var(--chart-grid)"}
    assert not [color for color in colors if color and color.startswith(("#0001", "#0002", "rgb"))]


def test_a_ramp_is_one_color_more_and_less_full() -> None:
    rows = [{"week": "a", "who": who, "n": n} for who, n in (("a", 0), ("b", 50), ("c", 100))]
    cells = [element for element in draw(HEAT, rows).iter() if element.get("fill-opacity")]
    assert {element.get("fill") for element in cells} == {"var(--chart-1)"}
    fullness = sorted(float(element.get("fill-opacity", "")) for element in cells)
    assert fullness[0] < 0.1
    assert fullness[1] == pytest.approx(0.54, abs=0.05)
    assert fullness[2] == 1


def test_the_same_is_drawn_in_the_same_way_and_two_pictures_share_no_id() -> None:
    assert svg(HEAT, ROWS, title="a", description="") == svg(HEAT, ROWS, title="a", description="")
    ids = [{element.get("id") for element in draw(HEAT, title=title).iter()} - {None} for title in ("a", "b")]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_what_is_hidden_keeps_its_place() -> None:
    bars = {
        "mark": "bar",
        "encoding": {"x": {"field": "who", "type": "nominal"}, "y": {"field": "n", "type": "quantitative"}},
    }
    words = [element.text for element in draw(bars).iter() if element.tag.endswith("text")]
    assert {"a", "b"} <= {*words}


def test_months_are_written_in_the_readers_language() -> None:
    spec = {
        **LINES,
        "encoding": {**LINES["encoding"], "x": {"field": "week", "type": "temporal", "axis": {"format": "%B"}}},
    }
    words = {element.text for element in draw(spec, language="fr").iter()}
    assert "janvier" in words


def test_times_are_drawn_as_they_are_written() -> None:
    """A day without a time of day would be UTC's to the renderer, and the day before in New York."""
    spec = {
        "mark": "point",
        "encoding": {"x": {"field": "week", "type": "ordinal", "timeUnit": "date", "axis": {"format": "%d"}}},
    }
    words = {element.text for element in draw(spec).iter()}
    assert {"05", "12"} <= words


@pytest.mark.parametrize(
    "spec",
    [
        {"mark": "no such mark", "encoding": {}},
        {"mark": "bar", "encoding": {}, "transform": [{"calculate": "((", "as": "x"}]},
    ],
)
def test_what_cannot_be_drawn_is_told_without_a_row(spec: dict[str, Any]) -> None:
    with pytest.raises(NightlightError, match="cannot be drawn") as told:
        svg(spec, [{"secret": "word"}], title="", description="")
    assert "word" not in str(told.value)


def test_what_could_run_or_load_is_taken_out() -> None:
    drawn = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">
    <script>alert(1)</script><a xlink:href="javascript:alert(1)"><path d="M0,0h1"/></a><image href="http://x/y.png"/>
    <path d="M0,0h2" onclick="alert(1)" style="fill:red;background:url(x)"/><foreignObject/></svg>"""
    cleaned = clean(drawn, title="", description="", key="k")
    assert not re.search("script|href|onclick|style|image|foreign|background|url", cleaned)
    assert 'fill="red"' in cleaned


def test_a_picture_for_mails_is_a_png() -> None:
    assert png(LINES, ROWS).startswith(b"\x89PNG")
