"""Signing in by the organization's identity provider: there with a link, back with a code.

What has to come back is kept in a cookie of ten minutes, signed, so that nobody can make one up for somebody else."""

import base64
import hmac
import json
from typing import Any

from fastapi import APIRouter, Request, Response

from nightlight.accounts.attempts import TooManyAttempts, begin_attempt, succeed
from nightlight.accounts.oidc import ProviderRefused, arrive, depart, is_configured, link
from nightlight.languages import N_
from nightlight.settings import Home
from nightlight.web.access import PUBLIC, NotThere
from nightlight.web.accounts.cookie import check_encryption, drop_cookie, go, own_path, read_cookie, set_cookie
from nightlight.web.accounts.session import Next, address_of, enter, record
from nightlight.web.accounts.sign_in import show_sign_in
from nightlight.web.site import Site, SiteOf

router = APIRouter()

COOKIE, SECONDS = "-provider", 600
CONTEXT = b"nightlight provider sign-in\0"  # this use of the key, and no other
# What nightlight.accounts.oidc says, here for translation.
SAID = (
    N_("signing in by your organization did not work"),
    N_("try again, or ask an administrator of this home"),
    N_("your organization knows you, but you have no account here"),
    N_("an administrator of this home can add you"),
)


@router.get("/sign-in/provider", dependencies=[PUBLIC])
def leave_for_provider(request: Request, site: SiteOf, then: Next = "/") -> Response:
    if not is_configured(site.home.settings):
        raise NotThere
    check_encryption(request, site)
    try:
        departure = depart(site.home.settings, _callback(request, site))
    except ProviderRefused as error:
        return _refuse(request, site, error, then)
    kept = {
        "state": departure.state,
        "nonce": departure.nonce,
        "verifier": departure.verifier,
        "then": own_path(then),
        "until": int(site.clock().timestamp()) + SECONDS,
    }
    answer = go(departure.url, request)
    set_cookie(answer, request, COOKIE, _sealed(site.home, kept), seconds=SECONDS)
    return answer


@router.get("/sign-in/provider/callback", dependencies=[PUBLIC])
def come_from_provider(request: Request, site: SiteOf, code: str = "", state: str = "", error: str = "") -> Response:
    if not is_configured(site.home.settings):
        raise NotThere
    check_encryption(request, site)
    kept = _opened(site.home, read_cookie(request, COOKIE))
    then = str(kept.get("then", "/"))
    try:  # else anybody could fill the audit, and have the provider asked, as fast as they can send
        attempt = begin_attempt(site.url, "provider", str(kept.get("state", "")), address_of(request), now=site.clock())
    except TooManyAttempts as waiting:
        return show_sign_in(request, site, then, wait=waiting.wait, status=429)
    try:
        name = _arrive(request, site, kept, code=code, state=state, error=error)
    except ProviderRefused as refused:
        answer = _refuse(request, site, refused, then)
    else:
        succeed(site.url, attempt)
        answer = enter(request, site, name, "provider", then)
    drop_cookie(answer, request, COOKIE)
    return answer


def _arrive(request: Request, site: Site, kept: dict[str, Any], *, code: str, state: str, error: str) -> str:
    """The user who comes back; whatever does not fit what went out is refused before the provider is asked."""
    if not kept or kept["until"] < site.clock().timestamp():
        raise ProviderRefused("no sign-in was begun in this browser, or too long ago")
    if not hmac.compare_digest(str(kept["state"]).encode(), state.encode("utf-8", "replace")):
        raise ProviderRefused("the state is not the one that went out")
    if error or not code:
        raise ProviderRefused("the provider refused")
    claims = arrive(
        site.home.settings,
        code=code,
        redirect_uri=_callback(request, site),
        nonce=kept["nonce"],
        verifier=kept["verifier"],
    )
    return link(site.home, claims)


def _refuse(request: Request, site: Site, refused: ProviderRefused, then: str) -> Response:
    record(site, "sign in", refused.name, "refused", f"provider: {refused.reason}")
    return show_sign_in(request, site, then, problem=refused.what, remedy=refused.remedy or "", status=400)


def _callback(request: Request, site: Site) -> str:
    base = site.home.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/sign-in/provider/callback"


def _sealed(home: Home, kept: dict[str, Any]) -> str:
    text = base64.urlsafe_b64encode(json.dumps(kept).encode()).decode()
    return f"{text}.{_seal(home, text)}"


def _opened(home: Home, cookie: str) -> dict[str, Any]:
    """What a cookie of ours holds; nothing, if it is not ours."""
    text, _, seal = cookie.partition(".")
    if not text or not hmac.compare_digest(_seal(home, text).encode(), seal.encode("utf-8", "replace")):
        return {}
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text))
    return found


def _seal(home: Home, text: str) -> str:
    return hmac.digest(home.key("audit"), CONTEXT + text.encode("utf-8", "replace"), "sha256").hex()
