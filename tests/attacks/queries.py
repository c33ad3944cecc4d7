"""Random SELECTs over what a person sees of a world, each with one right answer: ties are broken, sums are rounded."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from tests.attacks.names import quoted
from tests.attacks.world import HASHED, START, World

TEXT, NUMBER, FLOAT, TIME, DAY, LIST = "text", "number", "float", "time", "day", "list"
KIND_OF = {
    **dict.fromkeys(("started_at", "sent_at"), TIME),
    **dict.fromkeys(("born", "joined"), DAY),
    **dict.fromkeys(("code", "length", "shifts", "risk"), NUMBER),
    **dict.fromkeys(("conversation_id", "message_id", "volunteer_id", "identity"), "key"),
    "score": FLOAT,
    "labels": LIST,
    "details": "struct",
}
KEYS = {"conversations": "conversation_id", "messages": "message_id", "volunteers": "volunteer_id"}


@dataclass(frozen=True)
class Source:
    """Something in FROM: its text, and the columns it gives with their kinds, as they are written."""

    text: str
    columns: Mapping[str, str]
    key: str  # a column, or columns, without equal values


@dataclass
class Writer:
    """Writes queries for one person in one world; the same seed writes the same ones."""

    world: World
    person: str
    draw: random.Random
    tables: Sequence[str] = ("conversations", "messages", "volunteers")
    made: int = 0
    ctes: list[str] = field(default_factory=list)

    def query(self) -> str:
        self.ctes = []
        body = self.draw.choice(
            [self.plain, self.plain, self.grouped, self.grouped, self.windowed, self.set_operation, self.pivoted]
        )()
        head = f"WITH {', '.join(self.ctes)} " if self.ctes else ""
        return head + body

    def timed(self) -> str:
        """A query whose WHERE bounds a time, in one of the forms that may let files be skipped."""
        self.ctes = []
        table = self.draw.choice(("conversations", "messages"))
        source = self.table(table)
        column = next(name for name, kind in source.columns.items() if kind == TIME)
        condition = self.time_condition(column)
        more = f" {self.draw.choice(('AND', 'AND', 'OR'))} {self.condition(source)}" if self.draw.random() < 0.5 else ""
        shape = self.draw.choice(
            [
                "SELECT count(*), min({c}), max({c}) FROM {t} WHERE {w}",
                "SELECT {k}, {c} FROM {t} WHERE {w} ORDER BY ALL",
                "SELECT DATE '2026-03-10' AS {b}, {k} FROM {t} WHERE {w} ORDER BY ALL",
                "SELECT {k}, TIMESTAMP '2026-03-20' AS {b} FROM (SELECT * FROM {t} WHERE {w}) AS {a} ORDER BY ALL",
                "WITH p AS (SELECT * FROM {t} WHERE {w}) SELECT count(*) FROM p, p AS q WHERE p.{bk} = q.{bk}",
                "SELECT {a} FROM {t} WHERE {w} ORDER BY {k}",
                "SELECT count(*) FROM {t} WHERE {w} HAVING count(*) > 3",
                "SELECT count(*) FILTER ({c} > TIMESTAMP '2026-03-10') FROM {t} WHERE {w}",
                "SELECT (SELECT count(*) FROM {t} WHERE {w}) AS n, 1 AS one",
                "SELECT {k}, row_number() OVER (ORDER BY {c}, {k}) FROM {t} WHERE {w} ORDER BY ALL",
                "SELECT * FROM {t} WHERE {w} ORDER BY {k}",
            ]
        )
        alias, bare = column.split(".")
        where = condition + more
        return shape.format(
            t=source.text, c=column, k=source.key, w=where, b=bare, a=alias, bk=source.key.split(".")[1]
        )

    def time_condition(self, column: str) -> str:
        moment = START + timedelta(minutes=self.draw.randrange(60 * 24 * 40))
        later = moment + timedelta(hours=self.draw.randrange(1, 300))
        text, end = (f"{each:%Y-%m-%d %H:%M:%S}" for each in (moment, later))
        day, last = text[:10], end[:10]
        forms = [
            f"{column} >= TIMESTAMP '{text}'",
            f"{column} < '{text}'",
            f"TIMESTAMP '{text}' <= {column}",
            f"{column} BETWEEN TIMESTAMP '{text}' AND TIMESTAMP '{end}'",
            f"{column} NOT BETWEEN TIMESTAMP '{text}' AND TIMESTAMP '{end}'",
            f"{column} >= DATE '{day}' AND {column} < DATE '{last}'",
            f"CAST({column} AS DATE) = DATE '{day}'",
            f"{column}::DATE BETWEEN '{day}' AND '{last}'",
            f"{column}::DATE > DATE '{day}'",
            f"DATE '{day}' >= {column}::DATE",
            f"date_trunc('day', {column}) >= TIMESTAMP '{day}'",
            f"NOT ({column} >= TIMESTAMP '{text}')",
            f"({column} >= TIMESTAMP '{text}') IS NOT TRUE",
            f"{column} >= TIMESTAMP '{text}' - INTERVAL 3 DAY",
            f"{column} >= TIMESTAMPTZ '{text}+02:00'",
            f"{column} <> TIMESTAMP '{text}'",
            f"{column} IN (TIMESTAMP '{text}', TIMESTAMP '{end}')",
            f"extract(hour FROM {column}) > 12",
        ]
        return self.draw.choice(forms)

    def plain(self) -> str:
        source = self.source()
        names = self.some(source)
        chosen = [*names, self.scalar(source)] if self.draw.random() < 0.6 else names
        distinct = "DISTINCT " if self.draw.random() < 0.2 else ""
        text = f"SELECT {distinct}{', '.join(self.named(chosen))} FROM {source.text}{self.where(source)} ORDER BY ALL"
        return text + (f" LIMIT {self.draw.randrange(1, 40)}" if self.draw.random() < 0.4 else "")

    def grouped(self) -> str:
        source = self.source()
        groups = self.some(source, most=2)
        values = [self.aggregate(source) for _ in range(self.draw.randrange(1, 3))]
        listed = ", ".join(self.named([*groups, *values]))
        how = self.draw.choice(("{}", "{}", "ROLLUP ({})", "CUBE ({})"))
        having = " HAVING count(*) > 1" if self.draw.random() < 0.3 else ""
        text = f"SELECT {listed} FROM {source.text}{self.where(source)} GROUP BY {how.format(', '.join(groups))}"
        return f"{text}{having} ORDER BY ALL"

    def windowed(self) -> str:
        source = self.source()
        by = self.some(source, most=1)[0]
        order = f"ORDER BY {source.key}"
        function = self.draw.choice(
            [
                f"row_number() OVER (PARTITION BY {by} {order})",
                f"count(*) OVER (PARTITION BY {by})",
                f"lag({by}) OVER ({order})",
                f"first_value({by}) OVER ({order} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
                f"ntile(3) OVER ({order})",
            ]
        )
        qualify = f" QUALIFY row_number() OVER (PARTITION BY {by} {order}) <= 2" if self.draw.random() < 0.4 else ""
        listed = ", ".join(self.named([by, function]))
        return f"SELECT {listed} FROM {source.text}{self.where(source)}{qualify} ORDER BY ALL"

    def set_operation(self) -> str:
        source = self.table(self.draw.choice(self.tables))
        other = self.table(self.draw.choice(self.tables))
        pairs = [(a, b) for a, kind in source.columns.items() for b, same in other.columns.items() if kind == same]
        a, b = self.draw.choice([pair for pair in pairs if source.columns[pair[0]] not in ("struct",)])
        operation = self.draw.choice(("UNION", "UNION ALL", "INTERSECT", "EXCEPT"))
        left = f"SELECT {a} AS v FROM {source.text}{self.where(source)}"
        right = f"SELECT {b} AS v FROM {other.text}{self.where(other)}"
        return f"{left} {operation} {right} ORDER BY ALL"

    def pivoted(self) -> str:
        source = self.table("conversations")
        table = source.text.split(" AS ")[0]
        names = [name.split(".", 1)[1] for name, kind in source.columns.items() if kind in (TEXT, NUMBER)]
        team = quoted(self.world.names.raw("team"))
        on = self.draw.choice([name for name in names if name != team])
        values = "" if self.draw.random() < 0.5 else " IN ('harbour', 'lantern', 'somewhere')"
        on, values = (team, values) if values else (on, values)
        group = self.draw.choice([name for name in names if name != on])
        return f"PIVOT {table} ON {on}{values} USING count(*) GROUP BY {group} ORDER BY ALL"

    def source(self) -> Source:
        make: Callable[[], Source] = self.draw.choice(
            [
                self.any_table,
                self.any_table,
                self.joined,
                self.joined,
                self.inner,
                self.cte,
                self.lateral,
                self.unnested,
            ]
        )
        return make()

    def any_table(self) -> Source:
        return self.table(self.draw.choice(self.tables))

    def table(self, role: str) -> Source:
        alias = self.alias()
        raw = self.world.names.raw
        columns = {
            f"{alias}.{quoted(raw(column))}": self.kind(role, column)
            for column in self.world.columns(self.person, role)
        }
        name = ".".join(quoted(part) for part in (raw("open_schema"), raw(role)))
        return Source(f"{name} AS {alias}", columns, f"{alias}.{quoted(raw(KEYS[role]))}")

    def kind(self, role: str, column: str) -> str:
        if (role, column) in HASHED:
            return "key" if self.world.shape.numbered and column == "identity" else TEXT
        kind = KIND_OF.get(column, TEXT)
        return (NUMBER if self.world.shape.numbered else TEXT) if kind == "key" else kind

    def joined(self) -> Source:
        left, right = self.table("conversations"), self.table("messages")
        shared = quoted(self.world.names.raw("conversation_id"))
        a, b = (source.text.rpartition(" AS ")[2] for source in (left, right))
        how = self.draw.choice(("JOIN", "LEFT JOIN", "SEMI JOIN", "ANTI JOIN", "FULL JOIN", "RIGHT JOIN"))
        text = f"{left.text} {how} {right.text} ON {a}.{shared} = {b}.{shared}"
        if how in ("SEMI JOIN", "ANTI JOIN"):
            return Source(text, left.columns, left.key)
        return Source(text, {**left.columns, **right.columns}, f"{left.key}, {right.key}")

    def inner(self) -> Source:
        source, alias = self.any_table(), self.alias()
        text = f"(SELECT * FROM {source.text}{self.where(source)}) AS {alias}"
        return self.renamed(source, text, alias)

    def cte(self) -> Source:
        source, name = self.any_table(), f"part{self.made}"
        self.ctes.append(f"{name} AS (SELECT * FROM {source.text}{self.where(source)})")
        alias = self.alias()
        return self.renamed(source, f"{name} AS {alias}", alias)

    def renamed(self, source: Source, text: str, alias: str) -> Source:
        columns = {f"{alias}.{name.split('.', 1)[1]}": kind for name, kind in source.columns.items()}
        return Source(text, columns, f"{alias}.{source.key.split('.', 1)[1]}")

    def lateral(self) -> Source:
        left, alias = self.table("conversations"), self.alias()
        inner = self.table("messages")
        shared = quoted(self.world.names.raw("conversation_id"))
        a, b = (source.text.rpartition(" AS ")[2] for source in (left, inner))
        sub = f"(SELECT count(*) AS n, min({inner.key}) AS low FROM {inner.text} WHERE {a}.{shared} = {b}.{shared})"
        return Source(f"{left.text}, LATERAL {sub} AS {alias}", {**left.columns, f"{alias}.n": NUMBER}, left.key)

    def unnested(self) -> Source:
        left, alias = self.table("conversations"), self.alias()
        labels = next(name for name, kind in left.columns.items() if kind == LIST)
        text = f"{left.text}, unnest({labels}) WITH ORDINALITY AS {alias}(label, place)"
        return Source(text, {**left.columns, f"{alias}.label": TEXT}, f"{left.key}, {alias}.place")

    def alias(self) -> str:
        self.made += 1
        return f"t{self.made}"

    def some(self, source: Source, most: int = 4) -> list[str]:
        names = list(source.columns)
        return self.draw.sample(names, min(len(names), self.draw.randrange(1, most + 1)))

    def named(self, expressions: Sequence[str]) -> list[str]:
        return [f"{expression} AS c{number}" for number, expression in enumerate(expressions)]

    def of_kind(self, source: Source, *kinds: str) -> str | None:
        names = [name for name, kind in source.columns.items() if kind in kinds]
        return self.draw.choice(names) if names else None

    def where(self, source: Source) -> str:
        if self.draw.random() < 0.35:
            return ""
        parts = [self.condition(source) for _ in range(self.draw.randrange(1, 3))]
        return f" WHERE {self.draw.choice((' AND ', ' OR ')).join(parts)}"

    def condition(self, source: Source) -> str:
        name, kind = self.draw.choice(list(source.columns.items()))
        forms = [f"{name} IS NOT NULL", f"{name} IS NULL"]
        if kind in (TEXT, NUMBER):
            forms += [f"{name} {self.draw.choice(('=', '<>', '<', '>=', 'IS DISTINCT FROM'))} {self.value(name, kind)}"]
            forms += [f"{name} IN ({self.value(name, kind)}, {self.value(name, kind)})"]
        if kind == TEXT:
            forms += [f"{name} LIKE '%a%'", f"length({name}) > 4", f"regexp_matches({name}, '[c-k]')"]
        if kind == TIME:
            forms += [self.time_condition(name)]
        if kind == DAY:
            forms += [f"{name} >= DATE '1985-06-01'", f"year({name}) % 2 = 0"]
        if kind == LIST:
            forms += [f"list_contains({name}, 'a')", f"len({name}) > 0"]
        if self.draw.random() < 0.2:
            forms = [self.subquery_condition(source)]
        chosen = self.draw.choice(forms)
        return f"NOT ({chosen})" if self.draw.random() < 0.15 else f"({chosen})"

    def subquery_condition(self, source: Source) -> str:
        inner = self.any_table()
        pairs = [(a, b) for a, kind in source.columns.items() for b, same in inner.columns.items() if kind == same]
        a, b = self.draw.choice([pair for pair in pairs if source.columns[pair[0]] != "struct"])
        forms = [
            f"{a} IN (SELECT {b} FROM {inner.text})",
            f"EXISTS (SELECT 1 FROM {inner.text} WHERE {a} = {b})",
            f"{a} = (SELECT max({b}) FROM {inner.text})",
            f"{a} >= ALL (SELECT {b} FROM {inner.text} WHERE {b} IS NOT NULL)",
        ]
        return self.draw.choice(forms)

    def value(self, name: str, kind: str) -> str:
        if kind == NUMBER:
            return str(self.draw.randrange(12))
        return self.draw.choice(("'harbour'", "'lantern'", "'sleep'", "'somewhere'", "'[redacted]'", "'texter'", "'a'"))

    def scalar(self, source: Source) -> str:
        name, kind = self.draw.choice(list(source.columns.items()))
        forms: dict[str, list[str]] = {
            TEXT: [
                f"upper({name})",
                f"substr({name}, 2, 3)",
                f"coalesce({name}, 'none')",
                f"md5({name})",
                f"{name} || '!'",
            ],
            NUMBER: [f"{name} + 1", f"{name} % 3", f"CASE WHEN {name} > 2 THEN 'high' ELSE 'low' END", f"abs({name})"],
            FLOAT: [f"round({name}, 3)", f"{name} > 0.5"],
            TIME: [f"date_trunc('day', {name})", f"hour({name})", f"strftime({name}, '%Y-%m')"],
            DAY: [f"year({name})", f"{name} + 1", f"dayofyear({name})"],
            LIST: [f"list_sort({name})", f"len({name})", f"list_transform({name}, lambda x: x || '.')"],
        }
        return self.draw.choice(forms.get(kind, [f"{name} IS NULL"]))

    def aggregate(self, source: Source) -> str:
        name, kind = self.draw.choice(list(source.columns.items()))
        forms = ["count(*)", f"count({name})", f"count(DISTINCT {name})"]
        if kind in (TEXT, NUMBER, TIME, DAY):
            forms += [f"min({name})", f"max({name})", f"list({name} ORDER BY {source.key})[1:3]"]
        if kind == NUMBER:
            forms += [f"sum({name})", f"round(avg({name}), 6)", f"median({name})", f"quantile_disc({name}, 0.5)"]
        if kind == TEXT:
            forms += [f"string_agg({name}, ',' ORDER BY {name})", f"count(*) FILTER (WHERE {name} LIKE '%a%')"]
        return self.draw.choice(forms)


def comparable(value: Any) -> Any:
    """A value without what two ways of fetching it may differ in: zones of UTC times, kinds of whole numbers."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return value
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [comparable(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 9)
    return float(value) if hasattr(value, "as_tuple") else value
