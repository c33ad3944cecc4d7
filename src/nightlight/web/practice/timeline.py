"""The course of a session as a picture: bands of phases, trust and distress, and where risk was told."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from nightlight.dashboards.charts import GRID, MUTED, SERIES, svg
from nightlight.simulator.debrief import Moment
from nightlight.web.practice.words import PHASES

WIDTH, HEIGHT = 460, 250
BOTTOM = {"value": {"expr": "height"}}
Words = Callable[[str], str]


def timeline(moments: Sequence[Moment], say: Words, language: str) -> str:
    """The picture as an `<svg>`; `say` translates. It has no numbers upward: how things moved, not a grade."""
    trust, distress = say("Trust"), say("Distress")
    rows: list[dict[str, Any]] = []
    for moment in moments:
        rows.append({"message": moment.turn, "line": trust, "value": moment.trust})
        rows.append({"message": moment.turn, "line": distress, "value": moment.distress})
    told = [after.turn for before, after in pairwise(moments) if after.rungs_told > before.rungs_told]
    bands = [
        {"from": start, "to": end, "phase": say(PHASES[phase]), "shade": index % 2}
        for index, (phase, start, end) in enumerate(_bands(moments))
    ]
    layers = [*_band_layers(bands), _lines(say, trust, distress), *([_told(told)] if told else [])]
    spec = {"width": WIDTH, "height": HEIGHT, "layer": layers}
    described = say("How trust and distress moved from message to message. The table below says it in words.")
    return svg(spec, rows, title=say("Course of the conversation"), description=described, language=language)


def _bands(moments: Sequence[Moment]) -> list[tuple[Any, float, float]]:
    """Runs of one phase, from half a message before to half a message after."""
    found: list[tuple[Any, float, float]] = []
    for moment in moments:
        if found and found[-1][0] == moment.phase:
            found[-1] = (moment.phase, found[-1][1], moment.turn + 0.5)
        else:
            found.append((moment.phase, moment.turn - 0.5, moment.turn + 0.5))
    return found


def _band_layers(bands: list[dict[str, Any]]) -> list[dict[str, Any]]:
    x = {"field": "from", "type": "quantitative"}
    top = {"value": 0}
    shaded = [band for band in bands if band["shade"]] or bands[:1]
    return [
        {
            "data": {"values": shaded},
            "mark": {"type": "rect", "color": GRID, "opacity": 0.45},
            "encoding": {"x": x, "x2": {"field": "to"}, "y": top, "y2": BOTTOM},
        },
        {
            "data": {"values": bands},
            "transform": [{"calculate": "(datum.from + datum.to) / 2", "as": "middle"}],
            "mark": {"type": "text", "angle": 270, "align": "left", "baseline": "middle", "dx": 16, "fontSize": 12},
            "encoding": {
                "x": {"field": "middle", "type": "quantitative"},
                "y": BOTTOM,
                "text": {"field": "phase", "type": "nominal"},
                "color": {"value": MUTED},
            },
        },
    ]


def _lines(say: Words, trust: str, distress: str) -> dict[str, Any]:
    ends = f"datum.value > 0.5 ? '{_quoted(say('high'))}' : '{_quoted(say('low'))}'"
    lines = [trust, distress]
    return {
        "mark": {"type": "line"},
        "encoding": {
            "x": {
                "field": "message",
                "type": "quantitative",
                "title": say("Message"),
                "axis": {"tickMinStep": 1, "format": "d"},
                "scale": {"zero": False, "nice": False},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, 1]},
                "axis": {"values": [0, 1], "labelExpr": ends},
            },
            "color": {
                "field": "line",
                "type": "nominal",
                "title": None,
                "legend": {"symbolType": "stroke", "symbolSize": 300},
                "scale": {"domain": lines, "range": list(SERIES[:2])},
            },
            "strokeDash": {
                "field": "line",
                "type": "nominal",
                "title": None,
                "scale": {"domain": lines, "range": [[1, 0], [6, 4]]},
            },
        },
    }


def _told(turns: list[int]) -> dict[str, Any]:
    return {
        "data": {"values": [{"message": turn} for turn in turns]},
        "mark": {
            "type": "point",
            "filled": True,
            "size": 130,
            "opacity": 1,
            "shape": "triangle-up",
            "color": SERIES[4],
        },
        "encoding": {"x": {"field": "message", "type": "quantitative"}, "y": {"value": {"expr": "height - 8"}}},
    }


def _quoted(word: str) -> str:
    return word.replace("\\", "\\\\").replace("'", "\\'")
