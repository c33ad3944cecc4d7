"""Pictures: a Vega-Lite specification and rows become an SVG that fits any width, light or dark, without scripts.

Colors are the page's own: the renderer is given marks of ours in their place, which `drawing` turns into variables."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from nightlight.dashboards.drawing import clean
from nightlight.errors import NightlightError

VEGA_LITE = "6.4"
WIDTH, HEIGHT = 460, 260
FONT = "system-ui, sans-serif"
# Marks that stand for the page's colors (see `drawing.COLORS`), and the colors themselves for pictures that leave.
SERIES = tuple(f"#00010{number}" for number in range(1, 7))
INK, MUTED, GRID = "#000201", "#000202", "#000203"
FAINT, FULL = "rgb(0,0,254)", "rgb(254,0,254)"
PRINTED = {
    **dict(zip(SERIES, ("#0b5fa5", "#b3541e", "#00755e", "#8a4d9e", "#7a6a00", "#5b6470"), strict=True)),
    **{INK: "#1f2933", MUTED: "#52606d", GRID: "#d5dbe1", FAINT: "#e3eef8", FULL: "#0b5fa5"},
}
LOCALES: Mapping[str, Literal["fr-FR"]] = {"fr": "fr-FR"}
Rows = Sequence[Mapping[str, Any]]


def svg(spec: Mapping[str, Any], rows: Rows, *, title: str, description: str, language: str = "en") -> str:
    """The picture as an `<svg>` element to put into a page; raises NightlightError where the specification is wrong.

    Rows are of JSON's kinds; times are written without a zone, as the reader is to see them.
    """
    return _put_into_page(json.dumps(_complete(spec, rows), sort_keys=True, default=str), title, description, language)


@lru_cache(maxsize=512)
def _put_into_page(spec: str, title: str, description: str, language: str) -> str:
    drawn = _draw(spec, language)
    key = hashlib.sha256(f"{drawn}{title}{description}".encode()).hexdigest()[:10]
    return clean(drawn, title=title, description=description, key=key)


def png(spec: Mapping[str, Any], rows: Rows, *, language: str = "en", scale: float = 2.0) -> bytes:
    """The picture as a PNG on white, for mails."""
    import vl_convert

    drawn = _draw(json.dumps(_complete(spec, rows), sort_keys=True, default=str), language, printed=True)
    return bytes(vl_convert.svg_to_png(drawn, scale=scale))


def warm_up() -> None:
    """Let the renderer start: the first picture takes a second longer."""
    svg({"mark": "bar", "encoding": {}}, [], title="", description="")


def _complete(spec: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    size = {"width": WIDTH, "height": HEIGHT, **spec}
    completed: dict[str, Any] = {
        **size,
        "$schema": f"https://vega.github.io/schema/vega-lite/v{VEGA_LITE[0]}.json",
        "data": {"values": list(rows)},
        "autosize": {"type": "fit", "contains": "padding"},
    }
    _mix_plainly(completed)
    return completed


def _mix_plainly(spec: Any) -> None:
    """Have color scales mix our two marks evenly, channel by channel."""
    if isinstance(spec, dict):
        color = spec.get("color")
        if isinstance(color, dict) and color.get("type") == "quantitative":
            spec["color"] = {**color, "scale": {"interpolate": "rgb", **color.get("scale", {})}}
        for key, part in spec.items():
            if key != "data":
                _mix_plainly(part)
    elif isinstance(spec, list):
        for part in spec:
            _mix_plainly(part)


def _draw(spec: str, language: str, printed: bool = False) -> str:
    import vl_convert

    text = json.dumps(_config())
    if printed:
        for mark, color in PRINTED.items():
            text = text.replace(f'"{mark}"', f'"{color}"')
    try:
        return str(
            vl_convert.vegalite_to_svg(
                spec,
                vl_version=VEGA_LITE,
                config=json.loads(text) | ({"background": "#ffffff"} if printed else {}),
                allowed_base_urls=[],
                format_locale=LOCALES.get(language),
                time_format_locale=LOCALES.get(language),
            )
        )
    except (ValueError, TypeError) as error:  # its text may quote the rows
        raise NightlightError(
            f"this picture cannot be drawn ({type(error).__name__})", remedy="check 'vega' in the dashboard's file"
        ) from None


def _config() -> dict[str, Any]:
    """Our look: large letters, few lines, no frame."""
    words = {"labelColor": INK, "titleColor": MUTED, "labelFontSize": 13, "titleFontSize": 13, "titleFontWeight": 400}
    lines = {"domainColor": MUTED, "tickColor": MUTED, "gridColor": GRID}
    return {
        "background": None,
        "font": FONT,
        "padding": {"left": 14, "right": 14, "top": 4, "bottom": 4},  # letters may be wider than the renderer thinks
        "view": {"stroke": None},
        "axis": {**words, **lines, "labelFont": FONT, "titleFont": FONT, "labelLimit": 140, "labelOverlap": True},
        "axisX": {"grid": False, "labelFlush": False},
        "axisY": {"domain": False, "ticks": False, "labelPadding": 6, "titlePadding": 10},
        "legend": {
            **{**words, "labelFont": FONT, "titleFont": FONT},
            **{"orient": "top", "direction": "horizontal", "columns": 3, "columnPadding": 18, "labelLimit": 200},
            **{"symbolSize": 110, "symbolStrokeWidth": 2.5},
            **{"gradientLength": 180, "titleLimit": 320},
        },
        "text": {"color": INK, "font": FONT, "fontSize": 13},
        "title": {"color": INK, "font": FONT},
        "mark": {"color": SERIES[0], "invalid": "break-paths-show-domains"},  # what is hidden keeps its place
        "line": {"strokeWidth": 2.5},
        "point": {"filled": True, "size": 45},
        "bar": {"cornerRadiusEnd": 2},
        "rule": {"color": MUTED},
        "range": {"category": list(SERIES), "ramp": [FAINT, FULL], "heatmap": [FAINT, FULL], "ordinal": [FAINT, FULL]},
    }
