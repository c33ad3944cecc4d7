"""Scheduled reports: what is due is answered as the report's principal, suppressed, and sent once to each recipient.

What was sent stands in the catalog's database: a restart repeats nothing, and what failed is tried again. A report that
is new begins with its next date."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from nightlight.catalog.access import check_principal, check_privilege, check_purpose
from nightlight.catalog.audit import Entry, append
from nightlight.dashboards.answer import Viewer
from nightlight.db import moment, transaction
from nightlight.errors import NightlightError
from nightlight.lakehouse.lock import run_lock
from nightlight.operations.mail import mail_server
from nightlight.operations.report_document import answer
from nightlight.operations.report_files import Report, read_reports
from nightlight.operations.report_mail import compose, send
from nightlight.settings import Home
from nightlight.sql.broker import Broker

if TYPE_CHECKING:
    from sqlalchemy import Connection

BEGINS = "begins with the next date"  # stands with a date that was before the report
LOCK = "sending of reports"
ACTION = "send report"


@dataclass(frozen=True)
class Delivery:
    """What is known of one mail: when it was due, when it was sent (None: not yet), what failed last."""

    report: str
    due_at: datetime
    recipient: str
    sent_at: datetime | None
    error: str


def send_due(home: Home, now: datetime) -> dict[str, str]:
    """Send all that is due and has not been sent; the error line of each report that could not be."""
    reports = read_reports(home.reports)
    failures = {name: str(report) for name, report in reports.items() if isinstance(report, NightlightError)}
    zone = ZoneInfo(home.settings.time_zone)
    sound = [report for report in reports.values() if isinstance(report, Report)]
    if not any(_outstanding(home, report, report.schedule.last_due(now, zone)) for report in sound):
        return failures
    with run_lock(home.root, LOCK), Broker(home) as broker:
        for report in sound:
            due_at = report.schedule.last_due(now, zone)
            try:
                deliver(broker, report, _outstanding(home, report, due_at), due_at, now)
            except NightlightError as error:
                failures[report.name] = str(error)
    return failures


def send_now(home: Home, report: Report, now: datetime, *, by: str) -> None:
    """Send a report to all its recipients, whatever its schedule says; `by` is who wants it."""
    audit(home, report, "done", f"by {by}", action="send report now")
    with run_lock(home.root, LOCK), Broker(home) as broker:
        deliver(broker, report, report.recipients, now, now)


def deliver(broker: Broker, report: Report, recipients: Iterable[str], due_at: datetime, now: datetime) -> None:
    """Answer a report once and send it to each recipient; raises NightlightError naming the first failure."""
    waiting = list(recipients)
    if not waiting:
        return
    home, failed = broker.home, ""
    try:
        check_sendable(home, report)
        with mail_server(home.settings) as server:
            document = answer(broker, report, now)
            for recipient in waiting:
                mail = compose(document, recipient=recipient, settings=home.settings, due_at=due_at)
                try:
                    send(server, mail, recipient, leaving=partial(audit, home, report, "done", f"to {recipient}"))
                except NightlightError as error:
                    failed = failed or str(error)
                    _note_failure(home, report, [recipient], due_at, str(error))
                else:
                    _record(home, Delivery(report.name, due_at, recipient, now, ""))
    except NightlightError as error:
        _note_failure(home, report, waiting, due_at, str(error))
        raise
    if failed:
        raise NightlightError(failed)


def check_sendable(home: Home, report: Report) -> None:
    """Raise NightlightError unless the report's principal may still open the dashboard, for the purpose."""
    with transaction(home.database_url) as connection:
        check_principal(connection, report.principal)
        check_privilege(connection, report.principal, "VIEW", f"dashboard {report.dashboard}")
        check_purpose(connection, report.principal, report.purpose)


def deliveries(url: str, report: str, limit: int = 20) -> list[Delivery]:
    """The newest deliveries of a report, newest first; dates before it began are left out."""
    from sqlalchemy import text

    newest = text(
        "SELECT report, due_at, recipient, sent_at, error FROM report_deliveries "
        "WHERE report = :report AND error <> :begins ORDER BY due_at DESC, recipient LIMIT :limit"
    )
    with transaction(url) as connection:
        rows = connection.execute(newest, {"report": report, "begins": BEGINS, "limit": limit}).mappings()
        return [
            Delivery(
                row["report"],
                moment(row["due_at"]),
                row["recipient"],
                moment(row["sent_at"]) if row["sent_at"] else None,
                row["error"],
            )
            for row in rows
        ]


def last_delivery(url: str, report: str) -> Delivery | None:
    """The newest delivery; of several recipients one that failed, if any did."""
    found = deliveries(url, report)
    newest = [each for each in found if each.due_at == found[0].due_at]
    return next((each for each in newest if each.error), newest[0] if newest else None)


def audit(
    home: Home, report: Report, outcome: str, detail: str, *, action: str = ACTION, viewer: Viewer | None = None
) -> None:
    """Record what was done with a report, as its principal unless somebody else looks at it."""
    who = viewer or Viewer(report.principal, report.purpose)
    append(home, Entry(action, who.principal, who.purpose, outcome, statement=report.name, detail=detail))


def _outstanding(home: Home, report: Report, due_at: datetime) -> list[str]:
    """The recipients who have got no report since that date; a report seen for the first time has none."""
    from sqlalchemy import text

    with transaction(home.database_url) as connection:
        known = connection.execute(
            text("SELECT count(*) FROM report_deliveries WHERE report = :report"), {"report": report.name}
        ).scalar_one()
        if not known:
            for recipient in report.recipients:
                _put(connection, Delivery(report.name, due_at, recipient, None, BEGINS))
            return []
        rows = connection.execute(
            text(
                "SELECT recipient FROM report_deliveries WHERE report = :report "
                "AND (sent_at >= :due_at OR (due_at = :due_at AND error = :begins))"
            ),
            {"report": report.name, "due_at": due_at, "begins": BEGINS},
        )
        done = {row.recipient for row in rows}
    return [recipient for recipient in report.recipients if recipient not in done]


def _note_failure(home: Home, report: Report, recipients: Iterable[str], due_at: datetime, line: str) -> None:
    """Remember what failed; the audit has it when it is news, not every round again."""
    known = {(each.due_at, each.recipient): each for each in deliveries(home.database_url, report.name, 1000)}
    for recipient in recipients:
        before = known.get((due_at, recipient))
        if before is not None and (before.error == line or before.sent_at is not None):
            continue
        _record(home, Delivery(report.name, due_at, recipient, None, line))
        audit(home, report, "failed", f"to {recipient}: {line}")


def _record(home: Home, delivery: Delivery) -> None:
    with transaction(home.database_url) as connection:
        _put(connection, delivery)


def _put(connection: "Connection", delivery: Delivery) -> None:
    from sqlalchemy import text

    values = {
        "report": delivery.report,
        "due_at": delivery.due_at,
        "recipient": delivery.recipient,
        "sent_at": delivery.sent_at,
        "error": delivery.error,
    }
    connection.execute(
        text(
            "INSERT INTO report_deliveries (report, due_at, recipient, sent_at, error) "
            "VALUES (:report, :due_at, :recipient, :sent_at, :error) "
            "ON CONFLICT (report, due_at, recipient) DO UPDATE SET sent_at = :sent_at, error = :error"
        ),
        values,
    )
