"""An identity provider for tests: OpenID Connect over real HTTP on loopback, which can be made to misbehave."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, SECRET = "nightlight", "the provider's secret of ours"


class Provider:
    """What it says about people and about itself; tests change it to attack."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.subject, self.claims = "subject-ana", dict[str, Any](preferred_username="ana")
        self.change: dict[str, Any] = {}  # of the ID token's claims; None takes one away
        self.signed_by = "its key"
        self.metadata: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
            **({"userinfo_endpoint": f"{self.url}/userinfo"} if self.userinfo else {}),
            **self.metadata,
        }

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            **{"iss": self.url, "sub": self.subject, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce},
            **self.claims,
            **self.change,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        match self.signed_by:
            case "its key":
                return jwt.encode({"alg": "RS256", "kid": "1"}, claims, self.key)
            case "another key":
                return jwt.encode({"alg": "RS256", "kid": "1"}, claims, RSAKey.generate_key(2048, {"kid": "1"}))
            case "nobody":
                return f"{_parts({'alg': 'none', 'typ': 'JWT'}, claims)}."
            case "our own secret":
                return _with_secret({"alg": "HS256"}, claims, SECRET.encode())
            case "its public key as a secret":
                return _with_secret({"alg": "HS256", "kid": "1"}, claims, self.key.as_pem(private=False))
        raise AssertionError(self.signed_by)


def _with_secret(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    parts = _parts(header, claims)
    return f"{parts}.{_base64(hmac.digest(secret, parts.encode(), 'sha256'))}"


def _parts(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def routes(provider: Provider) -> FastAPI:
    app = FastAPI()

    @app.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        return provider.discovery()

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/authorize")
    def authorize(request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        code = secrets.token_urlsafe()
        provider.codes[code] = asked
        back = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{back}", 302)

    @app.post("/token")
    def token(
        request: Request,
        code: Annotated[str, Form()],
        redirect_uri: Annotated[str, Form()],
        code_verifier: Annotated[str, Form()],
        grant_type: Annotated[str, Form()],
    ) -> JSONResponse:
        provider.asked.append(code)
        asked = provider.codes.pop(code, None)  # good once
        basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
        challenge = _base64(hashlib.sha256(code_verifier.encode()).digest())
        if (
            asked is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or (asked["code_challenge"], asked["code_challenge_method"]) != (challenge, "S256")
            or (asked["redirect_uri"], grant_type) != (redirect_uri, "authorization_code")
        ):
            return JSONResponse({"error": "invalid_grant", "error_description": "<b>no</b>"}, 400)
        id_token = provider.id_token(asked["nonce"])
        return JSONResponse({"access_token": "an access token", "token_type": "Bearer", "id_token": id_token})

    @app.get("/userinfo")
    def userinfo() -> dict[str, Any]:
        return provider.userinfo or {}

    return app


@contextmanager
def running_provider() -> Iterator[Provider]:
    """A provider on a port of its own, until the end of the block."""
    import socket

    import uvicorn

    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = Provider(f"http://127.0.0.1:{listener.getsockname()[1]}")
        server = uvicorn.Server(uvicorn.Config(routes(provider), log_level="critical", lifespan="off"))
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield provider
        finally:
            server.should_exit = True
            thread.join()
