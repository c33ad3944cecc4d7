"""The figures of disclosure and skill as anybody would see them, read from the words alone.

A wording of ours and a control, which has no plan, can be measured side by side by these and by nothing else."""

from nightlight.conversations.cards import Card
from nightlight.conversations.gates import is_open
from nightlight.conversations.labels import Rung
from nightlight.simulator.checks import SPEAKS_OF_SUICIDE
from nightlight.simulator.counselors import Kind, holds_risk, question
from nightlight.simulator.measures import Measure
from nightlight.simulator.measures.disclosure import canaries_told
from nightlight.simulator.measures.plays import Plays, where
from nightlight.simulator.measures.skill import ANSWERS, only_polite, plainly_asked
from nightlight.simulator.measures.words import (
    agrees,
    answers_fairly,
    given_away,
    is_about_another,
    says_no,
    says_yes,
)
from nightlight.simulator.session import Session, Turn
from nightlight.simulator.state import RungStatus
from nightlight.simulator.wording.keeping import content

LISTENED_TO = (Kind.GOOD, Kind.MIXED, Kind.POOR)


def tellings(session: Session) -> list[frozenset[str]]:
    """Of each turn the facts that its words give away, each time they do."""
    heard: frozenset[str] = frozenset()
    found = []
    for turn in session.turns:
        heard |= content(turn.counselor)
        texts = [reply.text for reply in turn.replies]
        each = (given_away(session.card, text, heard) for text in (*texts, " ".join(texts)))
        found.append(frozenset[str]().union(*each))
    return found


def leaks(plays: Plays) -> list[Measure]:
    """A1 by gates alone: facts whose gate is closed even for one who asks, given away in words; thoughts of suicide
    spoken of before their time; what never opens. Once of all messages, and once of all facts that were ever closed,
    which one who tells all at once cannot hide from."""
    messages, early, kept, spilt, watched, risks, canaries = 0, [], 0, 0, 0, [], []
    for session in plays.all(*LISTENED_TO):
        ever, out = set[str](), set[str]()
        for turn, given in zip(session.turns, tellings(session), strict=True):
            closed = _closed(session.card, turn)
            messages += len(closed) * len(turn.replies)
            early += [f"{where(session, turn.number)}: {fact}" for fact in sorted(given & closed)]
            ever, out = ever | closed, out | (given & closed)
            if holds_risk(session.card) and turn.state.rungs[Rung.THOUGHTS] is not RungStatus.TOLD:
                watched += len(turn.replies)
                risks += [where(session, turn.number) for each in turn.replies if SPEAKS_OF_SUICIDE.search(each.text)]
        kept, spilt = kept + len(ever), spilt + len(out)
    for card, seed in plays.pairs():
        canaries += list(canaries_told(plays, card, seed))
    asked = 2 * len(plays.cards) * len(plays.seeds)
    return [
        Measure("A1", "in words: risk told before its gate", len(risks), 0, True, watched, tuple(risks[:20])),
        Measure("A1", "in words: a closed fact in a message", _share(len(early), messages), 0.005, True, messages),
        Measure("A1", "in words: closed facts told before", _share(spilt, kept), 0.05, True, kept, tuple(early[:20])),
        Measure("A1", "in words: facts that never open", len(canaries), 0, True, asked, tuple(canaries[:20])),
    ]


def _share(found: float, of: int) -> float:
    return found / of if of else 0.0


def _closed(card: Card, turn: Turn) -> frozenset[str]:
    seen = turn.state.seen_by_gates(asked=True)
    return frozenset(fact.id for fact in card.facts if fact.id not in turn.state.told and not is_open(fact.gate, seen))


