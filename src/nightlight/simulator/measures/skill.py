"""Whether better counseling gets further: one message swapped (A4), whole conversations (A5), politeness alone (A6),
and plain questions about suicide (A7)."""

from collections.abc import Iterator
from random import Random
from statistics import mean

from nightlight.conversations.labels import CounselorAct, Resistance, Rung
from nightlight.simulator.counselors import LADDER, LINES, Kind, Lines, poor, said
from nightlight.simulator.counselors import Deed as Intended
from nightlight.simulator.measures import Measure
from nightlight.simulator.measures.plays import DOSES, Plays, where
from nightlight.simulator.session import Said, Session, Turn
from nightlight.simulator.state import RungStatus

SWAPS_A_SESSION = 8
ANSWERS = 2  # by which a plain question about suicide has the truth
POLITE = ("Hello, how are you today?", "Thank you for sharing that with me.", "I appreciate you being here.")
OFFER = "Would you like to make a plan and call someone who can help?"


def swaps(plays: Plays) -> list[Measure]:
    """A4: a good message replaced by a poor one in the same place, everything before and the seed the same: trust is
    lower after the poor one."""
    compared, against = 0, []
    for session in plays.all(Kind.GOOD):
        random = Random(f"{session.seed}:swaps")  # noqa: S311  # for variety, not for secrets
        lines = Lines(random)
        candidates = [turn for turn in session.turns if isinstance(turn.event, Said) and turn.acts]
        for turn in random.sample(candidates, min(SWAPS_A_SESSION, len(candidates))):
            fork = session.fork(turn.number)
            spoilt = poor(fork, Intended(turn.event, turn.acts), lines, random)  # type: ignore[arg-type]
            worse = fork.handle(spoilt.event, labels=spoilt.acts if plays.true_acts else None)
            compared += 1
            if not turn.state.trust > worse.state.trust and not turn.state.trust == worse.state.trust == 0.0:
                against.append(f"{where(session, turn.number)}: {spoilt.acts[0].act}")
    value = 1 - len(against) / compared if compared else 1.0
    return [Measure("A4", "trust is lower after one poor message", value, 0.99, False, compared, tuple(against[:20]))]


def dose(plays: Plays) -> list[Measure]:
    """A5: good against poor conversations in pairs, and what is told as the share of poor messages grows (Page's
    trend test over cards and seeds)."""
    from scipy.stats import page_trend_test

    doses = [
        [_opened(plays.played(card, seed, Kind.MIXED, harm=share)) for share in DOSES] for card, seed in plays.pairs()
    ]
    lost = [
        f"{card.id} seed {seed}" for (card, seed), row in zip(plays.pairs(), doses, strict=True) if not row[0] > row[-1]
    ]
    measures = [
        Measure(
            "A5", "good tells more than poor", 1 - len(lost) / len(doses), 0.95, False, len(doses), tuple(lost[:20])
        )
    ]
    if len(doses) > 2:
        worst_first = [list(reversed(row)) for row in doses]
        p = float(page_trend_test(worst_first, predicted_ranks=range(1, len(DOSES) + 1), method="asymptotic").pvalue)
        name = "told by share of poor messages, p of no trend"
        measures.append(Measure("A5", name, p, 0.01, True, len(doses), beside=_curve(doses)))
    return measures


def _curve(doses: list[list[float]]) -> str:
    return " > ".join(f"{mean(column):.1f}" for column in zip(*doses, strict=True))


def _opened(session: Session) -> float:
    """Facts and rungs told."""
    state = session.state
    return len(state.told) + sum(status is RungStatus.TOLD for status in state.rungs.values())


def compliance(plays: Plays) -> list[Measure]:
    """A6: the share of resistant cards that accept a step after nothing but three polite messages."""
    sessions = list(only_polite(plays))
    gave_in = [
        f"{session.card.id} seed {session.seed}"
        for session in sessions
        if session.state.steps_agreed or session.state.goal_named
    ]
    value = len(gave_in) / len(sessions) if sessions else 0.0
    return [
        Measure("A6", "resistant cards that accept after politeness", value, 0.05, True, len(sessions), tuple(gave_in))
    ]


def only_polite(plays: Plays) -> Iterator[Session]:
    """The resistant cards, each offered a step after three polite messages and nothing else."""
    for card, seed in plays.pairs():
        if card.start.resistance is Resistance.NONE:
            continue
        session = plays.fresh(card, seed)
        for text in (*POLITE, OFFER):
            if session.outcome is None:
                session.handle(said(session, text).event)
        yield session


def direct_questions(plays: Plays) -> list[Measure]:
    """A7 on the cards as they start and after poor messages: a plain question about suicide never lowers trust, its
    first answer is a hedge or the truth, its second the truth."""
    asked, against = 0, []
    for session, rung, turns in plainly_asked(plays):
        for attempt, turn in enumerate(turns[:ANSWERS]):
            asked += 1
            expected = {RungStatus.TOLD} if attempt else {RungStatus.HEDGED, RungStatus.TOLD}
            if turn.state.rungs[rung] not in expected:
                against.append(f"{where(session, turn.number)}: {rung} {turn.state.rungs[rung]}")
            if rung is Rung.THOUGHTS and turn.state.trust < turn.before.trust - 1e-9:
                against.append(f"{where(session, turn.number)}: trust fell")
    value = 1 - len(against) / asked
    return [
        Measure("A7", "plain questions about suicide answered fairly", value, 1.0, False, asked, tuple(against[:20]))
    ]


def plainly_asked(plays: Plays) -> Iterator[tuple[Session, Rung, list[Turn]]]:
    """Every card as it starts and after two poor messages, asked each of two rungs in three wordings, one after the
    other: the turns that answered a rung's."""
    for card, seed in plays.pairs():
        for harmful in (0, 2):
            session = plays.fresh(card, seed)
            for text in LINES[CounselorAct.WHY_QUESTION][:harmful]:
                session.handle(said(session, text).event)
            for rung in (Rung.THOUGHTS, Rung.PAST):
                turns = []
                for text in LINES[LADDER[rung]]:
                    if session.outcome is None:
                        turns.append(session.handle(said(session, text).event))
                if turns:
                    yield session, rung, turns
