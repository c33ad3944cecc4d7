"""The engines that run a plan over Spark Connect: Sail embedded in this process, or Apache Spark elsewhere."""

from typing import TYPE_CHECKING

from nightlight.errors import NightlightError
from nightlight.settings import Settings

if TYPE_CHECKING:
    from nightlight.pipelines.engines.session import Session

ENGINES = ("sail", "spark")


def open_session(engine: str, *, settings: Settings, remote: str | None = None) -> "Session":
    """A session of the named engine; `remote` (sc://host:port) is where Spark's Connect server listens."""
    if engine == "sail":
        from nightlight.pipelines.engines.sail import open_sail

        return open_sail(settings)
    if engine == "spark":
        from nightlight.pipelines.engines.spark import open_spark

        return open_spark(remote)
    raise NightlightError(f"there is no engine '{engine}'", remedy=f"choose one of: {', '.join(ENGINES)}")
