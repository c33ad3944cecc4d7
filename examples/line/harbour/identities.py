"""Names, phone numbers, e-mail addresses and URLs that texters let slip: invented, from ranges reserved for fiction.

They are what de-identification must find; `Chunk.identities` is the truth to measure it by."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa

from .line import Flags, Ints
from .people import FIRST_NAMES, LAST_NAMES

KINDS = ("name", "phone", "email", "url")
SHARES = (0.4, 0.3, 0.15, 0.15)
IDENTITY_SHARE = 0.006  # of the texters' messages
PHRASES_EACH = 400
SAYINGS = {
    "name": ("im {}", "my name is {}", "its {} btw"),
    "phone": ("my number is {}", "can someone call {}", "text me on {}"),
    "email": ("my email is {}", "you can write to {}", "its {}"),
    "url": ("i saw this {}", "its on here {}", "{} thats the page"),
}


@dataclass(frozen=True)
class Phrases:
    """Ways to say something identifying: PHRASES_EACH of each of KINDS in turn; `value` is the part that identifies."""

    value: pa.Array
    text: pa.Array


@cache
def phrases() -> Phrases:
    generator = np.random.default_rng(PHRASES_EACH)
    values = [_value(kind, generator) for kind in KINDS for _ in range(PHRASES_EACH)]
    texts = [SAYINGS[KINDS[at // PHRASES_EACH]][at % 3].format(value) for at, value in enumerate(values)]
    return Phrases(pa.array(values), pa.array(texts))


def _value(kind: str, generator: np.random.Generator) -> str:
    first, last = FIRST_NAMES[generator.integers(len(FIRST_NAMES))], LAST_NAMES[generator.integers(len(LAST_NAMES))]
    number = int(generator.integers(100))
    form = int(generator.integers(3))
    if kind == "name":
        return (f"{first} {last}", f"{first} {last}", f"{first} {last}".lower())[form]
    if kind == "phone":  # 555-01xx and 07700 900xxx are never given to anyone
        return (f"555-01{number:02}", f"(555) 555-01{number:02}", f"+44 7700 900{number + 100 * form:03}")[form]
    if kind == "email":
        return f"{first}.{last}{number}@example.".lower() + ("org", "com", "net")[form]
    return (
        f"https://www.example.org/{last}/{number}",
        f"www.example.com/{first}{number}",
        f"http://example.net/{last}",
    )[form].lower()


def draw_identities(may: Flags, generator: np.random.Generator) -> Ints:
    """A phrase for a few of the messages that may have one, -1 for all others."""
    chosen = np.flatnonzero(may & (generator.random(len(may)) < IDENTITY_SHARE))
    kind = np.searchsorted(np.cumsum(SHARES), generator.random(len(chosen)), side="right")
    drawn = np.full(len(may), -1)
    drawn[chosen] = np.minimum(kind, len(KINDS) - 1) * PHRASES_EACH + generator.integers(0, PHRASES_EACH, len(chosen))
    return drawn
