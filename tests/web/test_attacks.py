"""What somebody tries who means harm: other sites' forms, scripts in texts, names that are paths, others' things."""

import html
from collections.abc import Iterator
from urllib.parse import quote

import pyarrow as pa
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.conftest import Deliver
from tests.web.conftest import NOW, As
from tests.web.test_routes import DASHBOARD, EXAMPLES, Possessions, furnished, registry_of_one

from nightlight.accounts import tokens
from nightlight.accounts.sessions import find_session, start_session
from nightlight.catalog.statements import read_statements
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations.access_requests import ask_for_access
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.access import HOST_COOKIE, PLAIN_COOKIE, PUBLIC
from nightlight.web.app import create_app
from nightlight.web.security import BODY_LIMIT

__all__ = ["furnished", "registry_of_one"]  # fixtures
SITE = "http://nightlight.test"
ALWAYS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "x-frame-options",
)


@pytest.fixture
def app(line: Home) -> Iterator[FastAPI]:
    app = create_app(line, clock=lambda: NOW)
    yield app
    app.state.site.broker.close()


def browser(app: FastAPI, line: Home, who: str = "", **headers: str) -> TestClient:
    client = TestClient(app, SITE, raise_server_exceptions=False, follow_redirects=False, headers=headers)
    if who:
        client.cookies.set(PLAIN_COOKIE, start_session(line.database_url, who, now=NOW, client="test"))
    return client


# Other sites -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": SITE},
        {"origin": "http://evil.test"},
        {"origin": "null"},
        {"origin": "http://nightlight.test.evil.test"},
        {"origin": "http://evil.test/nightlight.test"},
        {"origin": "http://nightlight.test:8080"},
        {"origin": ""},
        {"origin": "http://["},
        {},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_another_site_sends_changes_nothing(
    app: FastAPI, line: Home, headers: dict[str, str], method: str
) -> None:
    client = browser(app, line, "ana", **headers)
    secret = client.cookies[PLAIN_COOKIE]
    assert client.request(method, "/sign-out").status_code == 403
    assert find_session(line.database_url, secret, now=NOW) is not None


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "same-origin"}, {"origin": SITE}])
def test_what_our_own_pages_send_is_done(app: FastAPI, line: Home, headers: dict[str, str]) -> None:
    client = browser(app, line, "ana", **headers)
    secret = client.cookies[PLAIN_COOKIE]
    assert client.post("/sign-out").status_code == 303
    assert find_session(line.database_url, secret, now=NOW) is None


# What every answer carries -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "url", "status"),
    [
        ("", "/sign-in", 200),
        ("", "/", 303),
        ("ana", "/", 200),
        ("ana", "/nothing-here", 404),
        ("ana", "/broken", 500),
        ("ana", "/static/app.css", 200),
        ("ana", "/static/nothing.css", 404),
        ("", "/api/tables", 401),
    ],
)
def test_every_answer_forbids_frames_other_scripts_and_guessing(
    app: FastAPI, line: Home, who: str, url: str, status: int
) -> None:
    def broken() -> None:
        raise RuntimeError("a secret of ours")

    app.add_api_route("/broken", broken, dependencies=[PUBLIC])
    app.router.routes.insert(0, app.router.routes.pop())
    answer = browser(app, line, who).get(url)
    assert answer.status_code == status
    assert [name for name in ALWAYS if name not in answer.headers] == []
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "a secret of ours" not in answer.text


