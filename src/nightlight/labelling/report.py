"""Everything that is known of the labeller: on messages of strangers, on cards and writers left out, with the lines to
beat (majority, position, plain words) and probes that must fail."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nightlight.conversations.corpus import Corpus, read_corpus
from nightlight.conversations.counselor_messages import read_counselor_messages
from nightlight.conversations.labels import CounselorAct
from nightlight.conversations.texter_messages import TexterMessage, read_texter_messages
from nightlight.labelling.acts import ActLabeller, LabelledAct
from nightlight.labelling.evaluation import Evaluation, evaluate, label_all, near_duplicates, shuffled, worst
from nightlight.labelling.examples import Example, examples_of, message_examples, texter_examples
from nightlight.labelling.fitting import Fitted
from nightlight.labelling.model import ACTS, RISK, Model, chosen_acts, overruled, read_model
from nightlight.labelling.phase_evaluation import phase_report
from nightlight.labelling.risk import RiskLabeller
from nightlight.labelling.risk_evaluation import alarms, risk_report
from nightlight.labelling.rules import RUNGS, RuleLabeller, hits
from nightlight.labelling.training import Trained, train

STRANGERS, UNSEEN = "strangers_counselor_messages.tsv", "unseen_counselor_messages.tsv"
STRANGERS_RISK = "strangers_texter_messages.tsv"
STRANGERS_ALARM, SCRIPTS_ALARM = "a stranger's messages", "answers in scripts, card left out"
HIGH = 3
Alarms = dict[str, dict[str, float]]
NOTHING: Callable[[str], None] = lambda step: None  # noqa: E731


def measure(
    corpus_folder: Path, model_folder: Path, tests: Path, *, on_step: Callable[[str], None] = NOTHING
) -> dict[str, Any]:
    """`full_report` of a stored model, and the CPU-seconds of its training, which the figures of cards and writers
    left out need once more."""
    on_step("training")
    corpus, begun = read_corpus(corpus_folder), time.process_time()
    trained = train(corpus)
    training = time.process_time() - begun
    report = full_report(trained, corpus, read_model(model_folder), tests, on_step=on_step)
    return {**report, "training_cpu_seconds": round(training, 1)}


def full_report(
    trained: Trained, corpus: Corpus, model: Model, tests: Path, *, on_step: Callable[[str], None] = NOTHING
) -> dict[str, Any]:
    """`trained`: what the training of `corpus` gave; `model`: the stored one; `tests`: the folder of what nothing is
    trained on."""
    started = time.process_time()
    on_step("acts")
    examples = examples_of(corpus)
    held = list(message_examples(read_counselor_messages(tests / STRANGERS), complete=True))
    unseen = list(message_examples(read_counselor_messages(tests / UNSEEN), complete=True))
    labeller = model.counselor
    evaluations = [
        evaluate("strangers", held, label_all(labeller, held)),
        evaluate("strangers, weights alone", held, [labeller.label_by_weights(e.text, before=e.before) for e in held]),
        evaluate("strangers, rules alone", held, label_all(RuleLabeller(), held)),
        evaluate("strangers, plain TF-IDF", held, plain_answers(examples, held)),
        evaluate(
            "strangers, plain TF-IDF of shuffled labels (must fail)", held, plain_answers(shuffled(examples), held)
        ),
        evaluate("earlier test, not quite unseen", unseen, label_all(labeller, unseen)),
        *left_out(examples, trained.counselor),
    ]
    on_step("risk")
    risks = read_texter_messages(tests / STRANGERS_RISK)
    texts = [each.text for each in texter_examples(corpus) if each.level is not None]
    on_step("phases")
    topics = [corpus.cards[course.card].topics[0].value for course in trained.courses]
    return {
        "version": model.version,
        "evaluations": [evaluation.as_json() for evaluation in evaluations],
        "worst": list(worst(evaluations[0])),
        "rungs": rung_figures(evaluations[0]),
        "calibration error of all acts": _all_acts_error(model, held),
        "near duplicates": {
            STRANGERS: len(near_duplicates([e.text for e in held], [e.text for e in examples])),
            STRANGERS_RISK: len(near_duplicates([row.text for row in risks], texts)),
        },
        "changed by neutral paraphrase": changed_by_paraphrase(labeller, held),
        "risk": risk_report(model.texter, risks, "strangers"),
        "alarms": alarm_report(corpus, trained.texter, model.texter, risks),
        "phases": phase_report(trained.courses, topics),
        "cpu_seconds": round(time.process_time() - started, 1),
    }


def left_out(examples: Sequence[Example], fitted: Fitted) -> list[Evaluation]:
    """Each kind of training message, read by a model that saw nothing of its card or writer."""
    chances = fitted.model.of_scores(fitted.out_of_fold)[ACTS]
    limits = dict.fromkeys(CounselorAct, 0.5)
    kinds = {"card": "scripts, card left out", "counselors": "messages, writer left out", "before": "first messages"}
    found = []
    for kind, name in kinds.items():
        chosen = [number for number, example in enumerate(examples) if example.group.split()[0] == kind]
        answers = [
            chosen_acts(
                overruled(
                    dict(zip(CounselorAct, chances[number].tolist(), strict=True)),
                    examples[number].text,
                    hits(examples[number].text, examples[number].before),
                ),
                limits,
            )
            for number in chosen
        ]
        found.append(evaluate(name, [examples[number] for number in chosen], answers))
    return found


def alarm_report(corpus: Corpus, fitted: Fitted, labeller: RiskLabeller, risks: Sequence[TexterMessage]) -> Alarms:
    """High risk as an alarm, where everyday messages are those of scripts without risk, read out of fold: on a
    stranger's messages; and on the answers in scripts that tell a plan, means or a time, most of them few words that
    lean on what was asked."""
    import numpy as np

    examples = [(number, e) for number, e in enumerate(texter_examples(corpus)) if e.phase and e.level is not None]
    high = np.array([example.level for _, example in examples]) >= HIGH
    sure = fitted.model.of_scores(fitted.out_of_fold)[RISK][[number for number, _ in examples]][:, HIGH:].sum(axis=1)
    everyday = sure[np.array([example.level for _, example in examples]) == 0]
    strangers = np.array([labeller.label(row.text, before=row.before).at_least(HIGH) for row in risks])
    return {
        STRANGERS_ALARM: alarms(strangers, np.array([row.level >= HIGH for row in risks]), everyday),
        SCRIPTS_ALARM: alarms(sure, high, everyday),
    }


def plain_answers(examples: Sequence[Example], held: Sequence[Example]) -> list[tuple[LabelledAct, ...]]:
    """The line to beat: words and word pairs of the message, TF-IDF, one multinomial regression of the first act."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    line = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(C=10, max_iter=60, tol=1e-3),
    )
    line.fit([example.text for example in examples], [str(example.acts[0]) for example in examples])
    said = line.predict_proba([example.text for example in held])
    return [(LabelledAct(CounselorAct(line.classes_[row.argmax()]), float(row.max())),) for row in said]


