"""The tables and columns that somebody may read, as every list of them shows it."""

from nightlight.catalog.table_access import TableAccess
from nightlight.web.site import Site


def readable_tables(site: Site, principal: str) -> list[TableAccess]:
    """By name; of each the columns that are allowed are `.allowed`."""
    decisions = site.broker.decisions
    return [found.access for found in decisions.look_up(principal, decisions.visible_tables(principal)).values()]
