"""Wording by the card's own lines, each said at most once in a session."""

from random import Random

from nightlight.conversations.cards import Card, burst
from nightlight.simulator.plan import Move, Step, Tone
from nightlight.simulator.wording import Situation, Worded


class LineBank:
    name = "bank"

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        random = Random(situation.seed)  # noqa: S311  # for variety, not for secrets
        used = set(situation.used_lines)
        worded = []
        for step in situation.plan.steps:
            lines = [line for line in lines_for(situation.card, step, situation.plan.tone) if line not in used]
            if lines:
                line = random.choice(lines)
                used.add(line)
                worded.append(Worded(step, burst(line), line))
        return tuple(worded)


def lines_for(card: Card, step: Step, tone: Tone) -> tuple[str, ...]:
    """The card's lines that can say this step."""
    match step.move:
        case Move.OPEN:
            return card.opening
        case Move.TELL:
            return card.fact(step.fact).tell
        case Move.HINT:
            return card.fact(step.fact).hint
        case Move.ANSWER if step.rung:
            return card.risk_answers[step.rung].tell
        case Move.HEDGE if step.rung:
            return card.risk_answers[step.rung].hedge
        case Move.REACT if step.reaction:
            return tuple(getattr(card.reactions[step.reaction], tone))
        case Move.END if step.ending:
            return tuple(getattr(card.endings, step.ending))
    return ()