def rung_figures(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Each question of the ladder, and all of them together."""
    rows = [figures for figures in evaluation.acts if figures.label in RUNGS]
    both = sum(round(figures.recall * figures.wanted) for figures in rows)
    said, wanted = sum(figures.said for figures in rows), sum(figures.wanted for figures in rows)
    total = {"act": "all rungs", "precision": both / max(1, said), "recall": both / max(1, wanted), "wanted": wanted}
    each = [
        {"act": str(row.label), "precision": row.precision, "recall": row.recall, "wanted": row.wanted} for row in rows
    ]
    return [*each, total]


NEUTRAL = {
    "tonight": "this evening",
    "really": "very",
    "maybe": "perhaps",
    "talk": "chat",
    "mum": "mother",
    "school": "college",
    "friend": "mate",
    "house": "place",
}
"""Words, and others that change nothing about what a message does."""


def changed_by_paraphrase(labeller: ActLabeller, examples: Sequence[Example]) -> float:
    """The share of messages whose first act changes when neutral words are put in other words."""
    changed = total = 0
    for example in examples:
        for old, new in NEUTRAL.items():
            if old in example.text:
                one = labeller.label(example.text, before=example.before)[0].act
                other = labeller.label(example.text.replace(old, new), before=example.before)[0].act
                changed, total = changed + (one is not other), total + 1
    return changed / max(1, total)


def print_report(report: dict[str, Any]) -> None:
    """The report as tables on the terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "acts", "messages", "exact", "groups", "any right", "macro F1", "ECE", "majority", title=report["version"]
    )
    for row in report["evaluations"]:
        rest = [row["contained"]["value"], row["macro_f1"], row["calibration_error"], row["majority"]]
        numbers = [f"{value:.3f}" for value in rest]
        table.add_row(row["name"], str(row["messages"]), _shown(row["exact"]), _shown(row["groups"]), *numbers)
    console.print(table)
    for title in ("rungs", "worst"):
        table = Table("act", "messages", "precision", "recall", title=title)
        for row in report[title]:
            name = str(row.get("act") or row.get("label"))
            table.add_row(name, str(row["wanted"]), f"{row['precision']:.2f}", f"{row['recall']:.2f}")
        console.print(table)
    _print_phases(console, report["phases"])
    _print_risk(console, report["risk"], report["alarms"])
    for key in (
        "calibration error of all acts",
        "near duplicates",
        "changed by neutral paraphrase",
        "cpu_seconds",
        "training_cpu_seconds",
    ):
        console.print(key, report[key])


