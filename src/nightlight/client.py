"""`nightlight.connect`: governed tables from Python, as Arrow.

What a notebook, script or service calls; it passes the same door as every other reader: purpose, gate, audit."""

from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nightlight.settings import Home, home_folder

if TYPE_CHECKING:
    import pyarrow as pa

    from nightlight.sql.broker import Broker


class Connection:
    """A person's connection to a home, for one purpose; a context manager."""

    def __init__(self, broker: "Broker", user: str, purpose: str, schema: str | None) -> None:
        self._broker, self.user, self.purpose, self.schema = broker, user, purpose, schema

    def sql(self, text: str) -> "pa.Table":
        """The rows a statement gives: `.to_pandas()` and polars' `from_arrow` take it on.

        Warns when rows were cut, or when the query ran without a sandbox. Raises NightlightError when refused.
        """
        import warnings

        result = self._broker.sql(text, principal=self.user, purpose=self.purpose, schema=self.schema)
        for note in result.notes:
            warnings.warn(note, stacklevel=2)
        return result.table

    def close(self) -> None:
        self._broker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(
    home: str | PathLike[str] | None = None, *, user: str, purpose: str, schema: str | None = None
) -> Connection:
    """Connect to a home on this machine (default: NIGHTLIGHT_HOME, else ./nightlight-home).

    `user` is believed: whoever may read the home's folder may read everything in it anyway. `schema` is where
    unqualified tables are looked up.
    """
    from nightlight.sql.broker import Broker

    return Connection(Broker(Home.open(home_folder(Path(home) if home else None))), user, purpose, schema)
