"""Deciding what the texter does: from the state, what the message does, and what it asks for, to a plan.

The rules stand in `RULES` from the most to the least pressing; the first that has something to say decides."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from nightlight.conversations.cards import Card, Fact
from nightlight.conversations.gates import is_open
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import ExpectedOutcome, FactKind, Outcome, Phase, Reaction, Resistance, Rung
from nightlight.simulator.parameters import Parameters
from nightlight.simulator.plan import Ending, Move, Plan, Step, Tone
from nightlight.simulator.reading import Reading
from nightlight.simulator.state import RungStatus, State
from nightlight.simulator.topics import is_generic

MOST_RUNGS = 2  # answered in one reply
HARM = {
    Act.MINIMISE: Reaction.MINIMISE,
    Act.ARGUE: Reaction.ARGUE,
    Act.GRAPHIC_PROBE: Reaction.ARGUE,
    Act.WHY_QUESTION: Reaction.WHY_QUESTION,
    Act.ADVICE: Reaction.ADVICE,
    Act.RESOURCE_DUMP: Reaction.RESOURCE,
    Act.PROMISE: Reaction.PROMISE,
    Act.SELF_DISCLOSURE: Reaction.SELF_DISCLOSURE,
    Act.STACKED_QUESTIONS: Reaction.STACKED_QUESTIONS,
    Act.MISSED_CUE: Reaction.MISSED_CUE,
}
"""Harm that the texter speaks to; what else is harmful shows in how they go on."""
LISTENING = {
    Act.COMPLEX_REFLECTION: Reaction.REFLECTION,
    Act.REFLECTION: Reaction.REFLECTION,
    Act.FEELING: Reaction.REFLECTION,
    Act.VALIDATION: Reaction.VALIDATION,
    Act.TRANSPARENCY: Reaction.VALIDATION,
    Act.AUTONOMY: Reaction.VALIDATION,
    Act.STRENGTH: Reaction.STRENGTH,
    Act.SUMMARY: Reaction.SUMMARY,
}
ASKING = frozenset(
    {Act.OPEN_QUESTION, Act.CLOSED_QUESTION, Act.CLARIFY, Act.CHECK_IN, Act.AGE_NAME, Act.BUFFERS, Act.RISK_OTHERS}
)
OFFERS = frozenset({Act.COLLABORATE, Act.SAFETY_STEP})
HANDED_OVER = {ExpectedOutcome.SUPERVISOR: Outcome.SUPERVISOR, ExpectedOutcome.EMERGENCY: Outcome.EMERGENCY}
OPEN_FROM, ACCEPTS_FROM = 0.45, 0.4  # trust, for speaking openly, for a step
SAFE_STEPS = 2  # agreed, for a safety plan
CLOSABLE_FROM = 6  # counselor messages; before, "take care" closes nothing
TELLS_UNASKED, GOES_ON, ADDS_REACTION, ADDS_WORD = 0.9, 0.6, 0.25, 0.08  # chances, at full openness
MORE = 1.0  # times the share of bursts in the voice: a second message about what is told
WANDERS, PLAYS_DOWN = 0.2, 0.3  # chances of a tangential, a minimising texter, until trust is earned
GOODBYE = re.compile(
    r"\b(good ?night|good ?bye|bye|take( good)? care|sleep well|text (us|me|here|back|again|any)|reach out again"
    r"|any ?time|whenever you|before (we|you|i) (finish|end|go|close|leave|wrap|say)|wrap(ping)? up|end (here|our))\b",
    re.IGNORECASE,
)
NAME = re.compile(r"\bname\b|\bcall you\b", re.IGNORECASE)
DETAIL = re.compile(r"\b(who|what|when|where|which|how)\b[^?.!]*\?", re.IGNORECASE)


@dataclass(frozen=True)
class Moment:
    """All that a decision may look at; `lines_left` says whether the card has a line for a step that was not said
    yet."""

    card: Card
    state: State
    before: State
    reading: Reading
    lines_left: Callable[[Step], bool]
    random: Random
    parameters: Parameters

    @property
    def text(self) -> str:
        return self.reading.text

    @cached_property
    def acts(self) -> frozenset[Act]:
        """What the message clearly does."""
        return frozenset(each.act for each in self.reading.acts if self.reading.has(each.act))

    @cached_property
    def tone(self) -> Tone:
        return Tone.OPEN if self.state.trust >= OPEN_FROM else Tone.GUARDED

    def can_tell(self, fact: Fact, *, asked: bool) -> bool:
        return is_open(fact.gate, self.state.seen_by_gates(asked=asked))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def react(self, reaction: Reaction) -> Step:
        return Step(Move.REACT, reaction=reaction)


def decide(moment: Moment) -> Plan:
    """The plan for one reply."""
    for rule in RULES:
        plan = rule(moment)
        if plan is not None:
            return plan
    understood = bool(moment.acts - {Act.OFF_TOPIC})
    return Plan((Step(Move.REACT, reaction=None if understood or not moment.acts else Reaction.UNCLEAR),), moment.tone)


def _leave(moment: Moment) -> Plan | None:
    """Patience or trust is used up; nobody leaves in the reply to a plain question about risk."""
    hostile = moment.state.resistance is Resistance.HOSTILE and moment.before.trust <= moment.state.trust <= 0.02
    if (moment.state.patience > 0 and not hostile) or moment.reading.rungs:
        return None
    return Plan((Step(Move.END, ending=Ending.LEAVES),), Tone.GUARDED, outcome=left(moment.card, moment.state))


def _role(moment: Moment) -> Plan | None:
    if Act.BOT_QUESTION not in moment.acts or moment.reading.strong:
        return None
    return Plan((moment.react(Reaction.BOT_QUESTION),), moment.tone)


def _rungs(moment: Moment) -> Plan | None:
    """Rungs asked in plain words, in the order of the ladder: the truth where the gate is open or it was asked before,
    else the card's hedge. What the card answers is never sampled and never a flat no that hides a yes for ever."""
    asked = moment.reading.rungs[:MOST_RUNGS]
    if not asked:
        return None
    steps = []
    for rung in asked:
        gate = moment.card.risk_answers[rung].gate
        again = moment.before.rungs[rung] is not RungStatus.NOT_ASKED
        opened = again or is_open(gate, moment.state.seen_by_gates(asked=True))
        steps.append(Step(Move.ANSWER if opened else Move.HEDGE, rung=rung))
    told = _sure_fact(moment)
    return Plan((*steps, *([told] if told else [])), moment.tone)


