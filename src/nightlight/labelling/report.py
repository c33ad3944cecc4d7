"""Trains the shipped labeller and reports on it: authors it never saw, probes that must fail, phases and cues."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.conversations.corpus import Corpus, read_corpus
from nightlight.conversations.counselor_messages import read_counselor_messages
from nightlight.conversations.labels import COARSE_PHASE, Author, CounselorAct, Phase, Quality
from nightlight.conversations.scripts import Script
from nightlight.labelling.acts import ActLabeller, LabelledAct
from nightlight.labelling.cues import has_risk_cue
from nightlight.labelling.evaluation import (
    Evaluation,
    answers_of,
    calibration_error,
    evaluate,
    near_duplicates,
    shuffled,
    worst,
)
from nightlight.labelling.examples import Example, examples_of, message_examples, script_examples
from nightlight.labelling.files import save
from nightlight.labelling.model import LinearLabeller, chosen_acts, overruled
from nightlight.labelling.phases import next_phase
from nightlight.labelling.rules import RUNGS, RuleLabeller

if TYPE_CHECKING:
    from nightlight.labelling.training import Fitted


def train(corpus: Path, folder: Path) -> str:
    """Train on everything in the corpus, write the labeller and its out-of-fold figures; its version."""
    from nightlight.labelling import training

    examples = examples_of(read_corpus(corpus))
    fitted = training.fit(examples)
    figures = {"out of fold": _short(_out_of_fold(fitted, examples))}
    return save(fitted, folder, corpus=corpus, seed=training.SEED, figures=figures)


def full_report(corpus_folder: Path, folder: Path, unseen: Path) -> dict[str, Any]:
    """Everything that is known of the labeller in `folder`; an hour of a person, half a minute of a machine."""
    from nightlight.labelling import training

    started = time.process_time()
    corpus = read_corpus(corpus_folder)
    examples = examples_of(corpus)
    scripts = [example for example in examples if example.complete]
    messages = [example for example in examples if not example.complete]
    unseen_rows = read_counselor_messages(unseen)
    held = list(message_examples(unseen_rows, complete=True))
    labeller = LinearLabeller(folder)
    from_scripts, from_messages = training.fit(scripts), training.fit(messages)
    probe = training.fit(shuffled(examples), calibrate=False)
    evaluations = [
        evaluate("unseen author", held, label_all(labeller, held)),
        evaluate(
            "unseen author, weights alone",
            held,
            [labeller.label_by_weights(one.text, before=one.before) for one in held],
        ),
        evaluate("unseen author, rules alone", held, label_all(RuleLabeller(), held)),
        evaluate("unseen author, plain TF-IDF", held, plain_answers(examples, held)),
        evaluate("unseen author, shuffled labels (must fail)", held, _unruled(probe, held)),
        evaluate("scripts -> messages", messages, answers_of(from_scripts, messages)),
        evaluate("scripts -> messages, plain TF-IDF", messages, plain_answers(scripts, messages)),
        evaluate("messages -> scripts", scripts, answers_of(from_messages, scripts)),
        evaluate("messages -> scripts, plain TF-IDF", scripts, plain_answers(messages, scripts)),
    ]
    near = near_duplicates(held, examples)
    return {
        "version": labeller.version,
        "evaluations": [evaluation.as_json() for evaluation in evaluations],
        "worst": list(worst(evaluations[0])),
        "rungs": rung_figures(evaluations[0]),
        "calibration error of all acts": _all_acts_error(labeller, held),
        "near duplicates in the unseen messages": len(near),
        "changed by neutral paraphrase": changed_by_paraphrase(labeller, held),
        "phases": phase_figures(corpus, from_messages),
        "cues": cue_figures({row.before: row.risk_cue for row in corpus.counselor_messages if row.before}),
        "cues of the unseen messages": cue_figures({row.before: row.risk_cue for row in unseen_rows if row.before}),
        "cpu_seconds": round(time.process_time() - started, 1),
    }


def label_all(labeller: ActLabeller, examples: Sequence[Example]) -> list[tuple[LabelledAct, ...]]:
    return [labeller.label(example.text, before=example.before) for example in examples]


def plain_answers(examples: Sequence[Example], held: Sequence[Example]) -> list[tuple[LabelledAct, ...]]:
    """The line to beat: words and word pairs of the message, TF-IDF, one multinomial regression of the first act."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    line = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), LogisticRegression(C=10, max_iter=200)
    )
    line.fit([example.text for example in examples], [str(example.acts[0]) for example in examples])
    said = line.predict_proba([example.text for example in held])
    return [(LabelledAct(CounselorAct(line.classes_[row.argmax()]), float(row.max())),) for row in said]


