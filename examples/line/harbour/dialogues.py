"""Conversations of one period, from arrival to goodbye: who, about what, how risky, every message and every event.

All columns are codes (positions in the pool, in EVENTS, OUTCOMES, AUTHORS) or numbers; -1 stands for none."""

from dataclasses import dataclass

import numpy as np

from .identities import draw_identities
from .line import SECOND, Floats, Ints, Line, Rows, concatenate, pick
from .people import Roster
from .texts import STRETCHES, SYSTEM, TEXTER, Pool
from .timing import Calendar, arrivals, gaps, lengths, waits

EVENTS = ("queued", "accepted", "closed", "rated")
QUEUED, ACCEPTED, CLOSED, RATED = range(4)
OUTCOMES = ("ended", "abandoned", "dropped")
ENDED, ABANDONED, DROPPED = range(3)
# Shares of the stretches (opening, engagement, exploration, risk, intervention, emergency, closing) by course:
# the outcomes, then an ended conversation at imminent risk.
COURSES = np.array(
    [
        [0, 0.14, 0.38, 0.18, 0.22, 0, 0.08],
        [1, 0, 0, 0, 0, 0, 0],
        [0, 0.18, 0.50, 0.18, 0.14, 0, 0],
        [0, 0.10, 0.22, 0.26, 0.06, 0.30, 0.06],
    ]
)
IMMINENT = 3
DROPPED_SHARE, MISTYPED_SHARE, RATED_SHARE = 0.12, 0.12, 0.25
RATINGS = np.array([0.05, 0.05, 0.10, 0.25, 0.55])
INACTIVE = 600 * SECOND  # a conversation without a message for ten minutes is closed by the platform


@dataclass(frozen=True)
class Source:
    """What conversations are drawn from."""

    line: Line
    calendar: Calendar
    roster: Roster
    pool: Pool


def draw(source: Source, first: int, last: int, first_id: int, generator: np.random.Generator) -> tuple[Rows, Rows]:
    """Messages and events, unsorted and without ids, of the conversations that arrive in slots first..last - 1."""
    conversations = _conversations(source, first, last, first_id, generator)
    messages, last_message = _messages(source.pool, conversations, generator)
    return messages, _events(source, conversations, last_message, generator)


def _conversations(source: Source, first: int, last: int, first_id: int, generator: np.random.Generator) -> Rows:
    pool, line = source.pool, source.line
    queued, slot = arrivals(source.calendar, first, last, generator)
    count = len(queued)
    wait, abandoned = waits(source.calendar.hours[slot], generator)
    profile = pick(generator, pool.profile_weight, count)
    risk = (generator.random((count, 1)) > pool.profile_risk[profile, :4]).sum(axis=1)
    dropped = generator.random(count) < DROPPED_SHARE
    topic_count = (generator.random(count) < 0.45).astype(np.int64) + (generator.random(count) < 0.2)
    return {
        "id": first_id + np.arange(count),
        "queued": queued,
        "wait": wait,
        "outcome": np.where(abandoned, ABANDONED, np.where(dropped, DROPPED, ENDED)),
        "length": lengths(abandoned, generator),
        "card": pool.profile_card[profile],
        "topics": 3 * profile + topic_count,
        "risk": risk,
        # The power makes some texters come back often and most only once or twice.
        "texter": (generator.random(count) ** 1.5 * (0.6 * line.conversations + 1)).astype(np.int64),
    }


