"""Training of the labeller from a corpus: both readers, then the courses of phases over what the readers say out of
fold. Needs scikit-learn; the same corpus gives the same bytes."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from nightlight.conversations.corpus import Corpus
from nightlight.conversations.labels import (
    HARMFUL_ACTS,
    Author,
    CounselorAct,
    Phase,
    RiskAttribute,
    TexterAct,
    coarse_phases,
)
from nightlight.labelling.examples import Example, TexterExample, examples_of, texter_examples
from nightlight.labelling.features import look_at_counselor, look_at_texter
from nightlight.labelling.files import COUNSELOR, OFFLINE, ONLINE, TEXTER, linear_arrays, phase_arrays
from nightlight.labelling.fitting import SEED, Fitted, best_threshold, fit, folds_of, targets
from nightlight.labelling.fitting import Example as Row
from nightlight.labelling.linear import Head
from nightlight.labelling.model import (
    ACTS,
    ATTRIBUTES,
    PHASE,
    RISK,
    TEXTER_ACTS,
    CounselorReader,
    Model,
    Reading,
    TexterReader,
    rows_of,
)
from nightlight.labelling.risk import LEVELS
from nightlight.labelling.rules import RUNGS
from nightlight.labelling.sequence import COARSE, LEAST, PHASES, Layer, PhaseModel, offline_inputs, online_inputs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COUNSELOR_HEADS = (Head(ACTS, tuple(CounselorAct), any=True), Head(PHASE, tuple(PHASES), any=False))
TEXTER_HEADS = (
    Head(TEXTER_ACTS, tuple(TexterAct), any=False),
    Head(PHASE, tuple(PHASES), any=False),
    Head(RISK, tuple(str(level) for level in range(LEVELS)), any=False),
    Head(ATTRIBUTES, tuple(RiskAttribute), any=True),
)
TEXTER_FEATURES = 28_000
"""Risk is told by rare words beside frequent ones of the other heads; with fewer features they would crowd it out."""
LOWEST, HIGHEST = 0.3, 0.7  # between which the threshold of an act lies
LOWEST_RUNG = 0.5  # a texter is not led on by a question that was hardly asked
BLAME, HIGHEST_HARM = 0.003, 0.9
"""The share of a script's messages without a harmful act that may be said to do it, and the highest threshold for
that: what a supervisor looks at should mostly be there."""
OF_SCRIPTS, OF_WRITERS = {ACTS: 0.25}, {ACTS: 2.0}
"""Scripts repeat themselves and count less for acts; messages with all their acts count more. Chosen by leaving out
one writer after another."""
OF_SCRIPTS_RISK = 1.0
ALARMS = (0.02, 0.01, 0.01, 0.003)
"""The share of a script's messages without risk that may be read as level 1, 2, 3, 4 or higher: what a supervisor can
look at. The limits of the levels are as low as that allows."""
LOWEST_LEVEL, HIGHEST_LEVELS = 0.15, (0.7, 0.7, 0.5, 0.5)
"""Between which the limit of a level lies: danger that is more probable than not is always named."""
HIDDEN, NETWORKS, ROUNDS, DECAY, PACE = 48, 3, 25, 1.0, 1.5e-3
WEIGHT_OF_STEPS = 0.3


@dataclass(frozen=True)
class Course:
    """A script as rows of readings that were made by models which had seen nothing of its card."""

    card: str
    rows: "Floats"
    counselor: "NDArray[np.bool_]"
    phases: tuple[Phase, ...]


@dataclass(frozen=True)
class Trained:
    """A labeller, the arrays of its files, and what its training left out of fold, for reports."""

    model: Model
    parts: "Mapping[str, Mapping[str, NDArray[Any]]]"
    counselor: Fitted
    texter: Fitted
    courses: tuple[Course, ...]


def train(corpus: Corpus) -> Trained:
    """Everything from one corpus."""
    said, written = examples_of(corpus), texter_examples(corpus)
    counselor_rows, texter_rows = [counselor_row(each) for each in said], [texter_row(each) for each in written]
    counselor = fit(counselor_rows, COUNSELOR_HEADS)
    texter = fit(texter_rows, TEXTER_HEADS, most=TEXTER_FEATURES)
    courses = tuple(courses_of(corpus, counselor, texter))
    online, offline = fit_phases(courses, online=True), fit_phases(courses, online=False)
    act_limits = act_thresholds(counselor_rows, counselor)
    level_limits, attribute_limits = risk_limits(texter_rows, texter)
    parts = {
        COUNSELOR: {**linear_arrays(counselor.model), "thresholds": act_limits},
        TEXTER: {**linear_arrays(texter.model), "levels": level_limits, "thresholds": attribute_limits},
        ONLINE: phase_arrays(online),
        OFFLINE: phase_arrays(offline),
    }
    model = Model(
        CounselorReader(counselor.model, act_limits, "trained"),
        TexterReader(texter.model, level_limits.tolist(), attribute_limits, "trained"),
        online,
        offline,
        "trained",
    )
    return Trained(model, parts, counselor, texter, courses)


def counselor_row(example: Example) -> Row:
    labels = {ACTS: tuple(example.acts)} | ({PHASE: (example.phase,)} if example.phase else {})
    weight = OF_SCRIPTS if example.phase else OF_WRITERS if example.complete else {}
    seen = look_at_counselor(example.text, example.before)
    return Row(seen, labels, example.group, complete=example.complete, weight=weight)


def texter_row(example: TexterExample) -> Row:
    labels: dict[str, tuple[str, ...]] = {}
    if example.acts is not None and example.phase is not None:
        labels |= {TEXTER_ACTS: tuple(example.acts), PHASE: (example.phase,)}
    if example.level is not None:
        labels |= {RISK: (str(example.level),)}
    if example.attributes is not None:
        labels |= {ATTRIBUTES: tuple(example.attributes)}
    weight = {RISK: OF_SCRIPTS_RISK} if example.phase else {}
    return Row(look_at_texter(example.text, example.before), labels, example.group, weight=weight)


def act_thresholds(rows: Sequence[Row], fitted: Fitted) -> "NDArray[np.float32]":
    """For each act the threshold with the best F1 out of fold, within bounds; for a harmful one a higher threshold
    where everyday messages would be blamed too often."""
    import numpy as np

    sure = fitted.model.of_scores(fitted.out_of_fold)[ACTS]
    wanted, weight = targets(rows, COUNSELOR_HEADS[0])
    least = [LOWEST_RUNG if act in RUNGS else LOWEST for act in CounselorAct]
    columns = zip(sure.T, wanted.T, weight.T, least, strict=True)
    limits = [best_threshold(*column, HIGHEST) for column in columns]
    of_scripts = np.array([PHASE in row.labels for row in rows])
    for place in (place for place, act in enumerate(CounselorAct) if act in HARMFUL_ACTS):
        without = sure[of_scripts & (wanted[:, place] == 0), place]
        if len(without):
            limits[place] = max(limits[place], min(HIGHEST_HARM, float(np.quantile(without, 1 - BLAME))))
    return np.array(limits, dtype=np.float32)


def risk_limits(rows: Sequence[Row], fitted: Fitted) -> "tuple[NDArray[np.float32], NDArray[np.float32]]":
    """The limits of the levels 1 to 4, by the alarms that each may give; the thresholds of the attributes."""
    import numpy as np

    sure = fitted.model.of_scores(fitted.out_of_fold)
    ordinary = np.array([PHASE in row.labels and row.labels.get(RISK) == ("0",) for row in rows])
    limits = [
        np.clip(np.quantile(sure[RISK][ordinary][:, level:].sum(axis=1), 1 - share), LOWEST_LEVEL, highest)
        for level, (share, highest) in enumerate(zip(ALARMS, HIGHEST_LEVELS, strict=True), 1)
    ]
    known = np.array([ATTRIBUTES in row.labels for row in rows])
    wanted, weight = targets([row for row in rows if ATTRIBUTES in row.labels], TEXTER_HEADS[-1])
    columns = zip(sure[ATTRIBUTES][known].T, wanted.T, weight.T, strict=True)
    attributes = [best_threshold(*column, 0.3, 0.7) for column in columns]
    return np.array(limits, dtype=np.float32), np.array(attributes, dtype=np.float32)


def courses_of(corpus: Corpus, counselor: Fitted, texter: Fitted) -> "list[Course]":
    """The scripts with readings out of fold; scripts stand first among the examples, in their order."""
    said = counselor.model.of_scores(counselor.out_of_fold)
    written = texter.model.of_scores(texter.out_of_fold)
    places = {Author.COUNSELOR: 0, Author.TEXTER: 0}
    courses = []
    for script in corpus.scripts:
        readings = []
        for message in script.messages:
            heads = said if message.author is Author.COUNSELOR else written
            readings.append(Reading({name: rows[places[message.author]] for name, rows in heads.items()}, 1.0))
            places[message.author] += 1
        rows, of_counselor = rows_of([message.author for message in script.messages], readings)
        courses.append(Course(script.card, rows, of_counselor, tuple(message.phase for message in script.messages)))
    return courses


def inputs_of(course: Course, *, online: bool) -> "Floats":
    return (online_inputs if online else offline_inputs)(course.rows, course.counselor)


def fit_phases(courses: Sequence[Course], *, online: bool) -> PhaseModel:
    """A model of phases of these courses, as sure as it is right on a quarter of their cards that it did not see."""
    folds = folds_of([f"card {course.card}" for course in courses])
    seen = [course for course, fold in zip(courses, folds, strict=True) if fold]
    held = [course for course, fold in zip(courses, folds, strict=True) if not fold]
    model = _fit_phases(courses, online=online)
    if not seen or not held:
        return model
    return replace(model, sharpness=_sharpness(_fit_phases(seen, online=online), held, online=online))


def _sharpness(model: PhaseModel, courses: Sequence[Course], *, online: bool) -> float:
    """The power of the probabilities under which the right phases are most probable."""
    import numpy as np

    right = np.array([PHASES.index(phase) for course in courses for phase in course.phases])
    found = np.concatenate([model.probabilities(inputs_of(course, online=online)) for course in courses])

    def loss(power: float) -> float:
        sharp = np.maximum(found, LEAST) ** power
        return float(-np.log(sharp[np.arange(len(right)), right] / sharp.sum(axis=1)).mean())

    return float(min(np.linspace(0.3, 1.5, 25), key=loss))


def _fit_phases(courses: Sequence[Course], *, online: bool) -> PhaseModel:
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    rows = np.concatenate([inputs_of(course, online=online) for course in courses])
    right = np.array([PHASES.index(phase) for course in courses for phase in course.phases])
    center, scale = rows.mean(axis=0), rows.std(axis=0)
    scale[scale == 0] = 1.0
    networks = []
    for seed in range(NETWORKS):
        network = MLPClassifier(
            (HIDDEN,), alpha=DECAY, max_iter=ROUNDS, random_state=SEED + seed, learning_rate_init=PACE
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is stopped on purpose
            network.fit((rows - center) / scale, right)
        hidden, out = network.coefs_
        every = np.full((HIDDEN, len(PHASES)), 0.0)
        every[:, network.classes_] = out
        bias = np.full(len(PHASES), -30.0)
        bias[network.classes_] = network.intercepts_[1]
        networks.append(Layer(center, scale, hidden, network.intercepts_[0], every, bias))
    steps, first = _steps(courses)
    return PhaseModel(tuple(networks), steps, first, WEIGHT_OF_STEPS, 1.0)


def _steps(courses: Sequence[Course]) -> "tuple[Floats, Floats]":
    """Log probabilities of one coarse phase after another, and of the first one."""
    import numpy as np

    steps, first = np.full((len(COARSE), len(COARSE)), 0.5), np.ones(len(COARSE))
    for course in courses:
        path = [COARSE.index(phase) for phase in coarse_phases(course.phases)]
        first[path[0]] += 1
        for one, other in pairwise(path):
            steps[one, other] += 1
    return np.log(steps / steps.sum(axis=1, keepdims=True)), np.log(first / first.sum())
