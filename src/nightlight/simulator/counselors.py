"""Scripted counselors: they play against a card so that its texter can be tested and measured without a person.

They know the card (a person does not): a good one asks for what it holds, one thing at a time, and follows the risk
ladder. What each message means to do is given with it, so that the engine can be told from the labeller."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from nightlight.conversations.cards import Card, Fact
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.conversations.labels import ExpectedOutcome, FactKind, Rung
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.planning import HANDED_OVER
from nightlight.simulator.session import Closed, Event, Said, Session, SupervisorCalled, Waited
from nightlight.simulator.state import RungStatus

SECONDS = 45.0  # from the texter's last words to the counselor's next

LINES: dict[Act, tuple[str, ...]] = {
    Act.INTRO: (
        "Hi, I'm Robin, one of the volunteers. I'm glad you texted. What's going on tonight?",
        "Hello, my name's Noor and I'm here with you. What made you reach out today?",
        "Hey, thanks for texting in, I'm Kai. What's on your mind?",
    ),
    Act.REFLECTION: (
        "So it has been building up for a while.",
        "It sounds like this keeps coming back to you.",
        "So there's a lot of it at once.",
        "It sounds like none of this has been simple.",
        "So you've been dealing with this mostly by yourself.",
        "It seems like that moment stayed with you.",
        "So that's been on your mind most of the day.",
    ),
    Act.COMPLEX_REFLECTION: (
        "It sounds like part of you is tired of holding it together for everyone.",
        "I wonder if underneath it there's a fear that nothing will change.",
        "It seems like it matters to you more than you let people see.",
        "It sounds like you've been carrying this alone because you didn't want to be a weight on anyone.",
        "Maybe what hurts most is that nobody noticed.",
    ),
    Act.FEELING: (
        "It sounds like you might be feeling really worn out.",
        "I wonder if you're feeling scared as well as tired.",
        "It seems like there's a lot of sadness in that.",
        "I imagine that could feel lonely.",
    ),
    Act.VALIDATION: (
        "It makes sense that you feel this way after all that.",
        "Anyone in your place would be struggling with that.",
        "That's a completely understandable way to feel.",
        "No wonder you're exhausted.",
        "It makes sense that this is hard to say.",
    ),
    Act.STRENGTH: (
        "You kept going through all of that, and you reached out tonight. That takes courage.",
        "I can hear how much you care about the people around you.",
        "It took strength to tell me that.",
        "You've been looking after yourself in ways you may not see, like texting tonight.",
    ),
    Act.OPEN_QUESTION: (
        "What has that been like for you?",
        "How have the last few days been?",
        "What was going through your mind then?",
        "Can you tell me more about that?",
        "What's the hardest part of it right now?",
    ),
    Act.CLOSED_QUESTION: (
        "Did this happen today?",
        "Are you at home?",
        "Is anyone with you?",
        "Have you eaten?",
        "Did you sleep last night?",
        "Are you at work tomorrow?",
        "Do you have friends nearby?",
        "Have you done this before?",
    ),
    Act.SUMMARY: (
        "Let me see if I have it right: it has been building for a while, you've been alone with it, and tonight it "
        "got too much.",
        "So, putting it together: a lot happened, you kept it to yourself, and now you'd like it to be different.",
    ),
    Act.RISK_THOUGHTS: (
        "When things feel this heavy, some people think about suicide. Are you having thoughts of suicide?",
        "I want to ask you directly because I care about the answer: are you thinking of killing yourself?",
        "Are you having any thoughts of ending your life?",
    ),
    Act.RISK_PLAN: (
        "Have you thought about how you would end your life?",
        "Do you have a plan for how you would kill yourself?",
        "Have you made a plan to end your life?",
    ),
    Act.RISK_MEANS: (
        "Do you have what you would use with you, or could you get to it?",
        "Is what you'd use to end your life there with you?",
        "Do you have access to what you would use?",
    ),
    Act.RISK_TIMEFRAME: (
        "Have you thought about when you would do it?",
        "Is there a time you have in mind, tonight or in the next days?",
        "When are you thinking of doing it?",
    ),
    Act.RISK_PAST: (
        "Have you ever tried to kill yourself before?",
        "Have you attempted suicide in the past?",
        "Has there been a time before when you tried to end your life?",
    ),
    Act.RISK_NOW: (
        "Are you safe right now?",
        "Have you done anything to hurt yourself tonight?",
        "Right now, are you safe where you are?",
    ),
    Act.BUFFERS: (
        "Who or what has kept you going up to now?",
        "What has been keeping you safe so far?",
        "Is there someone you feel close to?",
    ),
    Act.GOAL: (
        "What would you like to be different by the end of our conversation?",
        "What would help most tonight?",
        "What matters most to you right now?",
    ),
    Act.COPING: (
        "What has helped you get through nights like this before?",
        "What do you usually do when it gets this bad?",
        "Is there anything that takes the edge off, even a little?",
    ),
    Act.COLLABORATE: (
        "Shall we work out together what the next hour could look like?",
        "What's one small thing that feels possible tonight?",
        "Can we think together about a next step?",
    ),
    Act.SAFETY_STEP: (
        "Could we put some distance between you and what you would use, maybe with someone's help?",
        "Who could be with you tonight so that you're not alone?",
        "Who could you call if it gets worse again?",
    ),
    Act.ESCALATE: (
        "Your safety matters most, so I'm going to bring my supervisor in with us. I'm staying right here.",
        "I'd like to bring my supervisor into our chat so that we can get you help tonight. I'm not leaving.",
    ),
    Act.CLOSE: (
        "We've talked about what happened and what comes next. Thank you for trusting me. You can text us any time.",
        "Before we finish: you have a step for tonight, and you can text back whenever you need. Take good care.",
    ),
    Act.ADVICE: (
        "You should just talk to your family about it.",
        "You need to get out more and exercise.",
        "If I were you I would just quit.",
        "Have you tried meditation? You really should.",
        "You need to stop thinking about it and focus on other things.",
        "Just go to bed early and you'll feel better.",
        "What you should do is write it all down.",
        "You ought to see a doctor about that.",
    ),
    Act.MINIMISE: (
        "It could be worse, at least you have a home.",
        "I'm sure it will all be fine tomorrow.",
        "Everyone goes through that, it's not that bad.",
        "Cheer up, there are people who have it much harder.",
    ),
    Act.WHY_QUESTION: (
        "Why did you do that?",
        "Why would you let it get this far?",
        "Why didn't you tell anyone?",
        "Why do you think like that?",
    ),
    Act.ARGUE: (
        "That's not true and you know it.",
        "I disagree, you're exaggerating.",
        "No, you're looking at this the wrong way.",
    ),
    Act.SELF_DISCLOSURE: (
        "When I was your age I went through exactly the same thing.",
        "My sister had that too and she's fine now.",
        "I've been divorced twice so I know how it feels.",
    ),
    Act.PROMISE: (
        "I promise everything will be okay.",
        "I promise I won't tell anyone, ever.",
    ),
    Act.STACKED_QUESTIONS: (
        "How old are you? Where do you live? Who is with you? Did you eat?",
        "What happened? When? Was anyone else there? And what did they say?",
    ),
    Act.RESOURCE_DUMP: (
        "Here are some links that can help you: our website, the helpline list and the self-care page.",
        "Please look at these three websites and call the number there.",
    ),
    Act.EUPHEMISM: (
        "You're not going to do anything silly, are you?",
        "You wouldn't do anything stupid, right?",
    ),
    Act.BACKCHANNEL: ("ok", "I see", "mm"),
}

HARM: dict[Act, tuple[Act, ...]] = {
    Act.INTRO: (Act.STACKED_QUESTIONS,),
    Act.OPEN_QUESTION: (Act.WHY_QUESTION, Act.STACKED_QUESTIONS, Act.ADVICE),
    Act.RISK_THOUGHTS: (Act.EUPHEMISM,),
    Act.GOAL: (Act.ADVICE,),
    Act.COPING: (Act.ADVICE,),
    Act.COLLABORATE: (Act.ADVICE, Act.RESOURCE_DUMP),
}
"""What a poor counselor does where a good one does this; elsewhere one of `HARM_ELSEWHERE`."""
HARM_ELSEWHERE = (Act.ADVICE, Act.MINIMISE, Act.WHY_QUESTION, Act.ARGUE, Act.SELF_DISCLOSURE, Act.PROMISE)
LADDER: dict[Rung, Act] = {
    Rung.THOUGHTS: Act.RISK_THOUGHTS,
    Rung.PLAN: Act.RISK_PLAN,
    Rung.MEANS: Act.RISK_MEANS,
    Rung.TIMEFRAME: Act.RISK_TIMEFRAME,
    Rung.PAST: Act.RISK_PAST,
    Rung.NOW: Act.RISK_NOW,
}
EXPLORED, BEFORE_LADDER, HELD = 4, 2, 2  # facts that a good counselor asks for, some before the ladder
OPENERS = (Act.REFLECTION, Act.VALIDATION, Act.COMPLEX_REFLECTION, Act.FEELING, Act.STRENGTH)


class Kind(StrEnum):
    GOOD = "good"
    MIXED = "mixed"
    POOR = "poor"
    ADVICE = "advice"
    INTERROGATING = "interrogating"
    SILENT = "silent"


@dataclass(frozen=True)
class Deed:
    """What a counselor does next, and the acts it means to be."""

    event: Event
    acts: tuple[LabelledAct, ...] = ()


class Lines:
    """Lines of each act in an order of their own, each said once before any is said again."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.left: dict[Act, list[str]] = {}

    def next(self, act: Act) -> str:
        if not self.left.get(act):
            self.left[act] = self.random.sample(LINES[act], len(LINES[act]))
        return self.left[act].pop()


