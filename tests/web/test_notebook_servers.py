"""Workspaces as they run: who comes in and is shown out, whose name a cell carries, and what no cell can reach.

Each test has real pages, a real JupyterLab and real kernels; the guests are `tests.notebook_guest.Guest`."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from tests.notebook_guest import Guest, served

from nightlight.accounts.sessions import end_all, find_session, start_session
from nightlight.accounts.tokens import list_tokens
from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.catalog.statements import read_statements
from nightlight.catalog.workspaces import Entrance, Workspace, add_workspace
from nightlight.errors import NightlightError
from nightlight.operations.notebooks import servers as notebook_servers
from nightlight.operations.notebooks.servers import NotebookServers, Pages
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.web.app import create_app

pytestmark = [
    pytest.mark.notebooks,
    pytest.mark.timeout(180),
    # The client's library gives up a connection only with its last reference, which a garbage collector finds.
    pytest.mark.filterwarnings("ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"),
]

POLICIES = """
CREATE SERVICE PRINCIPAL workspace_analysis; ADD USER workspace_analysis TO GROUP analysts;
ADD USER dora TO GROUP analysts; GRANT EXECUTE ON WORKSPACE analysis TO analysts;
"""
ANALYSIS = Workspace("analysis", "workspace_analysis", "improve_service")
# Each of these has to fail in a kernel; {home}, {runtime}, {server}, {pages} are filled in.
ATTACKS = {
    "the lake": "open(next(glob.iglob('{home}/lake/silver/messages/*.parquet')), 'rb').read(1)",
    "the lake's folders": "os.listdir('{home}/lake/silver/messages')",
    "a file of the lake, by name": "open('{parquet}', 'rb').read(1)",
    "the catalog": "open('{home}/catalog.db', 'rb').read(1)",
    "the keys": "open('{home}/keys/mask', 'rb').read(1)",
    "the settings": "open('{home}/nightlight.toml').read(1)",
    "the home": "os.listdir('{home}')",
    "another workspace": "os.listdir('{home}/notebooks/care')",
    "another workspace's notebook": "open('{home}/notebooks/care/a.ipynb').read(1)",
    "the server's settings": "open('{runtime}/config/jupyter_server_config.json').read(1)",
    "what people typed, as the server keeps it": "open('{runtime}/ystore.db', 'rb').read(1)",
    "the server's environment": "open('/proc/{server}/environ', 'rb').read(1)",
    "the server's memory": "open('/proc/{server}/mem', 'rb').read(1)",
    "the pages' environment": "open('/proc/{pages}/environ', 'rb').read(1)",
    "the pages' memory": "open('/proc/{pages}/mem', 'rb').read(1)",
    "the passwords of the machine": "open('/etc/shadow').read(1)",
    "who there is on the machine": "open('/etc/passwd').read(1)",
    "a place outside": "open('/tmp/left-behind', 'w')",
    "the lake by a link": "os.symlink('{home}/lake', 'lake')",
    "the catalog by a second name": "os.link('{home}/catalog.db', 'catalog.db')",
    "another's rights on a file": "os.chmod('.', 0o777)",
    "the network": "socket.create_connection(('127.0.0.1', {port}), 5)",
    "the network without names": "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)",
    "the pages' other door": "socket.socket(socket.AF_UNIX).connect('{runtime}/pages.sock')",
    "a program": "subprocess.run(['/bin/true'])",
    "a process": "os.fork()",
    "the server's life": "os.kill({server}, 9)",
    "a debugger": "ctypes.CDLL(None, use_errno=True).ptrace(16, {server}, 0, 0) == -1 and 1 / 0",
}
TRY = """
import ctypes, glob, json, os, socket, subprocess, threading
found = {}
def attempt(name, code):
    try:
        found[name] = repr(eval(code))
    except BaseException as error:
        found[name] = None
for name, code in json.loads(ATTACKS).items():
    attempt(name, code)
