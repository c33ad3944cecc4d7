"""Why somebody can see what they see of a table; for those who manage it, who else can, and what policies say so."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.catalog.access import access_of_everybody
from nightlight.catalog.description import describe
from nightlight.catalog.securables import Securable
from nightlight.catalog.table_access import ColumnAccess, TableAccess
from nightlight.db import transaction
from nightlight.web.access import SIGNED_IN, PersonOf
from nightlight.web.data.shown_tables import shown_table, told_filters
from nightlight.web.pages import render
from nightlight.web.site import SiteOf

router = APIRouter()


@router.get("/data/{schema}/{table}/access", dependencies=[SIGNED_IN])
def access_page(request: Request, site: SiteOf, person: PersonOf, schema: str, table: str) -> HTMLResponse:
    shown = shown_table(site, person, schema, table)
    policies, readers, others = None, {}, 0
    if shown.manages:
        with transaction(site.url) as connection:
            policies = describe(connection, Securable("table", str(shown.name)))
            everybody = access_of_everybody(connection, str(shown.name))
        readers = {name: access for name, access in everybody.items() if access.is_visible}
        others = len(everybody) - len(readers)
    return render(
        request,
        "data/access.html",
        shown=shown,
        filters=told_filters(site, person, shown),
        policies=policies,
        readers=readers,
        others=others,
        reasons_of=reasons_of,
        may_change=site.may(person.name, "MANAGE", "CATALOG"),
    )


def reasons_of(access: TableAccess) -> dict[str, list[ColumnAccess]]:
    """The columns that somebody can read, by the grant that opens them."""
    found: dict[str, list[ColumnAccess]] = {}
    for column in access.allowed:
        found.setdefault(column.reason, []).append(column)
    return found
