"""What a card must show before it is approved: scripted counselors of every kind play it, and its lines are read."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Card, Fact, burst
from nightlight.conversations.labels import Outcome, Reaction, Rung
from nightlight.conversations.principles import Principle
from nightlight.labelling.acts import ActLabeller
from nightlight.simulator.checks import method_detail
from nightlight.simulator.counselors import Kind, question, said
from nightlight.simulator.measures import Measure, course, disclosure, language, skill
from nightlight.simulator.measures.plays import Plays

SEEDS = (1, 2, 3)


@dataclass(frozen=True)
class CardTest:
    """A promise, what was found and what is asked for; `evidence` names places (seed, turn, part of the card)."""

    name: str
    promise: str
    found: str
    bar: str
    passed: bool
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class CardTestReport:
    """The results, in the order of reading; `labeller` and `parameters` are the versions they were found with."""

    card: str
    labeller: str
    parameters: str
    results: tuple[CardTest, ...]

    @property
    def passed(self) -> bool:
        return all(result.passed for result in self.results)


def run_card_tests(
    card: Card,
    principles: tuple[Principle, ...] = (),
    *,
    labeller: ActLabeller,
    on_step: Callable[[str], None] = lambda step: None,
) -> CardTestReport:
    """Play the card some 25 times (a few seconds of CPU) and read all its lines."""
    plays = Plays([card], SEEDS, labeller, principles=principles)
    results: list[CardTest] = []
    for name, take in MEASURED.items():
        on_step(name)
        results += [_result(name, measure) for measure in take(plays)]
    on_step("lines")
    results += [*_method_detail(card), *_coverage(card, plays), *_endings(card, plays), *_principles(plays, principles)]
    parameters = plays.fresh(card, SEEDS[0]).parameters.version
    return CardTestReport(card.id, labeller.version, parameters, tuple(results))


MEASURED: dict[str, Callable[[Plays], Sequence[Measure]]] = {
    "gates": disclosure.leaks,
    "fair asks": disclosure.withheld,
    "contradiction": disclosure.contradictions,
    "monotonicity": skill.swaps,
    "good against poor": skill.dose,
    "plain questions": skill.direct_questions,
    "repetition": language.repetition,
    "ending": course.progress,
    "red team": course.red_team,
}
LOOSER = {"A2": 0.10, "A4": 0.95, "A5": 0.95, "A9": 0.03, "A10": 0.01, "A15": 0.66}
"""Bars for one card where chance alone moves a figure that is fair over all cards."""


def _result(name: str, measure: Measure) -> CardTest:
    bar = LOOSER.get(measure.id, measure.bar) if measure.bar not in (0, 1) else measure.bar
    if measure.at_most:
        passed, sign = measure.value <= max(bar, measure.bar), "at most"
    else:
        passed, sign = measure.value >= min(bar, measure.bar), "at least"
    return CardTest(
        name,
        f"{measure.id}: {measure.name}",
        f"{measure.value:.3g} of {measure.n}",
        f"{sign} {bar:g}",
        passed,
        measure.evidence,
    )


def _method_detail(card: Card) -> Iterator[CardTest]:
    found = tuple(f"{part}: {kind}" for part, line in _lines(card) if (kind := method_detail(line)))
    yield CardTest(
        "method detail", "no line holds a method, a dose or a place", f"{len(found)} lines", "0", not found, found
    )


def _lines(card: Card) -> Iterator[tuple[str, str]]:
    """Every text of the card that a trainee may see, with the part it stands in."""
    for line in card.opening:
        yield "opening", line
    for fact in card.facts:
        for line in (*fact.tell, *fact.hint):
            yield f"fact {fact.id}", line
    for rung, answer in card.risk_answers.items():
        for line in (*answer.tell, *answer.hedge):
            yield f"risk answers: {rung}", line
    for reaction, lines in card.reactions.items():
        for line in (*lines.guarded, *lines.open):
            yield f"reactions: {reaction}", line
    for ending, lines in vars(card.endings).items():
        for line in lines:
            yield f"endings: {ending}", line
    yield "warning", card.warning
    for text in vars(card.persona).values():
        yield "persona", text if isinstance(text, str) else " ".join(text)


def _coverage(card: Card, plays: Plays) -> Iterator[CardTest]:
    """Facts a good counselor gets to hear, and lines that are there twice."""
    heard = {fact for session in plays.all(Kind.GOOD) for fact in session.state.told}
    unheard = tuple(f"fact {f.id}" for f in card.facts if f.id not in heard and not _tells_when_asked(plays, card, f))
    yield CardTest(
        "coverage",
        "good counseling hears every fact in one conversation or another",
        f"{len(card.facts) - len(unheard)} of {len(card.facts)}",
        "at most 1 unheard",
        len(unheard) <= 1,
        unheard,
    )
    seen: dict[str, str] = {}
    twice = []
    for part, line in _lines(card):
        for message in burst(line):
            if len(message.split()) > 2 and seen.setdefault(message.lower(), part) != part:
                twice.append(f"{part} and {seen[message.lower()]}")
    yield CardTest(
        "coverage", "no line stands in two parts", f"{len(twice)} lines", "at most 2", len(twice) <= 2, tuple(twice)
    )
    thin = tuple(
        f"reactions: {reaction} ({tone})"
        for reaction in Reaction
        for tone, lines in vars(card.reactions[reaction]).items()
        if len(set(lines)) < 3
    ) + tuple(f"risk answers: {rung}" for rung in Rung if len(set(card.risk_answers[rung].hedge)) < 2)
    yield CardTest("coverage", "every reaction and rung has lines enough", f"{len(thin)} thin", "0", not thin, thin)


def _tells_when_asked(plays: Plays, card: Card, fact: Fact) -> bool:
    """Whether the fact is told when somebody asks for it late in a good conversation."""
    for seed in plays.seeds:
        session = plays.played(card, seed, Kind.GOOD)
        fork = session.fork(len(session.turns) - 2)
        for ask in fact.asks:
            if fork.outcome is None:
                fork.handle(said(fork, question(ask)).event)
        if fact.id in fork.state.told:
            return True
    return False


def _endings(card: Card, plays: Plays) -> Iterator[CardTest]:
    """Poor and silent counselors end without the good ending."""
    wrong = tuple(
        f"seed {session.seed}: {session.outcome}"
        for session in plays.all(Kind.POOR, Kind.SILENT)
        if card.expected != "end" and session.outcome == Outcome(card.expected.value)
    )
    yield CardTest(
        "ending", "poor counseling does not reach the expected end", f"{len(wrong)} sessions", "0", not wrong, wrong
    )


def _principles(plays: Plays, principles: Sequence[Principle]) -> Iterator[CardTest]:
    """After its test message no principle's line comes, early or late in a conversation."""
    for number, principle in enumerate(principles, 1):
        against = []
        for card, seed in plays.pairs():
            for place in (1, 6, 12):
                session = plays.played(card, seed, Kind.GOOD)
                fork = session.fork(min(place, len(session.turns) - 1))
                if fork.outcome is None:
                    turn = fork.handle(said(fork, principle.test).event)
                    if principle.never in (worded.line for worded in turn.worded):
                        against.append(f"seed {seed} turn {turn.number}")
        yield CardTest(f"principle {number}", principle.why, f"{len(against)} times", "0", not against, tuple(against))
