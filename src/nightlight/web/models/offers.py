"""The way up that a version has, and what would refuse it: said before anybody presses a button."""

from dataclasses import dataclass

from nightlight.errors import NightlightError
from nightlight.operations.model_start import approved_documents
from nightlight.registry.promotion import check_documents, passed_report
from nightlight.registry.store import DEV, PROD, STAGING
from nightlight.registry.stored import CHALLENGER, CHAMPION, ModelVersion
from nightlight.registry.versions import authors_of, list_versions
from nightlight.web.access import Person
from nightlight.web.models.frame import may_decide
from nightlight.web.site import Site

NEXT = {DEV: STAGING, STAGING: PROD}


@dataclass(frozen=True)
class Offer:
    """A promotion of `source`, the version that the command names, as one of `aliases` (the first unless somebody
    chooses). `hindrances`: what refuses it for whoever asks."""

    source: ModelVersion
    to: str
    aliases: tuple[str, ...]
    hindrances: tuple[NightlightError, ...]

    def command(self, alias: str, person: str) -> str:
        version = f"{self.source.name} {self.source.version}"
        return f"nightlight model promote {version} --to {self.to} --alias {alias} --as {person}"


def offer_of(site: Site, person: Person, version: ModelVersion) -> Offer | None:
    """None for what is as far up as it goes, and for what came with the product."""
    if version.tags.get("shipped"):
        return None
    if version.workspace in NEXT:
        return _offer(site, person, version, NEXT[version.workspace], (CHALLENGER, CHAMPION))
    if CHALLENGER not in version.aliases:
        return None
    sources = [each for each in list_versions(site.home, version.name) if each.label == version.source]
    return _offer(site, person, sources[0], PROD, (CHAMPION,)) if sources else None


def _offer(site: Site, person: Person, source: ModelVersion, to: str, aliases: tuple[str, ...]) -> Offer:
    return Offer(source, to, aliases, tuple(_hindrances(site, person, source, to)))


def _hindrances(site: Site, person: Person, source: ModelVersion, to: str) -> list[NightlightError]:
    found = []
    if not may_decide(site, person, source.name):
        found.append(NightlightError("this takes EXECUTE and MANAGE on the model, and you do not have both"))
    if person.name in authors_of(source):
        found.append(NightlightError(f"you trained or registered {source.label}", remedy="a second person promotes it"))
    try:
        passed_report(site.home, source, to, site.clock())
    except NightlightError as refusal:
        found.append(refusal)
    if to == PROD and source.is_starter:
        try:
            check_documents(site.home, source, approved_documents(site.home, site.clock()))
        except NightlightError as refusal:
            found.append(refusal)
    return found
