"""Live checks: what the models that word practice do while they are used, held against the bars of `gates.toml`.

Only numbers are read. A bar that is broken is named with the command that takes the version back; nothing here does it
by itself."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nightlight.catalog.history import database_errors
from nightlight.db import transaction
from nightlight.practice.store import PRACTICE
from nightlight.practice.wordings import SHIPPED, followed_model, model_name
from nightlight.quality.intervals import share
from nightlight.registry.bars import LiveBars, read_live_bars
from nightlight.registry.rollout import SHADOW, rollout_of
from nightlight.registry.store import PROD
from nightlight.registry.stored import CHAMPION, PREVIOUS
from nightlight.registry.versions import holder
from nightlight.settings import BANK, LLAMA, OPENAI, POCKET, Home
from nightlight.simulator.wording.figures import LET_STAND, quantile

if TYPE_CHECKING:
    from sqlalchemy import Connection

WINDOW = timedelta(days=1)
"""What the schedule, the doctor and the command look at."""
BESIDE = timedelta(days=90)
"""From how far back the sessions in the cards' own lines come that the others' are held against."""
MODELS = {POCKET: POCKET, OPENAI: LLAMA}


@dataclass(frozen=True)
class LiveCheck:
    """What a wording did since some moment. `wording`: as it is kept with sessions; `asked`: lines, `spoken` of them in
    its own words, `fallbacks` in the card's because it failed, of which `leaks` would have told too much; what it let
    stand is neither. `stops`: sessions that the person stopped. `version`: "" where it is no registered one in use;
    `remedy`: the command that takes it back.
    """

    wording: str
    is_shadow: bool
    sessions: int
    asked: int
    spoken: int
    leaks: int
    fallbacks: int
    p95_seconds: float
    stops: int
    problems: tuple[str, ...] = ()
    version: str = ""
    remedy: str = ""
    is_judged: bool = False

    @property
    def model(self) -> str:
        """The registered model that words like this are a version of."""
        return _model_of(self.wording)

    @property
    def subject(self) -> str:
        return f"live check of {self.wording}" + " (shadow)" * self.is_shadow

    @property
    def line(self) -> str:
        """Its problems in one line, with what to do."""
        return f"{self.version or self.wording}: {'; '.join(self.problems)}; {self.remedy}"


def _model_of(wording: str) -> str:
    """The registered model that a wording's words are a version of; "" for none."""
    return MODELS.get(wording.partition(" ")[0], "")


@dataclass(frozen=True)
class _Used:
    """A wording that sessions begin with now, or that is asked in the shadow."""

    version: str
    remedy: str


Key = tuple[str, bool]  # a wording as it is kept, and whether it is asked in the shadow


def live_checks(home: Home, *, since: datetime) -> list[LiveCheck]:
    """What each wording did since then, and whatever is in use, asked or not. Only what is in use is judged."""
    used = _used(home)
    with database_errors(), transaction(home.database_url) as connection:
        asked = _asked(connection, since)
        sessions = _sessions(connection, since)
        beside = _sessions(connection, since - BESIDE).get(BANK, (0, 0))
    return [_checked(home, key, asked.get(key, []), sessions, beside, used.get(key)) for key in sorted({*asked, *used})]


def _checked(
    home: Home,
    key: Key,
    rows: Sequence[Mapping[str, Any]],
    sessions: Mapping[str, tuple[int, int]],
    beside: tuple[int, int],
    used: _Used | None,
) -> LiveCheck:
    wording, is_shadow = key
    begun, stops = (len({row["session"] for row in rows}), 0) if is_shadow else sessions.get(wording, (0, 0))
    asked, spoken, leaks = (sum(row[name] for row in rows) for name in ("asked", "spoken", "leaks"))
    stand = sum(json.loads(row["fallbacks"]).get(LET_STAND, 0) for row in rows)
    seconds = sorted(each for row in rows for each in json.loads(row["seconds"]))
    bars = read_live_bars(home, _model_of(wording)) if used else LiveBars()
    is_judged = used is not None and asked >= bars.least
    found = LiveCheck(
        wording=wording,
        is_shadow=is_shadow,
        sessions=begun,
        asked=asked,
        spoken=spoken,
        leaks=leaks,
        fallbacks=asked - spoken - stand,
        p95_seconds=quantile(seconds, 0.95),
        stops=stops,
        version=used.version if used else "",
        remedy=used.remedy if used else "",
        is_judged=is_judged,
    )
    return replace(found, problems=_problems(found, bars, beside)) if is_judged else found