thread = threading.Thread(target=attempt, args=("from a thread", json.loads(ATTACKS)["the catalog"]))
thread.start(); thread.join()
print(json.dumps({name: done for name, done in found.items() if done is not None}))
"""
Enter = Callable[..., Guest]


@pytest.fixture
def room(line: Home) -> Home:
    apply_policies(line, list(read_statements(POLICIES, "room.sql")), by="ada", text=POLICIES)
    add_workspace(line.database_url, ANALYSIS, by="ada")
    (line.notebooks / "care").mkdir(parents=True)
    (line.notebooks / "care" / "a.ipynb").write_text("{}")
    return line


@pytest.fixture
def port(room: Home) -> Iterator[int]:
    app = create_app(room)
    with served(app) as port:
        yield port
    app.state.site.broker.close()


@pytest.fixture
def servers(room: Home) -> Iterator[NotebookServers]:
    servers = NotebookServers(room, asked_every=0.2)
    yield servers
    servers.close()


def entrance(home: Home, name: str) -> Entrance:
    now = datetime.now(UTC)
    session = find_session(home.database_url, start_session(home.database_url, name, now=now, client="test"), now=now)
    assert session is not None
    return Entrance(name, session.id)


@pytest.fixture
def enter(room: Home, servers: NotebookServers, port: int) -> Enter:
    def open_as(name: str) -> Guest:
        pages = Pages(("127.0.0.1", port), "http", "127.0.0.1", f"http://127.0.0.1:{port}/health")
        return Guest(servers.open(ANALYSIS, entrance(room, name), pages))

    return open_as


def test_who_comes_in_is_known_by_name(enter: Enter, servers: NotebookServers) -> None:
    ana = enter("ana")
    assert json.loads(ana.get("/api/me")[1])["identity"]["username"] == "ana"
    assert servers.people("analysis") == ["ana"]
    dora = enter("dora")
    assert dora.base == ana.base  # the same server
    assert servers.people("analysis") == ["ana", "dora"]


def test_a_ticket_is_good_once(servers: NotebookServers, room: Home, port: int) -> None:
    list_url = f"http://127.0.0.1:{port}/health"
    ticket = servers.open(ANALYSIS, entrance(room, "ana"), Pages(("127.0.0.1", port), "http", "127.0.0.1", list_url))
    assert Guest(ticket).arrived.endswith("/lab")
    assert Guest(ticket).arrived == list_url


def test_without_a_ticket_there_is_no_way_in(enter: Enter, port: int) -> None:
    base = enter("ana").base
    for path in ("/login?ticket=guessed", "/login", "/lab", "/lab/tree/a.ipynb"):
        with urlopen(base + path, timeout=30) as answer:  # noqa: S310
            assert answer.url == f"http://127.0.0.1:{port}/health"
    stranger = Guest(f"{base}/login?ticket=guessed")
    for path in ("/api/contents", "/api/contents?token=", "/api/kernels", "/api/me", "/lab/api/settings"):
        assert stranger.get(path)[0] == 403


def test_who_may_not_enter_is_not_let_in_even_with_a_ticket(enter: Enter, room: Home, port: int) -> None:
    enter("ana")
    assert enter("sam").arrived == f"http://127.0.0.1:{port}/health"
    assert enter("otto").arrived == f"http://127.0.0.1:{port}/health"


def deny(home: Home) -> None:
    text = "DENY EXECUTE ON WORKSPACE analysis TO ana;"
    apply_policies(home, list(read_statements(text, "d.sql")), by="ada", text=text)


LOSSES: dict[str, Callable[[Home], object]] = {
    "the right is taken back": deny,
    "the session is ended": lambda home: end_all(home.database_url, "ana"),
    "the person is disabled": lambda home: disable(home.database_url, "ana", by="ada"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_who_loses_the_right_is_shown_out_and_others_stay(enter: Enter, room: Home, loss: str) -> None:
    ana, dora = enter("ana"), enter("dora")
    assert ana.shown_out(ana.start_kernel(), lambda: LOSSES[loss](room)) == 1008
    assert ana.get("/api/contents")[0] == 403
    assert dora.get("/api/contents")[0] == 200


def test_a_cell_asks_governed_tables_as_the_workspace_in_the_name_of_who_sent_it(enter: Enter, room: Home) -> None:
    ana, dora = enter("ana"), enter("dora")
    kernel = ana.start_kernel()
    [count, hidden, same] = ana.run(
        kernel,
        "nightlight.sql('SELECT count(*) AS n FROM gold.volume_daily').to_pylist()",
        "nightlight.sql('SELECT text FROM silver.messages')",
        "import nightlight\nsorted(set(nightlight.tables()['table'].to_pylist()))",
        username="sam",
    )
    assert count.text == "[{'n': 56}]"
    assert hidden.error.startswith("NightlightError: ")
    assert "text" in hidden.error
    assert same.text == "['gold.volume_daily', 'silver.conversations', 'silver.messages']"
    record = tail(room, 1, action="api", principal="workspace_analysis")
    asked = [each for each in tail(room, 50, principal="workspace_analysis") if "count(*)" in each["statement"]]
    assert [(each["person"], each["purpose"]) for each in asked] == [("ana", "improve_service")], record
    dora.run(kernel, "nightlight.sql('SELECT 2 AS two')", username="ana")
    assert tail(room, 1)[0]["person"] == "dora"


def test_no_cell_reaches_the_home_the_network_or_another_process(
    enter: Enter, servers: NotebookServers, room: Home, port: int
) -> None:
    ana = enter("ana")
    kernel = ana.start_kernel()
    server = servers._servers["analysis"]
    places = {
        "home": room.root,
        "runtime": server.room.runtime,
        "server": server.process.pid,
        "pages": os.getpid(),
        "port": port,
        "parquet": next((room.lake / "silver" / "messages").glob("*.parquet")),
    }
    attacks = {name: code.format(**places) for name, code in ATTACKS.items()}
    run = TRY.replace("ATTACKS", repr(json.dumps(attacks)))
    [reached, kept, environment] = ana.run(
        kernel,
        run,
        "open('mine.txt', 'w').write('kept'); print(open('mine.txt').read())",
        "import os, sys; print(os.environ, vars(sys.modules['nightlight']))",
    )
    assert (reached.text.strip(), reached.error) == ("{}", "")
    assert kept.text == "kept\n"
    assert "nl_" not in environment.text
    assert not Path("/tmp/left-behind").exists()  # noqa: S108


def test_the_server_itself_reaches_nothing_of_the_home_but_its_workspace(
    enter: Enter, servers: NotebookServers, room: Home
) -> None:
    """A link that leads out of the workspace's folder, made by somebody with the files: the server cannot follow it."""
    ana = enter("ana")
    (room.notebooks / "analysis" / "out.db").symlink_to(room.root / "catalog.db")
    (room.notebooks / "analysis" / "in.txt").write_text("here")
    assert ana.get("/files/in.txt") == (200, "here")
    assert ana.get("/files/out.db")[0] >= 400
    assert ana.get("/api/contents/out.db?content=1")[0] >= 400


