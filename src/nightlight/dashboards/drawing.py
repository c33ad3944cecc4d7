"""An SVG made fit for a page: only shapes and words pass, no styles, no links; colors become the page's variables."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from nightlight.errors import NightlightError

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = {
    *("svg", "g", "path", "line", "rect", "circle", "text", "tspan", "defs", "linearGradient", "stop", "clipPath"),
}
ATTRIBUTES = {
    *("d", "x", "y", "x1", "x2", "y1", "y2", "dx", "dy", "r", "cx", "cy", "width", "height", "transform", "viewBox"),
    *("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit"),
    *("opacity", "fill-opacity", "stroke-opacity", "stop-color", "stop-opacity", "offset", "id", "clip-path"),
    *("text-anchor", "font-family", "font-size", "font-weight", "font-style"),
}
COLORS = {
    **{f"#00010{number}": f"var(--chart-{number})" for number in range(1, 7)},
    **{"#000201": "currentColor", "#000202": "var(--chart-muted)", "#000203": "var(--chart-grid)"},
}
RAMP = re.compile(r"rgb\((\d+), ?0, ?25[345]\)")  # how full a color is, between `charts.FAINT` and `charts.FULL`
RAMP_FROM, RAMP_COLOR = 0.08, "var(--chart-1)"
OPACITY = {"fill": "fill-opacity", "stroke": "stroke-opacity", "stop-color": "stop-opacity"}
DECIMALS = re.compile(r"(\d+\.\d\d)\d+")
REFERENCE = re.compile(r"url\(#(\w+)\)")


def clean(drawn: str, *, title: str, description: str, key: str) -> str:
    """The drawing as it may stand in a page; `key` tells its ids from those of others."""
    try:
        root = ET.fromstring(drawn)  # noqa: S314  # our renderer's own output
    except ET.ParseError:
        raise NightlightError("this picture cannot be drawn") from None
    _prune(root)
    for element in root.iter():
        element.attrib = dict(_attributes(element, key))
        element.tag = element.tag.removeprefix(SVG)
    width, height = (part for part in root.attrib.get("viewBox", "0 0 1 1").split()[2:])
    root.attrib = {
        "viewBox": f"0 0 {width} {height}",
        "role": "img",
        "aria-labelledby": f"title-{key} about-{key}",
        "xmlns": SVG.strip("{}"),
    }
    named = ET.Element("title", id=f"title-{key}")
    told = ET.Element("desc", id=f"about-{key}")
    named.text, told.text = title, description
    root[:0] = [named, told]
    return ET.tostring(root, encoding="unicode")


def _prune(element: ET.Element) -> None:
    """Take out what is not known to be harmless, and what nobody sees."""
    for child in list(element):
        seen = child.get("opacity") != "0" and child.get("display") != "none" and child.get("d") not in ("", _NOTHING)
        if child.tag.removeprefix(SVG) in ELEMENTS and seen:
            _prune(child)
        else:
            element.remove(child)


_NOTHING = "M0,0h0v0h0Z"


def _attributes(element: ET.Element, key: str) -> Iterator[tuple[str, str]]:
    styles = (part.partition(":") for part in element.get("style", "").split(";"))
    found = {**element.attrib, **{name.strip(): value.strip() for name, _, value in styles}}
    for name, value in found.items():
        if name not in ATTRIBUTES or (name, value) == ("opacity", "1"):
            continue
        if name in OPACITY and (ramp := RAMP.fullmatch(value)):
            yield name, RAMP_COLOR
            yield OPACITY[name], f"{RAMP_FROM + (1 - RAMP_FROM) * int(ramp[1]) / 254:.2f}"
        elif name == "id":
            yield name, f"{value}-{key}"
        else:
            yield name, COLORS.get(value, DECIMALS.sub(r"\1", REFERENCE.sub(rf"url(#\1-{key})", value)))