def _messages(pool: Pool, conversations: Rows, generator: np.random.Generator) -> tuple[Rows, Ints]:
    """Rows (at, conversation, author, wording, identity), and when the last message of each conversation is sent."""
    length, wait, abandoned = conversations["length"], conversations["wait"], conversations["outcome"] == ABANDONED
    line = _lines(pool, conversations, generator)
    author = pool.author[line]
    of = np.repeat(np.arange(len(length)), length)
    begin = np.cumsum(length) - length
    gap = gaps(np.concatenate([[False], author[1:] == author[:-1]]), generator).astype(np.int64)
    gap = np.where(abandoned[of], np.minimum(gap, wait[of] // 4), gap)
    answered = begin[~abandoned]
    gap[answered + 1] += wait[~abandoned]
    gap[begin] = 0
    passed = np.cumsum(gap)
    at = conversations["queued"][of] + passed - passed[begin][of]
    slip = (author == TEXTER) & (generator.random(len(of)) < MISTYPED_SHARE)
    wording = (generator.random(len(of)) * pool.alternatives[line]).astype(np.int64) + slip * pool.alternatives[line]
    people = {
        "at": at,
        "conversation": conversations["id"][of],
        "author": author,
        "wording": pool.first[line] + wording,
        "identity": draw_identities(author == TEXTER, generator),
    }
    return concatenate(people, _connections(pool, conversations)), at[begin + length - 1]


def _lines(pool: Pool, conversations: Rows, generator: np.random.Generator) -> Ints:
    """The pool's line for each message: stretches take their share of the length, each walks through its script."""
    ended, count = conversations["outcome"] == ENDED, len(conversations["outcome"])
    course = np.where(ended & (conversations["risk"] == 4), IMMINENT, conversations["outcome"])
    share = COURSES[course] * np.exp(0.3 * generator.standard_normal((count, len(STRETCHES))))
    until: Floats = np.cumsum(share, axis=1)
    bound = np.rint(until / until[:, -1:] * conversations["length"][:, None]).astype(np.int64)
    size = np.diff(bound, axis=1, prepend=0).ravel()
    walk = (conversations["card"][:, None] * len(STRETCHES) + np.arange(len(STRETCHES))).ravel()
    script = np.repeat(generator.random(count), len(STRETCHES))  # one draw a conversation: its script, in all stretches
    entry = pool.entries[pool.entry_begin[walk] + (script * pool.entry_size[walk]).astype(np.int64)]
    stretch = np.repeat(np.arange(len(size)), size)
    step = np.arange(len(stretch)) + np.repeat(entry - (np.cumsum(size) - size), size)
    lines: Ints = pool.begin[walk][stretch] + step % pool.size[walk][stretch]
    return lines


def _connections(pool: Pool, conversations: Rows) -> Rows:
    answered = conversations["outcome"] != ABANDONED
    at = (conversations["queued"] + conversations["wait"])[answered]
    return {
        "at": at,
        "conversation": conversations["id"][answered],
        "author": np.full_like(at, SYSTEM),
        "wording": np.full_like(at, pool.connected),
        "identity": np.full_like(at, -1),
    }


def _events(source: Source, conversations: Rows, last_message: Ints, generator: np.random.Generator) -> Rows:
    """Rows (at, conversation, event, texter, counselor, outcome, risk, topics, rating)."""
    count, outcome = len(last_message), conversations["outcome"]
    answered = outcome != ABANDONED
    accepted = conversations["queued"] + conversations["wait"]
    goodbye = last_message + (15 + 45 * generator.random(count)) * SECOND
    closed = np.choose(outcome, [goodbye.astype(np.int64), accepted, last_message + INACTIVE])
    rated = (outcome == ENDED) & (generator.random(count) < RATED_SHARE)
    thinking = (generator.exponential(180, count) * SECOND).astype(np.int64) + 5 * SECOND
    assessed = {name: np.where(answered, conversations[name], -1) for name in ("risk", "topics")}
    everyone = np.full(count, True)
    return concatenate(
        _event(QUEUED, everyone, conversations, conversations["queued"], texter=conversations["texter"]),
        _event(ACCEPTED, answered, conversations, accepted, counselor=source.roster.answer(accepted, generator) + 1),
        _event(CLOSED, everyone, conversations, closed, outcome=outcome, **assessed),
        _event(RATED, rated, conversations, closed + thinking, rating=pick(generator, RATINGS, count) + 1),
    )


def _event(kind: int, happened: Ints, conversations: Rows, at: Ints, **said: Ints) -> Rows:
    none = np.full(len(at), -1)
    fields = {name: said.get(name, none) for name in ("texter", "counselor", "outcome", "risk", "topics", "rating")}
    rows = {"at": at, "conversation": conversations["id"], "event": np.full(len(at), kind), **fields}
    return {name: column[happened] for name, column in rows.items()}