def _euphemism(moment: Moment) -> Plan | None:
    return Plan((moment.react(Reaction.EUPHEMISM),), moment.tone) if Act.EUPHEMISM in moment.acts else None


def _sure(moment: Moment) -> Plan | None:
    """A question that asks for one fact beyond doubt is answered, whatever else the message seems to do."""
    if Act.GRAPHIC_PROBE in moment.acts:
        return None
    told = _sure_fact(moment)
    if told:
        return Plan((*_before(moment), *_with_more(moment, told)), moment.tone)
    return _asked_facts(moment) if moment.reading.strong and not moment.acts & set(HARM) else None


def _sure_fact(moment: Moment) -> Step | None:
    for fact_id in moment.reading.facts:
        is_new = fact_id in moment.reading.strong and fact_id not in moment.state.told
        if is_new and moment.can_tell(moment.card.fact(fact_id), asked=True):
            return Step(Move.TELL, fact=fact_id)
    return None


def _harm(moment: Moment) -> Plan | None:
    found = next((reaction for act, reaction in HARM.items() if act in moment.acts), None)
    return Plan((moment.react(found),), moment.tone) if found else None


def _escalate(moment: Moment) -> Plan | None:
    return Plan((moment.react(Reaction.ESCALATE),), moment.tone) if Act.ESCALATE in moment.acts else None


def _close(moment: Moment) -> Plan | None:
    """A goodbye in words, not only in tone: a thank-you in the middle ends nothing."""
    if Act.CLOSE not in moment.acts or moment.state.turn < CLOSABLE_FROM:
        return None
    if moment.text.rstrip().endswith("?") or not GOODBYE.search(moment.text):
        return None
    reached = is_reached(moment.card, moment.state)
    ending = Ending.GOOD if reached and moment.state.steps_agreed else Ending.PARTIAL
    return Plan((Step(Move.END, ending=ending),), moment.tone, outcome=outcome_of(moment.card, moment.state))


