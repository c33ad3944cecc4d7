"""The web benchmark: how long sixteen people at once wait for pages and dashboards of the demo, and what a page costs.

These are wall times, the only ones of all benchmarks: what is promised is how long somebody waits. Beside each stands
the same page's ratio to an empty one, which a shared machine slows down as much."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from nightlight.operations.benchmark_arms import content_hash, empty, link_home, run_arm
from nightlight.operations.benchmark_figures import Arm, Figure, Round

CONVERSATIONS = 2_000  # as many as the demo makes
MADE_FROM = ("examples/line",)
MILLISECOND, KILOBYTE = 1e-3, 1000
EMPTY, SIGN_IN, HOME, TABLE = "/health", "/sign-in", "/", "/data/gold/volume_daily"
LIMITS = {HOME: 300.0, TABLE: 300.0}  # of the 95th percentile, milliseconds
DASHBOARD_LIMIT = 1000.0
FIRST_LOAD_LIMIT = 150.0  # kilobytes


def make_home(folder: Path, conversations: int) -> Path:
    """The demo's home, kept in `folder` until what the demo is made from changes."""
    root, stamp = folder / "web-home", folder / "web-home.json"
    definition = {"conversations": conversations, "made_from": content_hash(MADE_FROM)}
    if not stamp.exists() or json.loads(stamp.read_text()) != definition:
        stamp.unlink(missing_ok=True)
        run_arm("web_home", empty(root), conversations, log=folder / "web_home.log")
        stamp.write_text(json.dumps(definition))
    return root


def web_round(folder: Path, conversations: int, times: int, *, on_step: Callable[[str], None]) -> Round:
    on_step("making the demo's home, once")
    home = make_home(folder, conversations)
    on_step("sixteen people at once")
    copy = link_home(home, empty(folder / "runs") / "web")
    return {"web": run_arm("web", copy, times, log=folder / "web.log")}


def web_figures(rounds: Sequence[Round]) -> list[Figure]:
    """Percentiles of all openings of a round, the median over rounds."""
    arms = [found["web"] for found in rounds]
    urls = [url for url in arms[0]["pages"] if url not in (EMPTY, SIGN_IN)]
    return [
        Figure("first load, KB", max(sum(arm["first_load"].values()) for arm in arms) / KILOBYTE, FIRST_LOAD_LIMIT),
        *(figure for url in (EMPTY, SIGN_IN, *urls) for figure in _of_page(arms, url)),
    ]


def _of_page(arms: Sequence[Arm], url: str) -> list[Figure]:
    limit = DASHBOARD_LIMIT if url.startswith("/dashboards/") else LIMITS.get(url)
    walls = [arm["pages"][url]["walls"] for arm in arms]
    ratio = median(arm["pages"][url]["cpu"] / arm["pages"][EMPTY]["cpu"] for arm in arms)
    return [
        Figure(f"{url} p50, wall ms", median(percentile(found, 50) for found in walls) / MILLISECOND),
        Figure(f"{url} p95, wall ms", median(percentile(found, 95) for found in walls) / MILLISECOND, limit),
        Figure(f"{url} one at a time, wall ms", median(median(arm["quiet"][url]) for arm in arms) / MILLISECOND),
        Figure(f"{url} CPU ms of the server", median(arm["pages"][url]["cpu"] for arm in arms) / MILLISECOND),
        *([] if url == EMPTY else [Figure(f"{url} / empty page, CPU", ratio)]),
    ]


def percentile(values: Sequence[float], share: int) -> float:
    """The smallest value that is not exceeded by `share` percent of all.

    >>> percentile([4, 1, 3, 2], 50), percentile([4, 1, 3, 2], 95)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def details_of(rounds: Sequence[Round]) -> dict[str, Any]:
    """What the first opening of each page took, which builds extracts, and how many pages a second were served."""
    arms = [found["web"] for found in rounds]
    return {
        "first opening, ms": {url: median(arm["first"][url] for arm in arms) / MILLISECOND for url in arms[0]["first"]},
        "pages a second": {url: median(arm["pages"][url]["per_second"] for arm in arms) for url in arms[0]["pages"]},
    }
