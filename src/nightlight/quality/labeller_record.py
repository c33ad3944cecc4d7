"""The labellers that have worked here: since when, who let each in, what its gate measured, what was corrected."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.catalog.access import check_privilege
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.labelling.serving import InUse, in_use, weights_in, weights_of
from nightlight.quality.access import Reach
from nightlight.quality.corrections import accepted_corrections
from nightlight.quality.label_weeks import label_counts
from nightlight.quality.store import SECURABLE
from nightlight.registry.gates import Measure, get_report
from nightlight.registry.stored import ModelVersion
from nightlight.registry.tenure import Tenure, tenures
from nightlight.settings import LABELLER, Home

FIGURES = ("acts_exact", "rungs_recall", "rungs_precision", "alarm_recall")
"""What a supervisor asks of a labeller first: acts, questions about risk, alarms."""


@dataclass(frozen=True)
class Worked:
    """A labeller and what became of its labels. `labels`: how the versions of its labels begin; `tenures`: when it was
    champion, none where it never was; `messages`: that it has read, `corrected`: those of them that two people
    corrected."""

    labels: str
    tenures: tuple[Tenure, ...]
    messages: int
    corrected: int
    works_now: bool

    @property
    def in_thousand(self) -> float | None:
        """Corrected messages of a thousand."""
        return 1000 * self.corrected / self.messages if self.messages else None


@dataclass(frozen=True)
class LabellerRecord:
    """`worked`: the one that works now first, then the others, the last ones first; `measures`: of its gate report,
    none where nobody here has measured it."""

    now: InUse
    worked: tuple[Worked, ...]
    measures: tuple[Measure, ...]


def labeller_record(home: Home, *, by: Reach) -> LabellerRecord:
    """What speaks for and against the labels of this home; needs MANAGE."""
    with transaction(home.database_url) as connection:
        check_privilege(connection, by.person, "MANAGE", SECURABLE)
    now = in_use(home)
    champion = None if now.problem else now.champion
    return LabellerRecord(now, _worked(home, now), _measures(home, champion) if champion else ())


def _worked(home: Home, now: InUse) -> tuple[Worked, ...]:
    held: dict[str, list[Tenure]] = {}
    for each in reversed(_tenures(home)):
        held.setdefault(weights_of(home, each.version), []).append(each)
    read, corrected = _messages_read(home), _messages_corrected(home)
    working = weights_in(now.model.version)
    names = dict.fromkeys([working, *held, *sorted(read.keys() | corrected.keys())])
    return tuple(
        Worked(name, tuple(held.get(name, ())), read[name], corrected[name], name == working) for name in names if name
    )


def _tenures(home: Home) -> Sequence[Tenure]:
    try:
        return tenures(home, LABELLER)
    except NightlightError:  # the registry cannot be read, as `in_use` says
        return ()


def _messages_read(home: Home) -> Counter[str]:
    found: Counter[str] = Counter()
    for count in label_counts(home):
        if count.axis == "read":
            found[weights_in(count.labeller)] += count.number
    return found


def _messages_corrected(home: Home) -> Counter[str]:
    """Of a conversation whose messages several labellers have read, a correction counts for each of them."""
    messages = {
        (weights_in(version), each.conversation, each.message_id)
        for each in accepted_corrections(home)
        for version in each.labeller.split(", ")
    }
    return Counter(name for name, _, _ in messages)


def _measures(home: Home, version: ModelVersion) -> tuple[Measure, ...]:
    try:
        report = get_report(home, version)
    except NightlightError:
        return ()
    found = {measure.id: measure for measure in report.measures} if report else {}
    return tuple(found[name] for name in FIGURES if name in found)
