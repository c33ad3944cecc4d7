"""Where a table comes from and what is made of it, drawn and as a list; with the path of one column."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.languages import translations
from nightlight.web.access import SIGNED_IN, PersonOf
from nightlight.web.data.drawing import draw_narrow, draw_wide
from nightlight.web.data.shown_lineage import Words, boxes_and_arrows, read_lineage
from nightlight.web.data.shown_tables import shown_table, shown_tables
from nightlight.web.data.tables import dashboards_using
from nightlight.web.languages import language_of
from nightlight.web.pages import render
from nightlight.web.site import SiteOf

router = APIRouter()


@router.get("/data/{schema}/{table}/lineage", dependencies=[SIGNED_IN])
def lineage_page(
    request: Request, site: SiteOf, person: PersonOf, schema: str, table: str, column: str = ""
) -> HTMLResponse:
    shown = shown_table(site, person, schema, table)
    chosen = shown.column(column).name if column else ""
    lineage = read_lineage(site, shown, shown_tables(site, person), chosen)
    ngettext = translations(language_of(request, person)).ngettext

    def count(one: str, many: str, number: int) -> str:
        return ngettext(one, many, number) % {"n": number}

    words = Words(
        tables=lambda n: count("a table not granted to you", "%(n)s tables not granted to you", n),
        columns=lambda n: count("a column not granted to you", "%(n)s columns not granted to you", n),
    )
    boxes, arrows, places = boxes_and_arrows(lineage, str(shown.name), words)
    return render(
        request,
        "data/lineage.html",
        shown=shown,
        column=chosen,
        lineage=lineage,
        words=words,
        wide=draw_wide(boxes, arrows, places),
        narrow=draw_narrow(boxes, arrows, places),
        dashboards=dashboards_using(site, person, shown),
    )
