"""Who may do what with a set: its two annotators label, and see nothing of each other until both are done; who manages
quality and is neither of them decides where they differ. For everybody else no set is there."""

from typing import TYPE_CHECKING

from nightlight.catalog.access import check_privilege
from nightlight.catalog.purposes import check_purpose
from nightlight.errors import NightlightError
from nightlight.quality.access import may
from nightlight.quality.annotation.store import AnnotationSet, Annotator, select_sets
from nightlight.quality.store import SECURABLE

if TYPE_CHECKING:
    from sqlalchemy import Connection


def no_set() -> NightlightError:
    """The same words for one that is not there and one that is not theirs."""
    return NightlightError("there is no such set", remedy="choose one of yours")


def find_own(connection: "Connection", name: str, person: str) -> tuple[AnnotationSet, Annotator]:
    """A set that somebody labels, and who of the two they are; raises NightlightError for anybody else."""
    check_privilege(connection, person, "EXECUTE", SECURABLE)
    found = _find(connection, name)
    annotator = found.annotator(person)
    if annotator is None:
        raise no_set()
    return found, annotator


def find_seen(connection: "Connection", name: str, person: str) -> AnnotationSet:
    """A set that somebody labels or manages: its progress, and no label of it."""
    check_privilege(connection, person, "EXECUTE", SECURABLE)
    found = _find(connection, name)
    if found.annotator(person) is None and not may(connection, person, "MANAGE"):
        raise no_set()
    return found


def find_done(connection: "Connection", name: str, person: str) -> AnnotationSet:
    """A set whose labels may be compared: both annotators are done."""
    found = find_seen(connection, name, person)
    if not found.is_done:
        raise NightlightError(
            "its labels are seen when both annotators are done", remedy="the set's page says how far they are"
        )
    return found


def may_decide(connection: "Connection", found: AnnotationSet, person: str) -> bool:
    """Whether somebody may say what is right where the two differ."""
    return found.is_done and found.annotator(person) is None and may(connection, person, "MANAGE")


def check_reads_text(connection: "Connection", found: AnnotationSet, person: str) -> None:
    """Raise NightlightError unless the set's purpose is allowed to somebody, and its text is still kept."""
    if found.purpose is not None:
        check_purpose(connection, person, found.purpose)
        if found.closed_at is not None:
            raise NightlightError(
                "this set is closed: the text of its conversations is kept no longer",
                remedy="its agreement and its labels stay",
            )


def _find(connection: "Connection", name: str) -> AnnotationSet:
    found = select_sets(connection, name=name)
    if not found:
        raise no_set()
    return found[0]
