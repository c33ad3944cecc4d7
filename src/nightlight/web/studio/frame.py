"""What the pages of a document share: who may open them, the version that is shown, what stands above every page."""

from typing import Any

from nightlight.errors import NightlightError
from nightlight.studio.approval import check_reviewer
from nightlight.studio.card_source import read_tree
from nightlight.studio.documents import get_version
from nightlight.studio.versions import Kind, Version
from nightlight.web.access import NotThere, Person, needs
from nightlight.web.site import Site

READS: Any = needs("EXECUTE", "app studio")
WRITES: Any = needs("MODIFY", "app studio")
REVIEWS: Any = needs("MANAGE", "app studio")


def check_reads(site: Site, person: Person) -> None:
    """Raise NotThere for who may decide by managing the catalog, and may not read what it is about."""
    if not site.may(person.name, "EXECUTE", "app studio"):
        raise NotThere


def find_document(site: Site, name: str, number: int | None = None) -> Version:
    """A version of a document, without a number the newest; NotThere when there is none."""
    try:
        return get_version(site.home, name, number)
    except NightlightError:
        raise NotThere from None


def title_of(version: Version) -> str:
    """The card's title once it has one; a script and a card without a title have their name."""
    return (
        read_tree(version.source, version.name)["title"] or version.name if version.kind is Kind.CARD else version.name
    )


def frame_of(site: Site, person: Person, version: Version) -> dict[str, Any]:
    """What every page of a document shows above: title, state, what is missing, what this person may do."""
    may = {each: site.may(person.name, each, "app studio") for each in ("MODIFY", "MANAGE")}
    return {
        "version": version,
        "title": title_of(version),
        "writes": may["MODIFY"],
        "reviews": may["MANAGE"],
        "may_review": may["MANAGE"] and may_review(version, person.name),
    }


def card_version(site: Site, name: str) -> Version:
    """The newest version of a card; NotThere for anything else."""
    version = find_document(site, name)
    if version.kind is not Kind.CARD:
        raise NotThere
    return version


def may_review(version: Version, name: str) -> bool:
    try:
        check_reviewer(version, name)
    except NightlightError:
        return False
    return True