def _print_phases(console: Any, phases: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("phases on cards left out", "accuracy", "macro F1", "ECE", "majority", title="phases")
    for name, row in phases.items():
        if "macro_f1" in row:
            error = "" if row["calibration_error"] is None else f"{row['calibration_error']:.3f}"
            table.add_row(name, _shown(row["accuracy"]), _shown(row["macro_f1"]), error, f"{row['majority']:.2f}")
    console.print(table)
    for name in ("coarse, online", "coarse, offline", "fine, offline"):
        labels = [row["label"] for row in phases[name]["classes"]]
        table = Table("wanted \\ said", *labels, "recall", title=f"confusion: {name}")
        for row, counts in zip(phases[name]["classes"], phases[name]["confusion"], strict=True):
            table.add_row(row["label"], *(str(count) for count in counts), f"{row['recall']:.2f}")
        console.print(table)
    for name in ("coarse, offline, by length", "coarse, offline, by topic"):
        table = Table(name, "messages", "macro F1", "accuracy")
        for part, row in phases[name].items():
            table.add_row(part, str(row["messages"]), f"{row['macro_f1']:.3f}", f"{row['accuracy']:.3f}")
        console.print(table)


def _print_risk(console: Any, risk: dict[str, Any], found: dict[str, dict[str, float]]) -> None:
    from rich.table import Table

    table = Table("risk", "messages", "said", "precision", "recall", title="risk on a stranger's messages")
    for row in (*risk["or higher"], *risk["attributes"]):
        numbers = (str(row["wanted"]), str(row["said"]), f"{row['precision']:.2f}", f"{row['recall']:.2f}")
        table.add_row(str(row["label"]), *numbers)
    console.print(table)
    console.print("accuracy", _shown(risk["levels"]["accuracy"]), "macro F1", _shown(risk["levels"]["macro_f1"]))
    console.print("quadratic weighted kappa", round(risk["quadratic weighted kappa"], 3))
    console.print("ECE of level 3 or higher", round(risk["calibration error of level 3 or higher"], 3))
    for name, row in found.items():
        console.print(
            f"recall of level 3 or higher, {row['alarms']:.0%} of everyday messages alarm, {name}:", row["recall"]
        )


def _shown(share: dict[str, float]) -> str:
    return f"{share['value']:.3f} ({share['low']:.2f}-{share['high']:.2f})"


def _all_acts_error(model: Model, examples: Sequence[Example]) -> float:
    from nightlight.labelling.figures import calibration_error

    right, sure = [], []
    for example in examples:
        for act, probability in model.counselor.probabilities(example.text, before=example.before).items():
            right.append(act in example.acts)
            sure.append(probability)
    return calibration_error(right, sure)
