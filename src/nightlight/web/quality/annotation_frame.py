"""What the pages of annotation share: their tab, their words, and what is not there for whoever asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from nightlight.conversations.labels import Phase, RiskAttribute
from nightlight.errors import NightlightError
from nightlight.quality.annotation.access import no_set
from nightlight.web.access import NotThere, Person
from nightlight.web.quality import words
from nightlight.web.quality.annotation_form import AXES, GROUPS
from nightlight.web.quality.frame import manages, quality_page
from nightlight.web.site import Site

TAB = "/quality/annotation"
NOT_THERE = str(no_set())


def annotation_page(
    request: Request, template: str, *, error: NightlightError | None = None, **values: Any
) -> HTMLResponse:
    shared = {"words": words, "axes": AXES, "groups": GROUPS, "phases": list(Phase), "attributes": list(RiskAttribute)}
    return quality_page(request, f"annotation/{template}", TAB, error=error, **shared, **values)


@contextmanager
def theirs() -> Iterator[None]:
    """Another's set, and none at all, are not there; any other refusal says why."""
    try:
        yield
    except NightlightError as refusal:
        if str(refusal) == NOT_THERE:
            raise NotThere from None
        raise


def check_manages(site: Site, person: Person) -> None:
    """Raise NotThere for who looks at quality and does not manage it.

    Not what the route needs: whoever manages the catalog manages quality too, and sees nothing of it.
    """
    if not manages(site, person):
        raise NotThere