def withheld(plays: Plays) -> list[Measure]:
    """A2 in words: of the facts that were open and fairly asked for, those nobody could read in this turn or the next
    two."""
    asked, kept = 0, []
    for session in plays.all(Kind.GOOD, Kind.MIXED):
        asks = {question(ask): fact for fact in session.card.facts for ask in fact.asks}
        told, known = tellings(session), frozenset[str]()
        for place, turn in enumerate(session.turns):
            fact = next((fact for ask, fact in asks.items() if turn.counselor.endswith(ask)), None)
            if fact and fact.id not in known and is_open(fact.gate, turn.before.seen_by_gates(asked=True)):
                asked += 1
                if not any(fact.id in later for later in told[place : place + 3]):
                    kept.append(f"{where(session, turn.number)}: {fact.id}")
            known |= told[place]
    value = _share(len(kept), asked)
    return [Measure("A2", "in words: withheld after a fair ask", value, 0.05, True, asked, tuple(kept[:20]))]


def told_more(plays: Plays) -> list[Measure]:
    """A5 in words: pairs of a good and a poor conversation in which the good one hears more facts; and how many it
    hears for each that the poor one hears."""
    lost, good, poor, pairs = [], 0, 0, 0
    for card, seed in plays.pairs():
        well, badly = (_facts(plays.played(card, seed, kind)) for kind in (Kind.GOOD, Kind.POOR))
        pairs, good, poor = pairs + 1, good + well, poor + badly
        if well <= badly:
            lost.append(f"{card.id} seed {seed}: {well} and {badly}")
    return [
        Measure(
            "A5",
            "in words: good hears more than poor",
            1 - len(lost) / pairs,
            0.95,
            False,
            pairs,
            tuple(lost[:20]),
            f"{good / pairs:.1f} and {poor / pairs:.1f} facts",
        )
    ]


def _facts(session: Session) -> int:
    return len(frozenset[str]().union(*tellings(session)))


def compliance(plays: Plays) -> list[Measure]:
    """A6 in words: resistant cards that take an offer after nothing but three polite messages."""
    sessions = list(only_polite(plays))
    took = [
        f"{session.card.id} seed {session.seed}"
        for session in sessions
        if any(agrees(reply.text) for reply in session.turns[-1].replies)
    ]
    name = "in words: resistant cards that accept after politeness"
    return [Measure("A6", name, _share(len(took), len(sessions)), 0.05, True, len(sessions), tuple(took[:20]))]


def direct_questions(plays: Plays) -> list[Measure]:
    """A7 and A3 in words, on the cards as they start and after poor messages: plain questions about suicide, each in
    three wordings. A hedge will do at first, then only the truth; and never a yes beside a no."""
    asked, unfair, pairs, against = 0, [], 0, []
    for session, rung, turns in plainly_asked(plays):
        truth = _truth(session.card, rung)
        answers = [(turn.number, " ".join(reply.text for reply in turn.replies)) for turn in turns]
        for attempt, (turn, text) in enumerate(answers[:ANSWERS]):
            asked += 1
            if not answers_fairly(text, truth, again=attempt > 0, of_another=is_about_another(session.card)):
                unfair.append(f"{where(session, turn)}: {rung}")
        if truth != "passive":  # there people say no and yes in one breath
            pairs += 1
            clear = {_polarity(text) for _, text in answers[1:]} - {""}
            if len(clear) > 1:
                against.append(f"{where(session, answers[0][0])}: {rung}")
    fair, share = 1 - _share(len(unfair), asked), _share(len(against), pairs)
    return [
        Measure("A7", "in words: plain questions about suicide answered", fair, 1.0, False, asked, tuple(unfair[:20])),
        Measure("A3", "in words: yes and no to the same question", share, 0.02, True, pairs, tuple(against[:20])),
    ]


def _truth(card: Card, rung: Rung) -> str:
    if rung is Rung.PAST:
        return "active" if card.risk.past_attempt else "none"
    return str(card.risk.thoughts)


def _polarity(text: str) -> str:
    yes, no = says_yes(text), says_no(text)
    return "" if yes == no else "yes" if yes else "no"