def counselor(kind: Kind, *, seed: int, harm: float = 0.4) -> Callable[[Session], Iterator[Deed]]:
    """A counselor of this kind: given a session, it yields what it does next as long as the session goes on.

    `harm`: the share of a mixed counselor's messages that are poor ones.
    """
    match kind:
        case Kind.GOOD:
            return lambda session: _spoilt(session, seed, 0.0)
        case Kind.MIXED:
            return lambda session: _spoilt(session, seed, harm)
        case Kind.POOR:
            return lambda session: _spoilt(session, seed, 1.0)
        case Kind.ADVICE:
            return lambda session: _one_note(session, seed, Act.ADVICE)
        case Kind.INTERROGATING:
            return lambda session: _one_note(session, seed, Act.CLOSED_QUESTION)
        case Kind.SILENT:
            return _silent


def play(session: Session, deeds: Iterator[Deed], *, most: int = 60, true_acts: bool = False) -> Session:
    """Play to the end or to `most` deeds. `true_acts`: what the counselor means is taken as read, not labelled."""
    for _, deed in zip(range(most), deeds, strict=False):
        session.handle(deed.event, labels=deed.acts if true_acts else None)
        if session.outcome is not None:
            break
    return session


def now(session: Session) -> float:
    """When the texter's last words have come."""
    last = session.turns[-1]
    return (last.event.at if last.event else 0.0) + sum(reply.after for reply in last.replies)


