"""How well phases are told on cards that the model has not seen, online and offline, beside the position alone.

Every script is read by a model of the other cards. The rows it gets are readings out of fold (see training)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nightlight.conversations.labels import CoarsePhase, Phase, coarse_phases
from nightlight.labelling.figures import Classes, broken_down, classes_of
from nightlight.labelling.fitting import FOLDS, folds_of
from nightlight.labelling.sequence import (
    COARSE,
    PHASES,
    PhaseModel,
    best_path,
    coarse_of,
    fine_within,
    place_in,
    place_to_end,
)
from nightlight.labelling.training import Course, fit_phases, inputs_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

LENGTHS = ((20, "under 20 messages"), (35, "20 to 34"), (10**9, "35 and more"))


@dataclass(frozen=True)
class Told:
    """Phases of one course as told: fine ones with the probability of each, and coarse ones with theirs."""

    fine: tuple[Phase, ...]
    fine_sure: tuple[float, ...]
    coarse: tuple[CoarsePhase, ...]
    coarse_sure: tuple[float, ...]


def phase_report(courses: Sequence[Course], topics: Sequence[str]) -> dict[str, Any]:
    """Figures by name; `topics`: the first topic of each course's card."""
    folds = folds_of([f"card {course.card}" for course in courses])
    report: dict[str, Any] = {}
    for online in (True, False):
        way = "online" if online else "offline"
        told: list[Told | None] = [None] * len(courses)
        places: list[list[str]] = [[]] * len(courses)
        for fold in range(FOLDS):
            seen = [course for course, own in zip(courses, folds, strict=True) if own != fold]
            model, line = fit_phases(seen, online=online), _place_line(seen, online=online)
            for number in (n for n, own in enumerate(folds) if own == fold):
                told[number] = tell(model, courses[number], online=online)
                places[number] = line.tell(place_rows(courses[number].counselor, online=online))
        answers = [each for each in told if each is not None]
        report |= _figures(way, courses, answers, places, topics)
    return report


def tell(model: PhaseModel, course: Course, *, online: bool) -> Told:
    fine = model.probabilities(inputs_of(course, online=online))
    coarse = coarse_of(fine)
    path = coarse.argmax(axis=1).tolist() if online else best_path(model, coarse)
    found = fine_within(fine, path)
    return Told(
        tuple(found),
        tuple(float(row[PHASES.index(phase)]) for row, phase in zip(fine, found, strict=True)),
        tuple(COARSE[place] for place in path),
        tuple(float(row[place] / row.sum()) for row, place in zip(coarse, path, strict=True)),
    )


def _figures(
    way: str, courses: Sequence[Course], told: Sequence[Told], places: Sequence[Sequence[str]], topics: Sequence[str]
) -> dict[str, Any]:
    fine = [str(phase) for course in courses for phase in course.phases]
    coarse = [str(phase) for course in courses for phase in coarse_phases(course.phases)]
    groups = [course.card for course in courses for _ in course.phases]
    said_fine = [str(phase) for one in told for phase in one.fine]
    said = [str(phase) for one in told for phase in one.coarse]
    labels = [str(phase) for phase in COARSE]
    found: dict[str, Classes] = {
        f"coarse, {way}": classes_of(
            f"coarse, {way}", coarse, said, groups, labels=labels, sure=[p for one in told for p in one.coarse_sure]
        ),
        f"coarse, {way}, position only": classes_of(
            f"coarse, {way}, position only", coarse, [place for each in places for place in each], groups, labels=labels
        ),
        f"fine, {way}": classes_of(
            f"fine, {way}",
            fine,
            said_fine,
            groups,
            labels=[str(phase) for phase in PHASES],
            sure=[p for one in told for p in one.fine_sure],
        ),
    }
    lengths = [_length(len(course.phases)) for course in courses for _ in course.phases]
    by_topic = [topic for course, topic in zip(courses, topics, strict=True) for _ in course.phases]
    return {
        **{name: figures.as_json() for name, figures in found.items()},
        f"coarse, {way}, by length": _macro(broken_down(coarse, said, groups, lengths)),
        f"coarse, {way}, by topic": _macro(broken_down(coarse, said, groups, by_topic)),
    }


def _macro(parts: Any) -> dict[str, dict[str, float]]:
    return {
        name: {"messages": part.messages, "macro_f1": part.macro_f1.value, "accuracy": part.accuracy.value}
        for name, part in parts.items()
    }


def _length(messages: int) -> str:
    return next(name for limit, name in LENGTHS if messages < limit)


class PlaceLine:
    """Labels from the place in the conversation alone: what a model has to beat."""

    def __init__(self, places: "NDArray[np.float64]", right: Sequence[str]) -> None:
        from sklearn.linear_model import LogisticRegression

        self._model = LogisticRegression(max_iter=500).fit(places, right)

    def tell(self, places: "NDArray[np.float64]") -> list[str]:
        return [str(label) for label in self._model.predict(places)]


def place_rows(counselor: "NDArray[np.bool_]", *, online: bool) -> "NDArray[np.float64]":
    """The place of each message from the start, and from the end where that is known."""
    import numpy as np

    place = place_in(counselor)
    return place if online else np.hstack([place, place_to_end(len(place))])


def _place_line(courses: Sequence[Course], *, online: bool) -> PlaceLine:
    import numpy as np

    right = [str(phase) for course in courses for phase in coarse_phases(course.phases)]
    return PlaceLine(np.concatenate([place_rows(course.counselor, online=online) for course in courses]), right)
