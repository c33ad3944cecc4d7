"""Reports by mail: a principal's own rows, small counts hidden, each recipient once, nothing fetched from anywhere."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default

import pyarrow as pa
import pytest
from tests.conftest import Deliver
from tests.operations.test_alerts import MailServer, serving

from nightlight.catalog.audit import tail
from nightlight.catalog.principals import disable
from nightlight.catalog.statements import read_statements
from nightlight.errors import NightlightError
from nightlight.lakehouse.registration import register_tables
from nightlight.lakehouse.tables import Lake
from nightlight.operations.mail import sender
from nightlight.operations.report_document import answer
from nightlight.operations.report_files import find_report
from nightlight.operations.reports import deliveries, last_delivery, send_due, send_now
from nightlight.settings import Home, Settings
from nightlight.sql.broker import Broker
from nightlight.sql.policies import apply_policies

BEFORE, DUE = datetime(2026, 3, 1, 12, tzinfo=UTC), datetime(2026, 3, 2, 7, tzinfo=UTC)
OTHERS = 777_777  # what only the other partner's rows say
POLICIES = """
CREATE GROUP partner; ADD USER lin TO GROUP partner;
CREATE PURPOSE partner_reporting OF operations 'Tell the partner'; ALLOW PURPOSE partner_reporting TO partner;
GRANT USE SCHEMA ON SCHEMA gold TO partner; GRANT SELECT ON TABLE gold.volume_daily TO partner;
SET ROW FILTER ON TABLE gold.volume_daily (partner = 'lindenruf') TO partner;
GRANT VIEW ON DASHBOARD queue TO partner;
"""
DASHBOARD = """title: Queue
question: How busy was the queue?
owner: partnerships
purposes: [partner_reporting]
parameters:
  period: {title: Days, kind: dates, default: last 90 days}
charts:
  - name: total
    title: Conversations
    question: How many were there?
    sql: SELECT sum(conversations) AS n FROM gold.volume_daily WHERE day BETWEEN {{period.from}} AND {{period.to}}
    number: n
    count: n
    dimensions: []
  - name: by_day
    title: By <day>
    question: How many on each day?
    sql: >
      SELECT day, partner, conversations FROM gold.volume_daily
      WHERE day BETWEEN {{period.from}} AND {{period.to}} ORDER BY day
    count: conversations
    dimensions: [day, partner]
    vega: {mark: bar, encoding: {x: {field: day, type: temporal}, y: {field: conversations, type: quantitative}}}
  - name: raw
    title: As they are
    question: Every row?
    sql: SELECT day, partner, conversations AS rows_as_they_are FROM gold.volume_daily
    unsuppressed: for the floor