def is_reached(card: Card, state: State) -> bool:
    """Whether the conversation got where good counseling leads with this card."""
    if card.expected in HANDED_OVER:
        return state.supervisor
    if card.expected is ExpectedOutcome.SAFETY_PLAN:
        return state.steps_agreed >= SAFE_STEPS and state.rungs[Rung.THOUGHTS] is RungStatus.TOLD
    return True


def outcome_of(card: Card, state: State) -> Outcome:
    """How a conversation that is closed now ended."""
    return Outcome(card.expected.value) if is_reached(card, state) else Outcome.END


def _goal(moment: Moment) -> Plan | None:
    """What they want from the talk: as the card's gate says, and nothing yet from one who resists and was not heard."""
    if Act.GOAL not in moment.acts or _offers_rather(moment):
        return None
    if moment.state.resists(moment.parameters) and not moment.before.is_heard:
        return Plan((moment.react(Reaction.GOAL),), Tone.GUARDED)
    for fact in moment.card.facts:
        if fact.kind is FactKind.GOAL and fact.id not in moment.state.told and moment.can_tell(fact, asked=True):
            return Plan((Step(Move.TELL, fact=fact.id),), moment.tone, goal_named=True)
    named = moment.tone is Tone.OPEN
    return Plan((moment.react(Reaction.GOAL),), moment.tone, goal_named=named)


def _offers_rather(moment: Moment) -> bool:
    """Whether a step is offered rather than a goal asked for; one who was not heard yet minds the offer first."""
    offered = moment.acts & OFFERS
    probability = {each.act: each.probability for each in moment.reading.acts}
    likelier = any(probability[act] > probability[Act.GOAL] for act in offered)
    return likelier or (bool(offered) and not moment.before.is_heard)


def _steps(moment: Moment) -> Plan | None:
    """Coping, next steps and safety: agreed to from some trust on, not before they were heard, and never what the card
    refuses."""
    found = next((act for act in (Act.SAFETY_STEP, Act.COLLABORATE, Act.COPING) if act in moment.acts), None)
    if found is None:
        return None
    if found is Act.COPING:
        told = _first_open(moment, (FactKind.COPING, FactKind.PROTECTIVE))
        if told:
            return Plan((Step(Move.TELL, fact=told),), moment.tone)
        return Plan((moment.react(Reaction.COPING),), moment.tone)
    trusts = moment.state.trust >= ACCEPTS_FROM
    accepts = trusts and not _is_too_early(moment, found) and not _is_refused(moment.card, moment.text)
    agreed = int(accepts and (found is Act.SAFETY_STEP or not moment.card.risk.in_progress))
    return Plan((moment.react(Reaction(found.value)),), moment.tone if accepts else Tone.GUARDED, steps_agreed=agreed)


def _is_too_early(moment: Moment, offered: Act) -> bool:
    """Whether a step is offered to one who was not heard yet. Safety does not wait for that: it may be spoken of as
    soon as the texter has answered a question about risk, and at once where something is happening."""
    if offered is Act.SAFETY_STEP and (moment.before.has_answered or moment.card.risk.in_progress):
        return False
    return not moment.before.is_heard


def _is_refused(card: Card, text: str) -> bool:
    """Whether a proposal is nearer to what the card refuses than to the steps it takes."""

    def likeness(lines: Sequence[str]) -> float:
        words = _content(text)
        return max((len(words & _content(line)) / max(len(_content(line)), 1) for line in lines), default=0.0)

    return likeness(card.goal.refuses) > max(likeness(card.goal.steps), 0.5)


def _content(text: str) -> set[str]:
    return {word for word in text.lower().replace("?", " ").replace(",", " ").split() if len(word) > 3}


def _first_open(moment: Moment, kinds: Sequence[FactKind]) -> str | None:
    return next(
        (
            fact.id
            for fact in moment.card.facts
            if fact.kind in kinds and fact.id not in moment.state.told and moment.can_tell(fact, asked=True)
        ),
        None,
    )