def test_a_nonce_is_good_for_one_answer(app: FastAPI, line: Home) -> None:
    client = browser(app, line, "ana")
    policies = {client.get("/").headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


@pytest.mark.parametrize("url", ["/", "/account", "/data", "/console", "/dashboards", "/nothing-here"])
def test_nobody_else_keeps_a_copy_of_a_page(app: FastAPI, line: Home, url: str) -> None:
    assert "no-store" in browser(app, line, "ana").get(url).headers["cache-control"]


# Too much and too odd ----------------------------------------------------------------------------------------------


def test_a_body_that_is_too_large_is_refused_whether_or_not_it_says_so(app: FastAPI, line: Home) -> None:
    client = browser(app, line, "ana", **{"sec-fetch-site": "same-origin"})
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/account/language", content=b"x" * (BODY_LIMIT + 1), headers=form).status_code == 413

    def pieces() -> Iterator[bytes]:
        for _ in range(BODY_LIMIT // 50_000 + 2):
            yield b"x" * 50_000

    assert 400 <= client.post("/account/language", content=pieces(), headers=form).status_code < 500


@pytest.mark.parametrize("length", ["x", "-5", "1e3", "9" * 5000])
def test_a_length_that_is_none_is_the_sender_s_mistake(app: FastAPI, line: Home, length: str) -> None:
    client = browser(app, line, "ana", **{"sec-fetch-site": "same-origin"})
    assert 400 <= client.post("/sign-out", headers={"content-length": length}).status_code < 500


@pytest.mark.parametrize(
    "name",
    [
        "..%2f..%2fapp.py",
        "%2e%2e/%2e%2e/app.py",
        "..\\..\\app.py",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "vendor/../../app.py",
        "%00",
        "app.css%00.png",
        ".",
        "",
    ],
)
def test_static_files_are_static_files_only(app: FastAPI, line: Home, name: str) -> None:
    assert browser(app, line).get(f"/static/{name}").status_code in (400, 404)


# Cookies -----------------------------------------------------------------------------------------------------------


def test_without_tls_s_own_cookie_nobody_gets_in_over_tls(app: FastAPI, line: Home) -> None:
    """A site on a neighboring name, or a network without TLS, can plant a plain cookie, but none with the prefix."""
    client = TestClient(app, "https://nightlight.test", follow_redirects=False)
    secret = start_session(line.database_url, "ana", now=NOW, client="test")
    client.cookies.set(PLAIN_COOKIE, secret)
    assert client.get("/").status_code == 303
    client.cookies.set(HOST_COOKIE, secret)
    assert client.get("/").status_code == 200


def test_tls_is_asked_to_stay(app: FastAPI) -> None:
    assert "strict-transport-security" in TestClient(app, "https://nightlight.test").get("/sign-in").headers


def test_an_ended_session_opens_nothing(sign_in: As) -> None:
    client = sign_in("ana")
    client.post("/sign-out")
    client.cookies.clear()
    assert client.get("/").status_code == 303


# Texts that are code -----------------------------------------------------------------------------------------------

EVIL = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>"
IN_YAML = EVIL.replace("'", "''")
METRIC = f"""
title: 'Volume {IN_YAML}'
definition: 'How many {IN_YAML}'
unit: count
owner: 'nobody {IN_YAML}'
table: gold.volume_daily
column: conversations
good: up
"""
SAID = """SELECT '{evil}' AS "{quoted}", count(*) AS number FROM gold.volume_daily"""


@pytest.fixture
def planted(furnished: Home, deliver: Deliver, app: FastAPI) -> Home:
    """A line where everything that takes a text holds a piece of a page."""
    (furnished.dashboards / "evil.yml").write_text(
        DASHBOARD.replace("title: Volume", f"title: 'Volume {IN_YAML}'")
        .replace("question: How", f"question: '{IN_YAML}' #")
        .replace("title: Conversations by day", f"title: 'Chart {IN_YAML}'")
        .replace("title: Day,", f"title: 'Day {IN_YAML}',")
    )
    (furnished.dashboards / "broken.yml").write_text(f"title: '{IN_YAML}'\nno_such_key: '{IN_YAML}'\n")
    furnished.metrics.mkdir(exist_ok=True)
    (furnished.metrics / "evil.yml").write_text(METRIC)
    (furnished.metrics / "broken.yml").write_text(f"'{IN_YAML}': 1\n")
    rows = [{"day": NOW.date(), EVIL: EVIL}]
    deliver(furnished, "gold.evil", rows, pa.schema([("day", pa.date32()), (EVIL, pa.string())]))
    register_tables(furnished.database_url, Lake(furnished.lake))
    grants = f"""GRANT VIEW ON DASHBOARD evil TO analysts; GRANT VIEW ON DASHBOARD broken TO analysts;
        CREATE PURPOSE evil OF operations '{IN_YAML}'; ALLOW PURPOSE evil TO analysts;"""
    apply_policies(furnished, list(read_statements(grants, "policies.sql")), by="ada", text=grants)
    ask_for_access(furnished, "ana", "silver.messages", ["author"], f"because {EVIL}", clock=lambda: NOW)
    start_session(furnished.database_url, "ana", now=NOW, client=EVIL)
    tokens.create_token(
        furnished, principal="ana", purpose="improve_service", name=EVIL[:50], days=1, by="ana", clock=lambda: NOW
    )
    return furnished


@pytest.mark.parametrize("who", ["ana", "ada"])
def test_no_text_becomes_a_part_of_a_page(app: FastAPI, planted: Home, who: str) -> None:
    possessions = Possessions(app, planted)
    client = browser(app, planted, who)
    client.headers["sec-fetch-site"] = "same-origin"
    question = SAID.format(evil=IN_YAML, quoted=EVIL.replace('"', '""'))
    asked = client.post("/console/run", data={"sql": question, "purpose": "improve_service"})
    urls = [
        *(possessions.fill(each.url) for route, each in EXAMPLES.items() if route.startswith("GET /")),
        "/dashboards/evil",
        "/dashboards/broken",
        "/data/gold/evil?purpose=improve_service",
        f"/data/gold/evil/lineage?column={quote(EVIL)}",
        f"/data?q={quote(EVIL)}",
        f"/console?sql={quote(EVIL)}",
        f"/requests/new?table={quote(EVIL)}&columns={quote(EVIL)}",
        f"/admin/audit?words={quote(EVIL)}&principal={quote(EVIL)}",
        f"/admin/people?q={quote(EVIL)}",
        f"/admin/policies?on={quote(EVIL)}",
        f"/{quote(EVIL)}",
        *([asked.headers["location"] + drawn for drawn in ("", "?x=0&y=1")] if asked.status_code == 303 else []),
    ]
    pages = {url: client.get(url) for url in urls if "/sign-in" not in url}
    shown = [url for url, page in pages.items() if "<img src=x" in page.text or "<script>alert" in page.text]
    assert [url for url in shown if "html" in pages[url].headers["content-type"]] == []
    held = [url for url, page in pages.items() if "img src=x" in html.unescape(page.text)]
    assert len(held) >= 10, held  # they did show it, as text
    assert [url for url, page in pages.items() if page.status_code >= 500] == []


def test_no_text_becomes_a_header(app: FastAPI, line: Home) -> None:
    client = browser(app, line, "ada", **{"sec-fetch-site": "same-origin"})
    split = "x\r\nset-cookie: evil=1"
    for answer in (
        client.post("/admin/people", data={"name": split, "groups": ""}),
        client.post("/admin/groups", data={"name": split}),
        client.post("/sign-in", data={"name": "ana", "password": "x", "next": f"/{split}"}),
        client.get(f"/data?q={quote(split)}"),
        client.get(f"/{quote(split)}"),
    ):
        assert "evil" not in str(answer.headers.get("set-cookie"))
        assert answer.status_code < 500


def test_no_other_site_reads_the_api_with_somebody_s_session(app: FastAPI, line: Home) -> None:
    client = browser(app, line, "ana", origin="http://evil.test")
    for answer in (
        client.get("/api/me"),
        client.options("/api/sql", headers={"access-control-request-method": "POST"}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