def _problems(found: LiveCheck, bars: LiveBars, beside: tuple[int, int]) -> tuple[str, ...]:
    problems = []
    if bars.leaks is not None and found.leaks > bars.leaks * found.asked:
        problems.append(_of_lines("would have told too much", found.leaks, found.asked, bars.leaks))
    if bars.fallbacks is not None and found.fallbacks > bars.fallbacks * found.asked:
        problems.append(_of_lines("stood in the card's own words", found.fallbacks, found.asked, bars.fallbacks))
    if bars.p95_seconds is not None and found.p95_seconds > bars.p95_seconds:
        problems.append(f"a line took {found.p95_seconds:.1f} s (p95), at most {bars.p95_seconds:g} s")
    if bars.stops is not None:
        usual = beside[1] / beside[0] if beside[0] else 0.0
        low = share(found.stops, found.sessions).low  # few sessions prove nothing
        if low is not None and low > usual + bars.stops:
            problems.append(
                f"{found.stops} of {found.sessions} sessions were stopped, "
                f"at most {_percent(bars.stops)} more than the {_percent(usual)} in the cards' own lines"
            )
    return tuple(problems)


def _of_lines(what: str, number: int, of: int, bar: float) -> str:
    return f"{_percent(number / of)} of {of:,} lines {what}, at most {_percent(bar)}"


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def _asked(connection: "Connection", since: datetime) -> dict[Key, list[Mapping[str, Any]]]:
    from sqlalchemy import text

    query = text(
        "SELECT session, wording, is_shadow, asked, spoken, leaks, fallbacks, seconds "
        "FROM practice_wordings WHERE at >= :since"
    )
    found: dict[Key, list[Mapping[str, Any]]] = defaultdict(list)
    for row in connection.execute(query, {"since": since}).mappings():
        found[row["wording"], bool(row["is_shadow"])].append(dict(row))
    return found


def _sessions(connection: "Connection", since: datetime) -> dict[str, tuple[int, int]]:
    """People's sessions of practice that began since, by wording: how many, and how many of them were stopped."""
    from sqlalchemy import text

    query = text(
        "SELECT wording, COUNT(*) AS begun, SUM(stopped) AS stops FROM practice_sessions "
        "WHERE began_at >= :since AND kind = :kind AND demo = '' GROUP BY wording"
    )
    rows = connection.execute(query, {"since": since, "kind": PRACTICE}).mappings()
    return {row["wording"]: (int(row["begun"]), int(row["stops"] or 0)) for row in rows}


def _used(home: Home) -> dict[Key, _Used]:
    """What speaks now, and what is tried out, each with what takes it back."""
    settings = home.settings.wording
    without = f'set kind = "{BANK}" in the table [wording] of nightlight.toml'
    if settings.kind == BANK:
        return {}
    if not (name := followed_model(settings)):
        return {(f"{settings.kind} {settings.model}", False): _Used("", without)}
    found: dict[Key, _Used] = {}
    champion, rollout = holder(home, name, CHAMPION, workspace=PROD), rollout_of(home, name)
    if champion is not None:
        has_previous = holder(home, name, PREVIOUS, workspace=PROD) is not None
        back = f"`nightlight model rollback {name} --as USER` takes it back" if has_previous else without
        found[f"{settings.kind} {model_name(champion)}", False] = _Used(champion.label, back)
    elif settings.kind == POCKET:
        found[f"{POCKET} {SHIPPED}", False] = _Used("", without)
    if rollout is not None:
        kept = f"{settings.kind} {model_name(rollout.version)}"
        stop = f"`nightlight model rollout {name} --stop --as USER` ends trying it out"
        found[kept, rollout.kind == SHADOW] = _Used(rollout.version.label, stop)
    return found