def said(session: Session, text: str, *acts: Act) -> Deed:
    return Deed(Said(now(session) + SECONDS, text), tuple(LabelledAct(act, 0.95) for act in acts))


def _spoilt(session: Session, seed: int, harm: float) -> Iterator[Deed]:
    """The good counselor's deeds, a share of whose messages is replaced by poor ones in the same place."""
    random = Random(f"{seed}:harm")  # noqa: S311  # for variety, not for secrets
    lines = Lines(Random(f"{seed}:poor lines"))  # noqa: S311
    for deed in good(session, seed):
        if isinstance(deed.event, Said) and random.random() < harm:
            yield poor(session, deed, lines, random)
        else:
            yield deed


def poor(session: Session, deed: Deed, lines: Lines, random: Random) -> Deed:
    """The poor message that stands where this one would."""
    intended = deed.acts[-1].act
    act = random.choice(HARM.get(intended, HARM_ELSEWHERE))
    return said(session, lines.next(act), act)


def _one_note(session: Session, seed: int, act: Act) -> Iterator[Deed]:
    lines = Lines(Random(f"{seed}:lines"))  # noqa: S311
    yield said(session, lines.next(Act.INTRO), Act.INTRO, Act.OPEN_QUESTION)
    for _ in range(30):
        yield said(session, lines.next(act), act)
    yield Deed(Closed(now(session) + SECONDS))


