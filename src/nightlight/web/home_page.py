"""Home: what somebody with this task wants to see first, and the way to everything they may open."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.web.access import SIGNED_IN, PersonOf
from nightlight.web.pages import render
from nightlight.web.site import SiteOf

router = APIRouter()


@router.get("/", dependencies=[SIGNED_IN])
def home(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    return render(request, "home.html")
