"""`nightlight report`: what is sent by mail on a schedule; look at a report before it goes, and send one now."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from nightlight.cli.options import ActorOption, HomeOption, JsonOption, acting, open_home
from nightlight.cli.output import print_rows
from nightlight.errors import NightlightError

report = typer.Typer(help="Reports that are sent by mail on a schedule.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of a report: its file in reports/, without .yml.")]


@report.command("list")
def list_reports(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the reports: as whom each is answered, when it is sent, and what happened last."""
    from nightlight.operations.report_files import read_reports
    from nightlight.operations.reports import last_delivery

    place = open_home(home)
    rows = []
    for name, found in read_reports(place.reports).items():
        if isinstance(found, NightlightError):
            rows.append({"report": name, "as": "", "schedule": "", "recipients": 0, "last": "", "error": str(found)})
            continue
        last = last_delivery(place.database_url, name)
        rows.append(
            {
                "report": name,
                "as": found.principal,
                "schedule": found.rule,
                "recipients": len(found.recipients),
                "last": last.sent_at if last and last.sent_at else "",
                "error": last.error if last else "",
            }
        )
    print_rows(rows, as_json=as_json, empty="no reports; docs/reports.md shows how to write one")


@report.command("preview")
def preview(
    name: Name,
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")],
    actor: ActorOption = None,
    home: HomeOption = None,
) -> None:
    """Write a report as its recipients would get it now into a file; nothing is sent."""
    from nightlight.operations.report_document import answer
    from nightlight.operations.report_files import find_report
    from nightlight.operations.reports import audit, check_sendable
    from nightlight.sql.broker import Broker

    place = open_home(home)
    by = acting(place, actor)
    found = find_report(place.reports, name)
    check_sendable(place, found)
    with Broker(place) as broker:
        document = answer(broker, found, datetime.now(UTC))
    audit(place, found, "done", f"by {by}", action="preview report")
    out.touch(mode=0o600)
    out.write_text(document.file, encoding="utf-8")
    typer.echo(f"wrote {out}: {document.title}")


@report.command("send")
def send(name: Name, actor: ActorOption = None, home: HomeOption = None) -> None:
    """Send a report to its recipients now, whatever its schedule says."""
    from nightlight.operations.report_files import find_report
    from nightlight.operations.reports import send_now

    place = open_home(home)
    by = acting(place, actor)
    found = find_report(place.reports, name)
    send_now(place, found, datetime.now(UTC), by=by)
    typer.echo(f"sent {name} to {', '.join(found.recipients)}")
