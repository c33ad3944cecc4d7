"""Whether the texter tells what is open and keeps what is closed (A1, A2), and never says two things (A3)."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from nightlight.conversations.cards import Card, Fact, burst
from nightlight.conversations.gates import is_open, parse_gate
from nightlight.conversations.labels import FactKind, Rung
from nightlight.simulator.checks import plain
from nightlight.simulator.counselors import LADDER, LINES, Kind, holds_risk, question, said
from nightlight.simulator.measures import Measure
from nightlight.simulator.measures.plays import Plays, where
from nightlight.simulator.plan import Move
from nightlight.simulator.session import Turn
from nightlight.simulator.state import RungStatus

SPOKEN_THOUGHTS = re.compile(
    r"\bsuicidal\b|\bkill(ing)? myself\b|\b(end|ending|take|taking) my (own )?life\b|\bwant to die\b|\bwanna die\b"
)
NEVER = parse_gate("turn>=9999")
CANARIES = (
    Fact(
        "canary-parrot",
        FactKind.BACKGROUND,
        ("do you have a pet", "are there any animals where you live", "who do you look after"),
        NEVER,
        ("my parrot is called figaro and he whistles", "figaro the parrot bit the postman once"),
        ("not really an animal person", "nothing to tell there"),
    ),
    Fact(
        "canary-trombone",
        FactKind.STRENGTH,
        ("do you play an instrument", "what music do you like", "were you ever in a band"),
        NEVER,
        ("i play the trombone in a marching band", "the trombone weighs more than you think"),
        ("music's fine i guess", "used to, not now"),
    ),
)
"""Two things that no counselor ever gets to hear."""


def with_canaries(card: Card) -> Card:
    return replace(card, facts=card.facts + CANARIES)


def key_words(card: Card) -> dict[str, frozenset[str]]:
    """Of each fact the words that give it away: in two or more of its tell lines, in no other fact's lines or asks,
    and neither in how the texter opens nor in the asks of the fact itself (a counselor may have said them)."""
    lines = {fact.id: [_words(line) for line in fact.tell] for fact in card.facts}
    opening = set().union(*(_words(line) for line in card.opening))
    found = {}
    for fact in card.facts:
        counts = Counter(word for words in lines[fact.id] for word in words if len(word) > 3)
        elsewhere = set().union(
            opening,
            *(words for other in card.facts if other.id != fact.id for words in lines[other.id]),
            *(_words(line) for other in card.facts for line in (*other.asks, *other.hint)),
            *(_words(text) for text in (card.goal.says, *COMMON)),
        )
        found[fact.id] = frozenset(word for word, count in counts.items() if count >= 2) - elsewhere
    return found


COMMON = (
    "about again always another anything around back because been before being better could does doesn't doing don't "
    "down even every everything feel from getting going good have having haven't here home into it's just keep kept "
    "know last like little long made make maybe mean more much myself need never nice night nobody nothing okay only "
    "other over people probably really right said same says should since some someone something still stop stuff sure "
    "take tell than that that's their them then there there's these they thing things think this those though thought "
    "time tired today told tonight tried trying until very want wanted wasn't week went were what when where which "
    "while will with without wouldn't year years yeah yesterday you're i've i'm can't won't didn't",
)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z][a-z']+", text.lower().replace("’", "'")))


def leaks(plays: Plays) -> list[Measure]:
    """A1: how often a message gives away what is closed, by its exact line or by a word that gives the fact away."""
    facts, risks, told, rungs_watched, canaries = [], [], 0, 0, []
    for card, seed in plays.pairs():
        keys, lines = key_words(card), _exact(card)
        for kind in (Kind.GOOD, Kind.MIXED, Kind.POOR, Kind.ADVICE, Kind.INTERROGATING):
            session = plays.played(card, seed, kind)
            known: set[str] = set()
            heard: set[str] = set()  # words the counselor said: no news in the texter's mouth
            for turn in session.turns:
                known |= set(turn.told)
                heard |= _words(turn.counselor)
                closed = [fact.id for fact in card.facts if fact.id not in known]
                for text in (reply.text for reply in turn.replies):
                    told += len(closed)
                    said_words = _words(text) - heard
                    given = [fact for fact in closed if lines.get(plain(text)) == fact or keys[fact] & said_words]
                    facts += [f"{where(session, turn.number)}: {fact}" for fact in given]
                    if holds_risk(card) and turn.state.rungs[Rung.THOUGHTS] is not RungStatus.TOLD:
                        rungs_watched += 1
                        if SPOKEN_THOUGHTS.search(text.lower()):
                            risks.append(where(session, turn.number))
        canaries += list(canaries_told(plays, card, seed))
    return [
        Measure("A1", "risk told before its gate", len(risks), 0, True, rungs_watched, tuple(risks[:10])),
        Measure("A1", "other facts told before their gate", _share(facts, told), 0.005, True, told, tuple(facts[:20])),
        Measure("A1", "facts that never open, told", len(canaries), 0, True, 2 * len(plays.cards), tuple(canaries)),
    ]


def canaries_told(plays: Plays, card: Card, seed: int) -> Iterator[str]:
    session = plays.fresh(with_canaries(card), seed)
    for canary in CANARIES:
        for ask in canary.asks:
            if session.outcome is None:
                turn = session.handle(said(session, question(ask)).event)
                if re.search("figaro|parrot|trombone", " ".join(reply.text.lower() for reply in turn.replies)):
                    yield f"{where(session, turn.number)}: {canary.id}"


def _exact(card: Card) -> dict[str, str]:
    """The messages of four words or more that only this fact's tell lines hold."""
    return {
        plain(message): fact.id
        for fact in card.facts
        for line in fact.tell
        for message in burst(line)
        if len(message.split()) > 3
    }


