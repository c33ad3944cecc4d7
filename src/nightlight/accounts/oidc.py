"""Signing in by the organization's identity provider: OpenID Connect, authorization code with PKCE, by Authlib.

The provider only says who somebody is; users are made here, and nobody comes in who was not."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nightlight.accounts.credentials import check_user, find_credentials, is_user, put_credentials
from nightlight.accounts.sessions import end_all
from nightlight.catalog.audit import Entry, append
from nightlight.catalog.history import changing
from nightlight.errors import NightlightError
from nightlight.settings import Home, Settings

DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "openid profile email"
SIGNATURES = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
LEEWAY = 60  # seconds that clocks may differ
PATIENCE = 10  # seconds for an answer of the provider
REMEMBERED = 600  # seconds that what the provider says about itself is kept
LOOPBACK = ("localhost", "127.0.0.1", "::1")
NOT_DONE = "signing in by your organization did not work"
AGAIN = "try again, or ask an administrator of this home"
NO_ACCOUNT = "your organization knows you, but you have no account here"
ADD = "an administrator of this home can add you"


class ProviderRefused(NightlightError):  # noqa: N818  # what happened
    """Somebody does not come in by the provider: what is said tells nobody who exists.

    `reason` is for the audit, and so is `name`: the user who was meant, if there is one.
    """

    def __init__(self, reason: str, what: str = NOT_DONE, remedy: str = AGAIN, *, name: str = "") -> None:
        self.reason, self.name = reason, name
        super().__init__(what, remedy=remedy)


@dataclass(frozen=True)
class Departure:
    """A sign-in on its way to the provider: where the browser goes, and what has to come back with it."""

    url: str
    state: str
    nonce: str
    verifier: str


def is_configured(settings: Settings) -> bool:
    return bool(settings.oidc_issuer)


def depart(settings: Settings, redirect_uri: str) -> Departure:
    """Where to send a browser that wants to sign in by the provider."""
    with _provider_errors():
        url = _client(settings).create_authorization_url(redirect_uri)
    return Departure(url["url"], url["state"], url["nonce"], url["code_verifier"])


def arrive(settings: Settings, *, code: str, redirect_uri: str, nonce: str, verifier: str) -> dict[str, Any]:
    """The claims about whoever comes back with this code; raises ProviderRefused unless all of them are proven."""
    with _provider_errors():
        client = _client(settings)
        token = client.fetch_access_token(redirect_uri=redirect_uri, code=code, code_verifier=verifier)
        options = {
            "iss": {"essential": True, "value": settings.oidc_issuer},
            "aud": {"essential": True, "value": settings.oidc_client_id},
        }
        claims = client.parse_id_token(token, nonce=nonce, claims_options=options, leeway=LEEWAY)
        if claims is None:
            raise ProviderRefused("the provider sent no ID token")
        if settings.oidc_claim not in claims and client.server_metadata.get("userinfo_endpoint"):
            told = client.userinfo(token=token)
            if told.get("sub") != claims["sub"]:
                raise ProviderRefused("the provider told of somebody else")
            return {**told, **claims}
    return dict(claims)


def link(home: Home, claims: dict[str, Any]) -> str:
    """The user whom the claims are about; raises ProviderRefused for whoever has no enabled account here.

    At the first sign-in the provider's subject is linked to the user; later both have to be the same again.
    """
    settings = home.settings
    name = str(claims.get(settings.oidc_claim) or "").casefold()
    subject = f"{claims['iss']} {claims['sub']}"
    if settings.oidc_claim == "email" and claims.get("email_verified") is not True:
        raise _no_account("the address is not verified")
    with changing(home.database_url) as connection:
        if not name or not is_user(connection, name):
            raise _no_account("unknown user")
        known = find_credentials(connection, name).oidc_subject
        if known and known != subject:
            raise _no_account("the provider means somebody else by this name than before", name)
        if not known:
            if _is_linked(connection, subject):
                raise _no_account("somebody else here is linked to the provider's subject", name)
            put_credentials(connection, name, oidc_subject=subject)
    return name


def unlink(home: Home, name: str, *, by: str) -> None:
    """Forget whom the provider knows a user as: the next sign-in links anew. Ends their sessions; audited."""
    home.key("audit")
    with changing(home.database_url) as connection:
        check_user(connection, name)
        put_credentials(connection, name, oidc_subject="")
    end_all(home.database_url, name)
    append(home, Entry(action="provider unlink", principal=by, purpose=None, outcome="done", statement=name))


def _no_account(reason: str, name: str = "") -> ProviderRefused:
    return ProviderRefused(reason, NO_ACCOUNT, ADD, name=name)


def _is_linked(connection: Any, subject: str) -> bool:
    from sqlalchemy import text

    query = text("SELECT count(*) FROM credentials WHERE oidc_subject = :subject")
    return bool(connection.execute(query, {"subject": subject}).scalar_one())


@contextmanager
def _provider_errors() -> Iterator[None]:
    """Turn what goes wrong on the way into one line; a provider's own words may hold anything and are left out."""
    try:
        yield
    except NightlightError:
        raise
    except Exception as error:  # whatever it is: nobody comes in
        raise ProviderRefused(_reason(error)) from None


def _reason(error: Exception) -> str:
    import httpx2

    if isinstance(error, httpx2.HTTPError):
        return f"the provider does not answer as it should ({type(error).__name__})"
    return f"the provider's answer is not valid ({type(error).__name__})"


def _client(settings: Settings) -> Any:
    secret = _read_secret(settings.oidc_secret_file)
    period = int(time.time() // REMEMBERED)
    return _make_client(settings.oidc_issuer, settings.oidc_client_id, secret, period)


@lru_cache(maxsize=4)
def _make_client(issuer: str, client_id: str, secret: str, _period: int) -> Any:
    """Authlib's client for the provider, with what the provider says about itself."""
    from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OpenIDMixin
    from authlib.integrations.httpx_client import OAuth2Client

    if urlsplit(issuer).scheme != "https" and urlsplit(issuer).hostname not in LOOPBACK:
        raise NightlightError("the identity provider is not reached by https", remedy="set oidc_issuer to https://...")
    kind: Any = type("Provider", (OAuth2Mixin, OpenIDMixin, BaseApp), {"client_cls": OAuth2Client})
    options = {"scope": SCOPE, "code_challenge_method": "S256", "timeout": PATIENCE}
    client = kind(
        None,
        "provider",
        client_id=client_id,
        client_secret=secret or None,
        client_kwargs=options,
        server_metadata_url=issuer.rstrip("/") + DISCOVERY,
    )
    metadata = client.load_server_metadata()
    if metadata.get("issuer") != issuer:
        raise ProviderRefused("the provider calls itself otherwise than oidc_issuer")
    # Only signatures that nobody but the provider can make: no "none", no secret that we know too.
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    if not (accepted := [each for each in offered if each in SIGNATURES]):
        raise ProviderRefused("the provider offers no signature that only it can make")
    metadata["id_token_signing_alg_values_supported"] = accepted
    options["token_endpoint_auth_method"] = _authentication(metadata, secret)
    return client


def _authentication(metadata: dict[str, Any], secret: str) -> str:
    """How we prove ourselves at the provider's token endpoint."""
    if not secret:
        return "none"
    methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"


def _read_secret(file: str) -> str:
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NightlightError(
            "the identity provider's secret cannot be read", remedy="check oidc_secret_file in nightlight.toml"
        ) from error