"""
REPORT = """title: Night queue
dashboard: queue
principal: lin
purpose: partner_reporting
recipients: [office@lindenruf.example, lead@lindenruf.example]
schedule: monthly on day 2 at 07:00
period: last month
"""
OFFICE, LEAD = "office@lindenruf.example", "lead@lindenruf.example"


@pytest.fixture
def server() -> Iterator[MailServer]:
    yield from serving(MailServer())


@pytest.fixture
def line(home: Home, deliver: Deliver, server: MailServer) -> Home:
    return make_line(home, deliver, server)


def make_line(home: Home, deliver: Deliver, server: MailServer) -> Home:
    """February: 20 conversations a day of lindenruf's but 4 on the 7th; the other line's rows all say `OTHERS`."""
    schema = pa.schema([("day", pa.date32()), ("partner", pa.string()), ("conversations", pa.int64())])
    rows = [
        {"day": date(2026, 2, 1) + timedelta(days=n), "partner": partner, "conversations": count if n != 6 else few}
        for n in range(28)
        for partner, count, few in (("home", OTHERS, OTHERS), ("lindenruf", 20, 4))
    ]
    deliver(home, "gold.volume_daily", rows, schema)
    register_tables(home.database_url, Lake(home.lake))
    apply_policies(home, list(read_statements(POLICIES, "policies.sql")), by="ada", text=POLICIES)
    (home.dashboards / "queue.yml").write_text(DASHBOARD)
    (home.reports / "night.yml").write_text(REPORT)
    settings = f'alert_mail_host = "{server.host}"\nmail_from = "Harbour <data@harbour.example>"\n'
    (home.root / "nightlight.toml").write_text(settings)
    return Home.open(home.root)


def mails(server: MailServer) -> list[EmailMessage]:
    found = [message_from_string(text, policy=default) for text in server.mails]
    return [mail for mail in found if isinstance(mail, EmailMessage)]


def recipients(server: MailServer) -> list[str]:
    return [str(mail["To"]) for mail in mails(server)]


def parts(mail: EmailMessage) -> dict[str, str]:
    """Everything readable in a mail: its text, its HTML and the attached file."""
    html = mail.get_body(("html",))
    text = mail.get_body(("plain",))
    assert html is not None
    assert text is not None
    (attached,) = mail.iter_attachments()
    return {"text": text.get_content(), "html": html.get_content(), "file": attached.get_content()}


def begin(line: Home) -> None:
    """The schedule has seen the report before its date came."""
    assert send_due(line, BEFORE) == {}


def test_a_report_goes_to_each_recipient_once_also_after_a_restart(line: Home, server: MailServer) -> None:
    begin(line)
    assert server.mails == []
    for _ in range(3):
        assert send_due(Home.open(line.root), DUE + timedelta(minutes=4)) == {}
    assert recipients(server) == [OFFICE, LEAD]
    assert {each.recipient: each.sent_at for each in deliveries(line.database_url, "night")} == dict.fromkeys(
        (OFFICE, LEAD), DUE + timedelta(minutes=4)
    )


def test_a_new_report_begins_with_its_next_date(line: Home, server: MailServer) -> None:
    assert send_due(line, DUE + timedelta(days=3)) == {}
    assert server.mails == []
    assert send_due(line, DUE + timedelta(days=35)) == {}
    assert recipients(server) == [OFFICE, LEAD]


def test_a_report_sent_by_hand_is_not_sent_again_for_the_same_date(line: Home, server: MailServer) -> None:
    send_now(line, find_report(line.reports, "night"), DUE + timedelta(days=3), by="ada")
    assert send_due(line, DUE + timedelta(days=4)) == {}
    assert len(server.mails) == 2
    assert send_due(line, DUE + timedelta(days=40)) == {}
    assert len(server.mails) == 4


def test_what_was_missed_is_sent_once(line: Home, server: MailServer) -> None:
    begin(line)
    assert send_due(line, DUE + timedelta(days=120)) == {}
    assert len(server.mails) == 2


def test_it_says_what_the_principal_may_see_and_nothing_of_others(line: Home, server: MailServer) -> None:
    begin(line)
    send_due(line, DUE)
    for mail in mails(server):
        assert mail["Subject"] == "Night queue: Feb 1, 2026 – Feb 28, 2026"
        for text in parts(mail).values():
            assert "544" in text  # 27 days of 20, and 4
            assert not re.search(r"777[,.\s]?777|\bhome\b", text)


def test_small_counts_are_hidden_and_what_is_not_suppressed_never_leaves(line: Home, server: MailServer) -> None:
    begin(line)
    send_due(line, DUE)
    for kind, text in parts(mails(server)[0]).items():
        rows = re.findall(r"Feb 7, 2026.*?lindenruf.*?(hidden|\b4\b)", text, re.DOTALL)
        assert rows == ["hidden"], kind
        assert "As they are" not in text
        assert "rows_as_they_are" not in text.lower()


def test_a_report_that_names_an_unsuppressed_chart_is_refused(line: Home, server: MailServer) -> None:
    begin(line)
    (line.reports / "night.yml").write_text(REPORT + "charts: [total, raw]\n")
    assert "chart 'raw' of dashboard 'queue' cannot be in report 'night'" in send_due(line, DUE)["night"]
    assert server.mails == []


def test_a_report_may_hold_some_charts_only(line: Home) -> None:
    (line.reports / "night.yml").write_text(REPORT + "charts: [total]\nlanguage: fr\n")
    with Broker(line) as broker:
        document = answer(broker, find_report(line.reports, "night"), DUE)
    assert document.title == "Night queue: 1 févr. 2026 – 28 févr. 2026"
    assert "544" in document.html
    assert document.pictures == {}


def test_a_mail_is_whole_and_fetches_nothing(line: Home, server: MailServer) -> None:
    begin(line)
    send_due(line, DUE)
    mail = mails(server)[0]
    assert mail["From"] == "Harbour <data@harbour.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    content = parts(mail)
    pictures = {str(part["Content-ID"]) for part in mail.walk() if part.get_content_type() == "image/png"}
    assert {f"<{name}>" for name in re.findall(r'src="cid:([^"]+)"', content["html"])} == pictures != set()
    for text in (content["html"], content["file"]):
        assert not re.search(r"""(src|href|url)\s*[=(]\s*(?!["']?(cid:|#))""", text)
        assert not re.search("<(script|link|iframe|object)", text)
        assert "By &lt;day&gt;" in text
        assert text.count("<h1>") == 1
        assert '<th scope="col"' in text
    assert "<svg" in content["file"]
    assert "<svg" not in content["html"]


def test_what_one_server_refuses_is_tried_again_and_the_others_do_not_get_it_twice(
    line: Home, server: MailServer
) -> None:
    begin(line)
    server.refused = LEAD
    for _ in range(2):
        assert send_due(line, DUE) == {"night": "the mail server did not take it: it answered 550"}
    assert recipients(server) == [OFFICE]
    last = last_delivery(line.database_url, "night")
    assert last is not None
    assert (last.recipient, last.error) == (LEAD, "the mail server did not take it: it answered 550")
    server.refused = ""
    assert send_due(line, DUE) == {}
    assert recipients(server) == [OFFICE, LEAD]


def test_a_server_that_does_not_answer_is_a_failure_and_nothing_is_lost(line: Home, server: MailServer) -> None:
    begin(line)
    host = (line.root / "nightlight.toml").read_text()
    (line.root / "nightlight.toml").write_text(host.replace(server.host, "127.0.0.1:1"))
    assert "the mail server does not answer" in send_due(Home.open(line.root), DUE)["night"]
    (line.root / "nightlight.toml").write_text(host)
    assert send_due(Home.open(line.root), DUE) == {}
    assert len(server.mails) == 2


def test_every_mail_is_in_the_audit_and_a_failure_once(line: Home, server: MailServer) -> None:
    begin(line)
    server.refused = LEAD
    send_due(line, DUE)
    send_due(line, DUE)
    records = tail(line, 50, action="send report")
    assert {(each["principal"], each["purpose"], each["statement"]) for each in records} == {
        ("lin", "partner_reporting", "night")
    }
    done = [each["detail"] for each in records if each["outcome"] == "done"]
    assert done == [f"to {OFFICE}"]
    failed = [each["detail"] for each in records if each["outcome"] == "failed"]
    assert failed == [f"to {LEAD}: the mail server did not take it: it answered 550"]


def test_a_disabled_principal_gets_nothing_and_the_report_says_so(line: Home, server: MailServer) -> None:
    begin(line)
    disable(line.database_url, "lin", by="ada")
    assert "lin" in send_due(line, DUE)["night"]
    assert server.mails == []


@pytest.mark.parametrize(
    "revoked",
    [
        "REVOKE VIEW ON DASHBOARD queue FROM partner",
        "REVOKE SELECT ON TABLE gold.volume_daily FROM partner",
        "REVOKE PURPOSE partner_reporting FROM partner",
    ],
)
def test_what_the_principal_may_no_longer_see_is_no_longer_sent(line: Home, server: MailServer, revoked: str) -> None:
    begin(line)
    apply_policies(line, list(read_statements(revoked, "revoked.sql")), by="ada", text=revoked)
    assert send_due(line, DUE).keys() == {"night"}
    assert server.mails == []


def test_a_broken_file_is_told_and_harms_no_other(line: Home, server: MailServer) -> None:
    begin(line)
    (line.reports / "broken.yml").write_text("title: [")
    assert send_due(line, DUE).keys() == {"broken"}
    assert len(server.mails) == 2


def test_it_is_the_same_mail_when_it_is_sent_again(line: Home, server: MailServer) -> None:
    for _ in range(2):
        send_now(line, find_report(line.reports, "night"), DUE, by="ada")
    ids = [str(mail["Message-ID"]) for mail in mails(server)]
    assert ids[:2] == ids[2:]
    assert len(set(ids)) == 2
    assert tail(line, 1, action="send report now")[0]["detail"] == "by ada"


def test_a_mail_without_a_sender_says_which_setting_to_write() -> None:
    with pytest.raises(NightlightError, match=r"set 'mail_from' in nightlight\.toml"):
        sender(Settings())
    assert sender(Settings(alert_mail_to="a@b.example, c@d.example")) == "a@b.example"
