"""The cookie of a session: how it is set and taken back, from where people may sign in, and where they go then."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from nightlight.errors import NightlightError
from nightlight.web.access import HOST_COOKIE, PLAIN_COOKIE, is_encrypted
from nightlight.web.site import Site

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def go(path: str, request: Request, secret: str | None = None) -> Response:
    """Send the browser to one of our pages, with the cookie of a new session, if there is one."""
    answer = RedirectResponse(path, 303)
    if secret:
        set_cookie(answer, request, "", secret)
    return answer


def set_cookie(answer: Response, request: Request, kind: str, value: str, *, seconds: int | None = None) -> None:
    """Set a cookie that scripts and other sites do not get: "" is the session's, `kind` tells others apart.

    Without `seconds` it is forgotten with the browser's window; how long it is good is decided here, not there.
    """
    encrypted = is_encrypted(request)
    name = (HOST_COOKIE if encrypted else PLAIN_COOKIE) + kind
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=encrypted, httponly=True, samesite="lax")


def drop_cookie(answer: Response, request: Request, kind: str = "") -> None:
    encrypted = is_encrypted(request)
    name = (HOST_COOKIE if encrypted else PLAIN_COOKIE) + kind
    answer.delete_cookie(name, path="/", secure=encrypted, httponly=True, samesite="lax")


def read_cookie(request: Request, kind: str) -> str:
    return request.cookies.get((HOST_COOKIE if is_encrypted(request) else PLAIN_COOKIE) + kind, "")


def check_encryption(request: Request, site: Site) -> None:
    """In production nobody signs in over a line that others can read; this machine itself is no line."""
    if site.home.settings.production and not is_encrypted(request) and request.url.hostname not in LOOPBACK:
        raise NightlightError(
            "signing in needs https: over plain http others could read your password",
            remedy="open the address that begins with https://, or tell an administrator",
        )


def own_path(wanted: str) -> str:
    """Where to go after signing in: a path of ours, else home; never another site.

    >>> own_path("/data?schema=gold"), own_path("//elsewhere.example"), own_path("https://elsewhere.example")
    ('/data?schema=gold', '/', '/')
    """
    is_path = wanted.startswith("/") and not wanted.startswith("//")
    is_clean = "\\" not in wanted and wanted.isprintable() and " " not in wanted
    return wanted if is_path and is_clean and not wanted.startswith(("/sign-in", "/sign-out")) else "/"