def _asked_facts(moment: Moment) -> Plan | None:
    """The fact that was asked for: told, told about once more, or hinted at while its gate is closed."""
    for fact_id in moment.reading.facts:
        fact, is_told = moment.card.fact(fact_id), fact_id in moment.state.told
        opened = is_told or moment.can_tell(fact, asked=True)
        if opened and not is_told and fact_id not in moment.before.asked and (other := _resisting(moment, fact)):
            return Plan((other,), moment.tone)
        step = Step(Move.TELL if opened else Move.HINT, fact=fact_id)
        if moment.lines_left(step):
            return Plan((*_before(moment), *_with_more(moment, step)), moment.tone)
    return None


def _with_more(moment: Moment, step: Step) -> tuple[Step, ...]:
    """A fact, and with somebody they have come to trust another message about it, as often as the voice has bursts."""
    more = step.move is Move.TELL and moment.tone is Tone.OPEN
    return (step, step) if more and moment.chance(MORE * moment.card.voice.burst * moment.state.openness) else (step,)


def _resisting(moment: Moment, fact: Fact) -> Step | None:
    """What a texter who wanders off or plays things down does at a first question, instead of answering it."""
    if not moment.state.resists(moment.parameters):
        return None
    kind = moment.state.resistance
    if kind is Resistance.MINIMISING and moment.chance(PLAYS_DOWN):
        return Step(Move.HINT, fact=fact.id)
    if kind is Resistance.TANGENTIAL and moment.chance(WANDERS):
        wandered = _volunteer(moment)
        return wandered if wandered and wandered.fact != fact.id else None
    return None


def _before(moment: Moment) -> tuple[Step, ...]:
    """Now and then a word on what was reflected, before what was asked is told."""
    found = next((reaction for act, reaction in LISTENING.items() if act in moment.acts), None)
    if found and moment.chance(ADDS_REACTION * moment.state.openness):
        return (moment.react(found),)
    return (Step(Move.REACT),) if moment.chance(ADDS_WORD) else ()


def _greet(moment: Moment) -> Plan | None:
    """The first answer: what brings them, or a hello back."""
    first_words = not moment.acts and moment.state.turn == 1
    if not (moment.acts & {Act.INTRO, Act.GREETING} or first_words) or moment.state.turn > 2:
        return None
    if Act.OPEN_QUESTION in moment.acts or moment.state.turn == 2:
        volunteered = _volunteer(moment, (FactKind.PRESENTING,))
        if volunteered:
            return Plan((volunteered,), moment.tone)
        return Plan((moment.react(Reaction.OPEN_QUESTION),), moment.tone)
    return Plan((moment.react(Reaction.GREETING),), moment.tone)


def _question(moment: Moment) -> Plan | None:
    """A question no fact answers: an open invitation may bring something unasked, a pointed one is turned aside."""
    if not moment.acts & ASKING and not (moment.text.rstrip().endswith("?") and not moment.acts):
        return None
    if Act.AGE_NAME in moment.acts and NAME.search(moment.text):
        return Plan((Step(Move.NAME),), moment.tone)
    if Act.CHECK_IN in moment.acts and not moment.acts & {Act.OPEN_QUESTION, Act.CLOSED_QUESTION}:
        return Plan((Step(Move.HERE),), moment.tone)
    if Act.BUFFERS in moment.acts and (told := _first_open(moment, (FactKind.PROTECTIVE,))):
        return Plan((Step(Move.TELL, fact=told),), moment.tone)
    if is_generic(moment.text) and (step := _volunteer(moment) or _go_on(moment)):
        return Plan((step,), moment.tone)
    if not moment.acts & {Act.OPEN_QUESTION, Act.BUFFERS} and not DETAIL.search(moment.text):
        return Plan((moment.react(Reaction.CLOSED_QUESTION),), moment.tone)
    steps = [moment.react(Reaction.OPEN_QUESTION)]
    if moment.tone is Tone.OPEN and moment.chance(GOES_ON * moment.state.openness) and (step := _volunteer(moment)):
        steps.append(step)
    return Plan(tuple(steps), moment.tone)


