"""The labelling benchmark: the shipped labeller on what it was not trained on, and what reading costs.

The labeller is trained anew once, for the figures of cards and writers left out; that shows the training's cost too."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nightlight.operations.benchmark_figures import Figure, Round

PHASES_BAR, OVER_POSITION, OFFLINE_BAR = 0.80, 0.10, 0.88
LIVE_MESSAGES = 60


def label_round(*, on_step: Callable[[str], None]) -> Round:
    """The report of the labeller, and CPU-seconds of reading scripts for the first time and of live messages."""
    from nightlight.conversations.corpus import shipped_corpus, starter_corpus
    from nightlight.labelling.report import measure
    from nightlight.settings import shipped

    on_step("reading, batch and live")
    scripts = starter_corpus().scripts
    speed = {"batch": _batch(scripts), "live": _live(scripts)}
    model, tests = shipped("models/labeller"), shipped("benchmarks/label")
    return {"speed": speed, "report": measure(shipped_corpus(), model, tests, on_step=on_step)}


def _batch(scripts: Sequence[Any]) -> dict[str, float]:
    """Whole conversations, none of whose messages has been read before."""
    from nightlight.labelling.conversation import Labeller
    from nightlight.labelling.model import read_model
    from nightlight.settings import shipped

    labeller = Labeller(read_model(shipped("models/labeller")))
    labeller.label(scripts[0].conversation())
    begun, messages = time.process_time(), 0
    for script in scripts[1:]:
        messages += len(labeller.label(script.conversation()).messages)
    spent = time.process_time() - begun
    return {"messages": messages, "cpu_seconds": spent}


def _live(scripts: Sequence[Any]) -> dict[str, float]:
    """A conversation of 60 messages that grows message by message, each read with those before it."""
    from nightlight.conversations.conversation import Conversation, Message
    from nightlight.labelling.conversation import Labeller
    from nightlight.labelling.model import read_model
    from nightlight.settings import shipped

    labeller = Labeller(read_model(shipped("models/labeller")))
    labeller.label(scripts[0].conversation(), online=True)
    said = [message for script in scripts[1:4] for message in script.conversation().messages][:LIVE_MESSAGES]
    messages = tuple(Message(str(n), each.author, each.text) for n, each in enumerate(said))
    spent = []
    for end in range(1, len(messages) + 1):
        begun = time.process_time()
        labeller.label(Conversation("live", messages[:end]), online=True)
        spent.append(time.process_time() - begun)
    return {"messages": len(spent), "mean_seconds": sum(spent) / len(spent), "last_seconds": sum(spent[-5:]) / 5}


def label_figures(rounds: Sequence[Round]) -> list[Figure]:
    speed, report = rounds[0]["speed"], rounds[0]["report"]
    phases, strangers = report["phases"], report["evaluations"][0]
    rungs = report["rungs"][-1]
    online = phases["coarse, online"]["macro_f1"]["value"]
    alarms = report["alarms"]
    return [
        Figure("coarse phases online, macro F1", online, PHASES_BAR, at_least=True),
        Figure(
            "coarse phases online, over the position alone",
            online - phases["coarse, online, position only"]["macro_f1"]["value"],
            OVER_POSITION,
            at_least=True,
        ),
        Figure(
            "coarse phases offline, macro F1", _value(phases["coarse, offline"], "macro_f1"), OFFLINE_BAR, at_least=True
        ),
        Figure("coarse phases offline, position alone", _value(phases["coarse, offline, position only"], "macro_f1")),
        Figure("fine phases online, macro F1", _value(phases["fine, online"], "macro_f1")),
        Figure("fine phases offline, macro F1", _value(phases["fine, offline"], "macro_f1")),
        Figure("ECE of coarse phases online", phases["coarse, online"]["calibration_error"], 0.05),
        Figure("ECE of coarse phases offline", phases["coarse, offline"]["calibration_error"], 0.05),
        Figure("strangers' acts, first of 48", _value(strangers, "exact"), 0.70, at_least=True),
        Figure("strangers' acts, effect groups", _value(strangers, "groups"), 0.80, at_least=True),
        Figure("strangers' acts, any right one first", _value(strangers, "contained")),
        Figure("ECE of strangers' first act", strangers["calibration_error"], 0.05),
        Figure("questions about risk, precision", rungs["precision"], 0.95, at_least=True),
        Figure("questions about risk, recall", rungs["recall"], 0.95, at_least=True),
        *(
            Figure(
                f"risk 3 and more where 5 % of everyday messages alarm, recall: {name}",
                row["recall"],
                0.90,
                at_least=True,
            )
            for name, row in alarms.items()
        ),
        Figure(
            "strangers' risk, quadratic weighted kappa", report["risk"]["quadratic weighted kappa"], 0.70, at_least=True
        ),
        Figure(
            "messages a CPU-second, batch",
            speed["batch"]["messages"] / speed["batch"]["cpu_seconds"],
            400,
            at_least=True,
        ),
        Figure(f"live message behind {LIVE_MESSAGES} others, CPU-ms", speed["live"]["last_seconds"] * 1000, 10),
        Figure("training, CPU-s", report["training_cpu_seconds"], 300),
    ]


def esconv_round(folder: Path, *, on_step: Callable[[str], None]) -> Round:
    """The labeller on a folder of ESConv."""
    from nightlight.labelling.esconv_evaluation import esconv_report
    from nightlight.labelling.model import shipped_model

    return {"esconv": esconv_report(folder, shipped_model(), on_step=on_step)}


def esconv_figures(rounds: Sequence[Round]) -> list[Figure]:
    """What has seen nothing of ESConv is measured over the position alone; what was trained on it has bars."""
    from nightlight.labelling.esconv_evaluation import LABELLER, PLACE, TRAINED

    strategies, phases = rounds[0]["esconv"]["strategies"], rounds[0]["esconv"]["phases"]
    own, place, trained = (strategies[name] for name in (LABELLER, PLACE, TRAINED))
    return [
        Figure("strategies, accuracy", _value(own, "accuracy")),
        Figure("strategies, macro F1", _value(own, "macro_f1")),
        Figure("strategies, macro F1 over the position alone", _value(own, "macro_f1") - _value(place, "macro_f1")),
        Figure(f"strategies, {TRAINED}, accuracy", _value(trained, "accuracy"), 0.57, at_least=True),
        Figure(f"strategies, {TRAINED}, macro F1", _value(trained, "macro_f1"), 0.49, at_least=True),
        *(
            figure
            for way in ("online", "offline")
            for figure in (
                Figure(f"weak phases {way}, macro F1", _value(phases[way], "macro_f1")),
                Figure(
                    f"weak phases {way}, macro F1 over the position alone",
                    _value(phases[way], "macro_f1") - _value(phases[f"{way}, {PLACE}"], "macro_f1"),
                ),
            )
        ),
    ]


def _value(figures: Any, name: str) -> float:
    return float(figures[name]["value"])
