"""The versions of a document, and what differs between two of them."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.studio.difference import difference
from nightlight.studio.documents import versions_of
from nightlight.web.access import PersonOf
from nightlight.web.pages import render
from nightlight.web.site import SiteOf
from nightlight.web.studio.frame import READS, find_document, frame_of
from nightlight.web.studio.parts import label_of

router = APIRouter()


@router.get("/studio/{name}/versions", dependencies=[READS])
def versions_page(
    request: Request, site: SiteOf, person: PersonOf, name: str, one: int | None = None, other: int | None = None
) -> HTMLResponse:
    newest = find_document(site, name)
    versions = versions_of(site.home, name)
    before = find_document(site, name, one) if one else versions[-2] if len(versions) > 1 else None
    after = find_document(site, name, other) if other else newest
    return render(
        request,
        "studio/versions.html",
        versions=list(reversed(versions)),
        before=before,
        after=after,
        changes=difference(before, after) if before else (),
        label_of=label_of,
        now=site.clock(),
        **frame_of(site, person, newest),
    )