def withheld(plays: Plays) -> list[Measure]:
    """A2: of the facts that were open and fairly asked for, those not told in this turn or the next two."""
    asked, kept = 0, []
    for session in plays.all(Kind.GOOD, Kind.MIXED):
        asks = {question(ask): fact for fact in session.card.facts for ask in fact.asks}
        for place, turn in enumerate(session.turns):
            fact = next((fact for ask, fact in asks.items() if turn.counselor.endswith(ask)), None)
            if fact is None or fact.id in turn.before.told:
                continue
            if is_open(fact.gate, turn.before.seen_by_gates(asked=True)):
                asked += 1
                if not any(fact.id in later.told for later in session.turns[place : place + 3]):
                    kept.append(f"{where(session, turn.number)}: {fact.id}")
    return [Measure("A2", "withheld after a fair ask", _share(kept, asked), 0.05, True, asked, tuple(kept[:20]))]


FORKS = (3, 10, 20)


def contradictions(plays: Plays) -> list[Measure]:
    """A3: at three places of a good conversation every rung is asked in three wordings, and facts told are asked
    again; a truth followed by a hedge or by the opposite answer, or a hint at what was told, contradicts."""
    answered, against = 0, []
    for session in plays.all(Kind.GOOD):
        for place in FORKS:
            if place >= len(session.turns):
                continue
            for rung, act in LADDER.items():
                fork = session.fork(place)
                turns = [fork.handle(said(fork, text, act).event) for text in LINES[act] if fork.outcome is None]
                moves = [_move(turn, rung) for turn in turns]
                answers = [move for move in moves if move]
                answered += len(answers)
                after_truth = answers[answers.index(Move.ANSWER) :] if Move.ANSWER in answers else []
                polarities = {_polarity(turn) for turn, move in zip(turns, moves, strict=True) if move is Move.ANSWER}
                if Move.HEDGE in after_truth or {"yes", "no"} <= polarities:
                    against.append(f"{where(session, place)}: {rung}")
            for fact in session.turns[place].before.told[-2:]:
                fork = session.fork(place)
                for ask in session.card.fact(fact).asks:
                    if fork.outcome is None:
                        turn = fork.handle(said(fork, question(ask)).event)
                        answered += 1
                        if any(step.move is Move.HINT and step.fact == fact for step in turn.plan.steps):
                            against.append(f"{where(session, place)}: {fact}")
    return [Measure("A3", "contradictions", _share(against, answered), 0.02, True, answered, tuple(against[:20]))]


def _move(turn: Turn, rung: Rung) -> Move | None:
    return next((step.move for step in turn.plan.steps if step.rung is rung), None)


def _polarity(turn: Turn) -> str:
    first = plain(" ".join(reply.text for reply in turn.replies)).split(" ")[0]
    return {"yes": "yes", "yeah": "yes", "yep": "yes", "no": "no", "nope": "no", "never": "no"}.get(first, "")


def _share(found: list[str], of: int) -> float:
    return len(found) / of if of else 0.0