def test_there_is_no_terminal_and_no_other_kernel(enter: Enter) -> None:
    ana = enter("ana")
    assert ana.send("POST", "/api/terminals", {})[0] == 404
    assert list(json.loads(ana.get("/api/kernelspecs")[1])["kernelspecs"]) == ["nightlight"]
    for name in ("python3", "python", "xpython", "NIGHTLIGHT", "../nightlight"):
        assert ana.send("POST", "/api/kernels", {"name": name})[0] >= 400
    session = {"path": "a.ipynb", "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    assert ana.send("POST", "/api/sessions", session)[0] >= 400
    assert json.loads(ana.get("/api/kernels")[1]) == []


def test_output_of_notebooks_may_speak_to_its_own_server_alone(enter: Enter) -> None:
    policy = enter("ana").headers["Content-Security-Policy"]
    assert "connect-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy


def test_closing_ends_server_and_kernels_and_takes_their_token_back(
    enter: Enter, servers: NotebookServers, room: Home
) -> None:
    ana = enter("ana")
    [pid] = ana.run(ana.start_kernel(), "nightlight.sql('SELECT 1'); import os; os.getpid()")
    server = servers._servers["analysis"]
    assert [token.state for token in list_tokens(room.database_url, "workspace_analysis")] == ["good"]
    kernel = os.pidfd_open(int(pid.text))
    servers.close()
    assert server.process.returncode is not None
    assert select.select([kernel], [], [], 20)[0], "the kernel lives on"
    assert {token.state for token in list_tokens(room.database_url, "workspace_analysis")} == {"revoked"}
    assert not server.room.runtime.exists()
    assert servers.people("analysis") == []


def test_the_next_who_comes_finds_a_new_server_where_the_old_one_has_ended(
    enter: Enter, servers: NotebookServers
) -> None:
    enter("ana")
    before = servers._servers["analysis"].process
    before.kill()
    before.wait(20)
    assert json.loads(enter("ana").get("/api/me")[1])["identity"]["username"] == "ana"


def test_servers_end_with_the_pages_however_these_end(room: Home) -> None:
    who = entrance(room, "ana")
    program = (
        "import sys, time; from pathlib import Path\n"
        "from nightlight.settings import Home\n"
        "from nightlight.catalog.workspaces import Entrance, find_workspace\n"
        "from nightlight.operations.notebooks.servers import NotebookServers, Pages\n"
        f"home = Home.open(Path({str(room.root)!r})); servers = NotebookServers(home)\n"
        "pages = Pages(('127.0.0.1', 1), 'http', '127.0.0.1', 'http://127.0.0.1:1/notebooks')\n"
        f"who = Entrance({who.principal!r}, {who.session!r})\n"
        "servers.open(find_workspace(home.database_url, 'analysis'), who, pages)\n"
        "print(servers._servers['analysis'].process.pid, flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as pages:
        assert pages.stdout is not None
        server = os.pidfd_open(int(pages.stdout.readline()))
        pages.send_signal(signal.SIGKILL)
        assert select.select([server], [], [], 30)[0], "the server lives on"


def test_without_a_sandbox_only_the_demo_has_notebooks(room: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebook_servers, "keeps_apart", lambda folder: False)
    with pytest.raises(NightlightError, match="cannot keep notebooks from the lake"):
        NotebookServers(room).check()
    NotebookServers(room, demo=True).check()


@pytest.mark.parametrize(
    ("scheme", "host"), [("https", "line.example.org"), ("http", "192.168.1.5"), ("https", "127.0.0.1")]
)
def test_browsers_elsewhere_need_an_address_of_the_workspace(
    room: Home, servers: NotebookServers, scheme: str, host: str
) -> None:
    pages = Pages(("127.0.0.1", 1), scheme, host, f"{scheme}://{host}/notebooks")
    with pytest.raises(NightlightError, match="no address that browsers elsewhere can reach"):
        servers.open(ANALYSIS, entrance(room, "ana"), pages)
    assert not servers.is_running("analysis")


def test_messages_get_the_name_of_who_came_in_in_both_protocols() -> None:
    from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1

    from nightlight.operations.notebooks.jupyter import sign

    header = json.dumps({"msg_type": "execute_request", "username": "sam"}).encode()
    new = sign(serialize_msg_to_ws_v1([header, b"{}", b"{}", b'{"code": "1"}', b"buffer"], "shell"), "ana", is_new=True)
    channel, parts = deserialize_msg_from_ws_v1(new)
    assert (channel, json.loads(parts[0])["username"], parts[1:]) == (
        "shell",
        "ana",
        [b"{}", b"{}", b'{"code": "1"}', b"buffer"],
    )
    old = json.loads(sign(json.dumps({"header": {"username": "sam"}, "channel": "shell"}), "ana", is_new=False))
    assert old == {"header": {"username": "ana"}, "channel": "shell"}