def rung_figures(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Each question of the ladder, and all of them together."""
    rows = [figures for figures in evaluation.acts if figures.act in RUNGS]
    both = sum(round(figures.recall * figures.wanted) for figures in rows)
    said, wanted = sum(figures.said for figures in rows), sum(figures.wanted for figures in rows)
    total = {"act": "all rungs", "precision": both / max(1, said), "recall": both / max(1, wanted), "wanted": wanted}
    each = [
        {"act": str(row.act), "precision": row.precision, "recall": row.recall, "wanted": row.wanted} for row in rows
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


def phase_figures(corpus: Corpus, fitted: "Fitted") -> dict[str, dict[str, float]]:
    """Accuracy of the phase of counselor messages in skilled scripts: from the written acts, from the acts that
    `fitted` finds, from the position alone, and of the most frequent phase."""
    found: dict[str, list[tuple[Phase, Phase]]] = {"written acts": [], "labelled acts": [], "position only": []}
    for script in corpus.scripts:
        if script.quality is Quality.SKILLED:
            examples = list(script_examples(script))
            phases = [message.phase for message in script.messages if message.author is Author.COUNSELOR]
            turns = _texter_turns(script)
            said = [tuple(one.act for one in answer) for answer in answers_of(fitted, examples)]
            places = [_by_position(number / len(examples)) for number in range(len(examples))]
            found["written acts"] += zip(_walk([one.acts for one in examples], turns), phases, strict=True)
            found["labelled acts"] += zip(_walk(said, turns), phases, strict=True)
            found["position only"] += zip(places, phases, strict=True)
    wanted = [right for _, right in found["written acts"]]
    most = max(set(wanted), key=wanted.count)
    found["majority"] = [(most, right) for right in wanted]
    return {
        name: {
            "fine": sum(one is other for one, other in pairs) / len(pairs),
            "coarse": sum(COARSE_PHASE.get(one) is COARSE_PHASE.get(other) for one, other in pairs) / len(pairs),
        }
        for name, pairs in found.items()
    }


def _texter_turns(script: Script) -> list[int]:
    """Before each message of the counselor, how many turns the texter has had."""
    turns, earlier, found = 0, Author.COUNSELOR, []
    for message in script.messages:
        if message.author is Author.COUNSELOR:
            found.append(turns)
        elif earlier is Author.COUNSELOR:
            turns += 1
        earlier = message.author
    return found


def _walk(acts: Sequence[tuple[CounselorAct, ...]], turns: Sequence[int]) -> list[Phase]:
    phase, found = Phase.ENGAGEMENT, []
    for done, number in zip(acts, turns, strict=True):
        phase = next_phase(phase, done, texter_turns=number)
        found.append(phase)
    return found


def _by_position(share: float) -> Phase:
    limits = ((0.1, Phase.ENGAGEMENT), (0.45, Phase.EXPLORATION), (0.65, Phase.RISK_ASSESSMENT), (0.88, Phase.PLANNING))
    return next((phase for limit, phase in limits if share < limit), Phase.CLOSING)


def cue_figures(wanted: Mapping[str, bool]) -> dict[str, float]:
    """Precision and recall of cues over texter messages."""
    said = {text: has_risk_cue(text) for text in wanted}
    both = sum(wanted[text] and said[text] for text in wanted)
    return {
        "messages": len(wanted),
        "precision": both / max(1, sum(said.values())),
        "recall": both / max(1, sum(wanted.values())),
    }


def print_report(report: dict[str, Any]) -> None:
    """The report as tables on the terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table(
        "set", "messages", "exact", "groups", "any right", "macro F1", "ECE", "majority", title=report["version"]
    )
    for row in report["evaluations"]:
        shares = [
            f"{row[key]['value']:.3f} ({row[key]['low']:.2f}-{row[key]['high']:.2f})" for key in ("exact", "groups")
        ]
        rest = [row["contained"]["value"], row["macro_f1"], row["calibration_error"], row["majority"]]
        table.add_row(row["name"], str(row["messages"]), *shares, *(f"{value:.3f}" for value in rest))
    console.print(table)
    for title in ("rungs", "worst"):
        table = Table("act", "messages", "precision", "recall", title=title)
        for row in report[title]:
            table.add_row(str(row["act"]), str(row["wanted"]), f"{row['precision']:.2f}", f"{row['recall']:.2f}")
        console.print(table)
    for key in sorted(report.keys() - {"evaluations", "rungs", "worst", "version"}):
        console.print(key, report[key])


def _unruled(fitted: "Fitted", examples: Sequence[Example]) -> list[tuple[LabelledAct, ...]]:
    """Answers without the sure rules: a probe must not be saved by them."""
    rows = fitted.probabilities(examples).tolist()
    return [chosen_acts(dict(zip(fitted.acts, row, strict=True)), {}) for row in rows]


def _out_of_fold(fitted: "Fitted", examples: Sequence[Example]) -> Evaluation:
    import numpy as np

    from nightlight.labelling.training import out_of_fold

    scores = out_of_fold(examples, fitted.acts) * fitted.slope + fitted.shift
    thresholds = dict(zip(fitted.acts, fitted.thresholds.tolist(), strict=True))
    rows = (1 / (1 + np.exp(-scores))).tolist()
    answers = [
        chosen_acts(overruled(dict(zip(fitted.acts, row, strict=True)), example.text, example.before), thresholds)
        for example, row in zip(examples, rows, strict=True)
    ]
    return replace(evaluate("out of fold", examples, answers), acts=())


def _short(evaluation: Evaluation) -> dict[str, object]:
    return {
        "messages": evaluation.messages,
        "exact": round(evaluation.exact.value, 4),
        "groups": round(evaluation.groups.value, 4),
        "calibration_error": round(evaluation.calibration_error, 4),
    }


def _all_acts_error(labeller: LinearLabeller, examples: Sequence[Example]) -> float:
    right, sure = [], []
    for example in examples:
        for act, probability in labeller.probabilities(example.text, before=example.before).items():
            right.append(act in example.acts)
            sure.append(probability)
    return calibration_error(right, sure)
