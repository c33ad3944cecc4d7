"""What holds for every request: who may send it from where, and what browsers are told to allow.

Cross-site requests are refused by Fetch Metadata, with Origin for browsers that lack it (OWASP CSRF Prevention Cheat
Sheet). Scripts and styles come from us alone, with a nonce."""

import logging
import secrets
import traceback
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {"GET", "HEAD", "OPTIONS"}
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Frame-Options": "DENY",
}
BODY_LIMIT = 2_000_000  # bytes; nothing that people send us is larger


class Security:
    """ASGI middleware: refuses what comes from other sites or is too large, and sets the headers of every answer.

    What fails unexpectedly ends here: `on_failure` makes the page, and the log hears of the kind of error and its
    place in our code, not of its words, which may quote what somebody wrote.
    """

    def __init__(self, app: ASGIApp, on_failure: Callable[[Request, Exception], Response]) -> None:
        self.app, self.on_failure = app, on_failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, "Content-Security-Policy": POLICY.format(nonce=nonce)}.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                if scope.get("scheme") == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        headers = Headers(scope=scope)
        if scope["method"] not in SAFE and not is_same_origin(headers):
            refusal = PlainTextResponse("refused: this came from another site", status_code=403)
            await refusal(scope, receive, send_with_headers)
            return
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()) or len(length) > 12 or int(length) > BODY_LIMIT:
            await PlainTextResponse("too large", status_code=413)(scope, receive, send_with_headers)
            return
        try:
            await self.app(scope, _Bounded(receive), send_with_headers)
        except Exception as error:
            logging.getLogger(__name__).error("%s", _place(scope, error))
            if not started:
                await self.on_failure(Request(scope), error)(scope, receive, send_with_headers)


def _place(scope: Scope, error: Exception) -> str:
    """Which route failed, by what kind of error, and where in our code: no values."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = next((frame for frame in reversed(frames) if "nightlight" in frame.filename), frames[-1])
    route = getattr(scope.get("route"), "path", "a page")
    file = ours.filename.rpartition("nightlight/")[2]
    return f"nightlight: {scope['method']} {route} failed: {type(error).__name__} at {file}:{ours.lineno}"


class _Bounded:
    """A receive channel that ends a body without a stated length at the limit."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._seen = receive, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > BODY_LIMIT:
            return {"type": "http.disconnect"}
        return message


def is_same_origin(headers: Headers) -> bool:
    """Whether a request that changes something comes from our own pages, or from a program with a token of its own.

    Browsers that are not given Fetch Metadata (old ones; all of them without TLS, except on this machine) send Origin.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:  # no browser writes such an Origin
            return False
    return "cookie" not in headers  # a program: a browser would have sent one of the two