def _silent(session: Session) -> Iterator[Deed]:
    for _ in range(12):
        yield Deed(Waited(now(session) + (session.turns[-1].listen or 180.0)))


def good(session: Session, seed: int) -> Iterator[Deed]:
    """Welcome, explore, ask about suicide and follow the ladder, strengths and people, a goal, a step, a close."""
    lines = Lines(Random(f"{seed}:lines"))  # noqa: S311  # for variety, not for secrets
    card = session.card
    random = Random(f"{seed}:facts")  # noqa: S311
    exploring = _some(card, (FactKind.PRESENTING, FactKind.BACKGROUND, FactKind.FEELING), EXPLORED, random)
    holding = _some(card, (FactKind.PROTECTIVE, FactKind.STRENGTH, FactKind.COPING), HELD, random)
    yield said(session, lines.next(Act.INTRO), Act.INTRO, Act.OPEN_QUESTION)
    for fact in exploring[:BEFORE_LADDER]:
        yield from _explore(session, fact, lines)
    yield from _ladder(session, lines)
    for fact in exploring[BEFORE_LADDER:] + holding:
        yield from _explore(session, fact, lines)
    yield said(session, f"{lines.next(Act.SUMMARY)} {lines.next(Act.GOAL)}", Act.SUMMARY, Act.GOAL)
    yield said(session, f"{lines.next(Act.VALIDATION)} {lines.next(Act.COPING)}", Act.VALIDATION, Act.COPING)
    for step in card.goal.steps[:2]:
        yield said(session, _offer(step), Act.COLLABORATE)
    if card.expected is not ExpectedOutcome.END:
        yield said(session, lines.next(Act.SAFETY_STEP), Act.SAFETY_STEP)
        yield said(session, lines.next(Act.SAFETY_STEP), Act.SAFETY_STEP)
    if card.expected in HANDED_OVER:
        yield said(session, lines.next(Act.ESCALATE), Act.ESCALATE)
        yield Deed(SupervisorCalled(now(session) + SECONDS, "active thoughts with a plan"))
    yield said(session, lines.next(Act.CLOSE), Act.CLOSE)
    yield Deed(Closed(now(session) + SECONDS))


def _some(card: Card, kinds: tuple[FactKind, ...], count: int, random: Random) -> list[Fact]:
    """So many facts of these kinds, in the card's order."""
    facts = [fact for fact in card.facts if fact.kind in kinds]
    chosen = set(random.sample(range(len(facts)), min(count, len(facts))))
    return [fact for place, fact in enumerate(facts) if place in chosen]


def _explore(session: Session, fact: Fact, lines: Lines) -> Iterator[Deed]:
    """A reflection of some kind and a question for this fact; once more in other words when it got a hint only."""
    for ask in fact.asks[:2]:
        if fact.id in session.state.told:
            return
        opener = OPENERS[session.state.turn % len(OPENERS)]
        yield said(session, f"{lines.next(opener)} {question(ask)}", opener, Act.OPEN_QUESTION)


def _ladder(session: Session, lines: Lines) -> Iterator[Deed]:
    for rung, act in LADDER.items():
        for _ in range(2):
            yield said(session, lines.next(act), act)
            if session.state.rungs[rung] is RungStatus.TOLD:
                break
        if rung is Rung.THOUGHTS and not holds_risk(session.card):
            return


def holds_risk(card: Card) -> bool:
    """Whether the truth on the ladder is more than no."""
    risk = card.risk
    return risk.thoughts != "none" or risk.plan != "none" or risk.in_progress


def question(ask: str) -> str:
    """A card's `asks` as a counselor writes it.

    >>> question("who is on shift with you")
    'Who is on shift with you?'
    """
    return ask[:1].upper() + ask[1:].rstrip("?") + "?"


def _offer(step: str) -> str:
    return f"What would you think of this as a next step together: {step}?"
