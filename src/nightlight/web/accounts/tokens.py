"""One's own API tokens: make one for a purpose, see it once, revoke it."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from nightlight.accounts.tokens import DAYS, create_token, list_tokens, revoke_token
from nightlight.errors import NightlightError
from nightlight.web.access import SIGNED_IN, NotThere, PersonOf
from nightlight.web.accounts.account import show_account
from nightlight.web.accounts.cookie import go
from nightlight.web.accounts.session import Field, record
from nightlight.web.pages import render
from nightlight.web.site import SiteOf

router = APIRouter()


@router.post("/account/tokens", dependencies=[SIGNED_IN])
def make_token(
    request: Request,
    site: SiteOf,
    person: PersonOf,
    purpose: Field = "",
    name: Field = "",
    days: Annotated[int, Form()] = DAYS,
) -> Response:
    try:
        secret = create_token(
            site.home,
            principal=person.name,
            purpose=purpose,
            name=name,
            days=days,
            by=person.name,
            clock=site.clock,
        )
    except NightlightError as error:
        record(site, "token create", person.name, "refused", error.what)
        return show_account(request, site, person, problem=error, status=400)
    url = site.home.settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
    return render(request, "account/token.html", secret=secret, purpose=purpose, days=days, url=url)


@router.post("/account/tokens/{id}/revoke", dependencies=[SIGNED_IN])
def revoke(request: Request, site: SiteOf, person: PersonOf, id: str) -> Response:  # noqa: A002 - the route's word
    if id not in {token.id for token in list_tokens(site.url, person.name)}:
        raise NotThere
    revoke_token(site.home, id, by=person.name, principal=person.name, clock=site.clock)
    return go("/account?done=token", request)
