"""Two versions of a model side by side: their measures, and what both make of the same.

Texters play a card that may be practised, for those who may practise or write cards; labellers read role-plays, for
those who may use them. All that is said there is invented."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.errors import NightlightError
from nightlight.operations.texters_side_by_side import TextersCompared, compare_texters
from nightlight.practice.cards import PlayedCard, list_played_cards
from nightlight.registry.comparison import compare
from nightlight.registry.store import PROD, STAGING
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import list_versions
from nightlight.settings import LABELLER, LLAMA, POCKET
from nightlight.web.access import SIGNED_IN, NotThere, Person, PersonOf
from nightlight.web.models.frame import check_sees, find, model_page
from nightlight.web.models.played_once import played_once
from nightlight.web.models.reading_twice import MOST, Labels, read_labels
from nightlight.web.models.tracks import pair_of
from nightlight.web.navigation import practises, writes_roleplays
from nightlight.web.quality import words
from nightlight.web.site import Site, SiteOf

router = APIRouter(prefix="/models")


@router.get("/{name}/compare", dependencies=[SIGNED_IN])
def compare_page(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    name: str,
    one: str = "",
    other: str = "",
    card: str = "",
    play: str = "",
    plays: str = "",
    only: str = "",
) -> HTMLResponse:
    """`one`, `other`: a workspace and a number, as in prod/3. `card`: played in the words of both. `play`: a role-play,
    read by both message by message (`only=different`: those they read differently); `plays`: sample or all,
    counted."""
    check_sees(site, person, name)
    first, second = (_find(site, person, name, each) if each else None for each in (one, other))
    let_in = _are_let_in(first, second)
    hears = first is not None and second is not None and _may_hear(site, person, name)
    reads = first is not None and second is not None and _may_read(site, person, name)
    cards = list_played_cards(site.home) if hears and let_in else []
    chosen = next((each for each in cards if each.card.id == card), None)
    lines: TextersCompared | None = None
    labels: Labels | None = None
    error: NightlightError | None = None
    try:
        if first and second and chosen:
            lines = _play(site, first, second, chosen)
        if first and second and reads and let_in:
            labels = read_labels(site, first, second, play=play, plays=plays)
    except NightlightError as refusal:
        error = refusal
    return model_page(
        request,
        "compare.html",
        error=error,
        name=name,
        versions=list_versions(site.home, name),
        first=first,
        second=second,
        rows=[(each, pair_of(each)) for each in compare(site.home, first, second)] if first and second else [],
        hears=hears,
        cards=cards,
        chosen=chosen,
        lines=lines,
        reads=reads,
        labels=labels,
        only=only == "different",
        plays=plays if plays in ("sample", "all") else "",
        most=MOST,
        words=words,
    )


def _may_hear(site: Site, person: Person, name: str) -> bool:
    """A Llama without a server would be loaded into this process: that is for the command line."""
    is_at_hand = name == POCKET or (name == LLAMA and bool(site.home.settings.wording.url))
    uses = site.may(person.name, "EXECUTE", f"model {name}", at=person.revision)
    return is_at_hand and uses and (practises(site, person) or writes_roleplays(site, person))


def _may_read(site: Site, person: Person, name: str) -> bool:
    return name == LABELLER and site.may(person.name, "EXECUTE", f"model {name}", at=person.revision)


def _are_let_in(*versions: ModelVersion | None) -> bool:
    """What a second person has let in is opened in the process that serves everybody; anything else by command."""
    return all(version is not None and version.workspace in (STAGING, PROD) for version in versions)


def _play(site: Site, one: ModelVersion, other: ModelVersion, played: PlayedCard) -> TextersCompared:
    """Up to a minute of work."""
    key = (str(site.home.root), one.label, one.digest, other.label, other.digest, played.card.id, str(played.version))
    return played_once(("lines", *key), lambda: compare_texters(site.home, one, other, played))


def _find(site: Site, person: Person, name: str, written: str) -> ModelVersion:
    workspace, _, number = written.partition("/")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotThere
    return find(site, person, name, workspace, int(number))