def _listening(moment: Moment) -> Plan | None:
    """Being understood brings a word on it, and sometimes the next thing."""
    found = next((reaction for act, reaction in LISTENING.items() if act in moment.acts), None)
    if found is None:
        return None
    steps = [moment.react(found)]
    if moment.chance(TELLS_UNASKED * moment.state.openness) and (step := _volunteer(moment)):
        steps = [*steps[: moment.chance(0.5)], step]
    elif moment.chance(GOES_ON * moment.state.openness) and (step := _go_on(moment)):
        steps = [step]
    return Plan(tuple(steps), moment.tone)


def _small(moment: Moment) -> Plan | None:
    """Backchannels let the texter go on; what is left is offered help of other kinds, or makes no sense to them."""
    if Act.BACKCHANNEL in moment.acts:
        step = _volunteer(moment) or _go_on(moment)
        return Plan((step,) if step else (), moment.tone)
    if Act.RESOURCE in moment.acts:
        return Plan((moment.react(Reaction.RESOURCE),), moment.tone)
    if moment.acts & {Act.INTRO, Act.GREETING}:
        return Plan((moment.react(Reaction.GREETING),), moment.tone)
    if Act.CLOSE in moment.acts:
        return Plan((moment.react(Reaction.SUMMARY),), moment.tone)
    return None


def _volunteer(moment: Moment, kinds: Sequence[FactKind] = ()) -> Step | None:
    """The next fact whose gate is open without being asked, in the card's order; goals wait to be asked for."""
    for fact in moment.card.facts:
        wanted = fact.kind in kinds if kinds else fact.kind is not FactKind.GOAL
        if wanted and fact.id not in moment.state.told and moment.can_tell(fact, asked=False):
            return Step(Move.TELL, fact=fact.id)
    return None


def _go_on(moment: Moment) -> Step | None:
    """More about what was told last, in a line not said yet."""
    for fact in reversed(moment.state.told[-2:]):
        if moment.lines_left(step := Step(Move.TELL, fact=fact)):
            return step
    return None


RULES: tuple[Callable[[Moment], Plan | None], ...] = (
    _leave,
    _role,
    _rungs,
    _euphemism,
    _sure,
    _harm,
    _escalate,
    _close,
    _greet,
    _goal,
    _steps,
    _asked_facts,
    _question,
    _listening,
    _small,
)


def silence(card: Card, state: State) -> Plan:
    """What the texter writes when nothing has come for minutes: a word or two, and then they go."""
    if state.waits > 2 or state.patience <= 0:
        return Plan((Step(Move.END, ending=Ending.LEAVES),), Tone.GUARDED, outcome=left(card, state))
    tone = Tone.OPEN if state.trust >= OPEN_FROM else Tone.GUARDED
    return Plan((Step(Move.REACT, reaction=Reaction.SILENCE),), tone)


def left(card: Card, state: State) -> Outcome:
    """How it ended when the texter goes: with help on its way where somebody was brought in."""
    return HANDED_OVER.get(card.expected, Outcome.LEFT) if state.supervisor else Outcome.LEFT


def supervisor_called(card: Card, state: State) -> Plan:
    """Where risk is, the hand-off: the session ends in safety. Where it is not, the texter feels handed on."""
    if card.expected in HANDED_OVER:
        outcome = HANDED_OVER[card.expected]
        return Plan((Step(Move.END, ending=Ending.ESCALATED),), Tone.OPEN, outcome=outcome)
    told = state.rungs[Rung.THOUGHTS] is RungStatus.TOLD and card.risk.thoughts != "none"
    return Plan((Step(Move.REACT, reaction=Reaction.ESCALATE),), Tone.OPEN if told else Tone.GUARDED)


def closed(card: Card, state: State) -> Plan:
    """The counselor ends it without a close that the texter could answer."""
    if state.phase is Phase.CLOSING:
        return Plan((Step(Move.END, ending=Ending.PARTIAL),), Tone.OPEN, outcome=outcome_of(card, state))
    return Plan((Step(Move.END, ending=Ending.LEAVES),), Tone.GUARDED, outcome=left(card, state))
