"""The scripts of a home that are in use: whole invented conversations, for whoever labels or measures on them."""

from collections.abc import Sequence
from datetime import datetime
from random import Random

from nightlight.catalog.history import database_errors
from nightlight.conversations.problems import Findings
from nightlight.conversations.scripts import Script, parse_script
from nightlight.db import transaction
from nightlight.settings import Home
from nightlight.studio.versions import Kind, State, Version, select_versions


def scripts_in_use(home: Home, now: datetime) -> list[Script]:
    """The newest approved version of every script, else the one that came with the product, by name."""
    return parsed(versions_in_use(home, now))


def versions_in_use(home: Home, now: datetime) -> list[Version]:
    """The same, not yet parsed."""
    with database_errors(), transaction(home.database_url) as connection:
        found = select_versions(connection, kind=Kind.SCRIPT)
    usable = [each for each in found if each.state in (State.APPROVED, State.STARTER) and not each.is_expired(now)]
    newest = {each.name: each for each in sorted(usable, key=lambda each: each.number)}
    return [newest[name] for name in sorted(newest)]


def parsed(versions: Sequence[Version]) -> list[Script]:
    """Those that are whole; half a second for all that come with the product."""
    read = [parse_script(each.source, Findings(each.name), name=each.name, card=None) for each in versions]
    return [script for script in read if script is not None]


def draw_scripts(scripts: Sequence[Script], count: int, seed: str) -> list[Script]:
    """A random choice in which each quality and outcome has its share as evenly as there are scripts of it; the same
    seed chooses the same.

    A set of skilled conversations alone would say nothing about what poor ones look like.
    """
    random = Random(seed)  # noqa: S311  # no secret
    kinds: dict[tuple[str, str], list[Script]] = {}
    for script in random.sample(scripts, len(scripts)):
        kinds.setdefault((script.quality, script.outcome), []).append(script)
    chosen: list[Script] = []
    while len(chosen) < min(count, len(scripts)):
        for kind in sorted(kinds):
            if kinds[kind] and len(chosen) < count:
                chosen.append(kinds[kind].pop())
    return random.sample(chosen, len(chosen))
