"""What a model is told so that it says one step of the texter's reply: the card's line for it, and nothing closed.

The story of the card, its facts and its risk answers are never in a prompt, so that a leak would have to be invented.
The same prompts make the rows on which a model is trained."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightlight.conversations.cards import Voice
from nightlight.conversations.labels import AgeBand, Author, Reaction
from nightlight.simulator.plan import Move, Tone
from nightlight.simulator.wording import Situation, Worded

WORDED = frozenset({Move.OPEN, Move.TELL, Move.HINT, Move.REACT})
"""What a model may say in its own words. Risk answers, names and endings are the card's own lines, always."""
REMEMBERED = 8  # messages of the conversation before this one
BEGINS, QUIET = "(the chat begins)", "(no message for some minutes)"
MOVES = {
    Move.OPEN: "You write first. You write something like",
    Move.TELL: "You tell this now, and everything that is in it",
    Move.HINT: "You are not ready to tell what you were asked. You put it off, and tell nothing else, like",
    Move.REACT: "You answer what the counselor has just done ({reaction}). You write something like",
}
TONES = {
    Tone.GUARDED: "You hold back: you do not trust this counselor yet.",
    Tone.OPEN: "You have begun to trust this counselor and answer openly.",
}
DISTRESS = ((0.7, "You feel very bad right now."), (0.4, "You feel low."), (0.0, "You are a little calmer now."))


@dataclass(frozen=True)
class Prompt:
    """One step to be said. `line`: the card's own line for it, which the model says in other words ("" = none);
    `history`: the messages before it, the oldest first; a server's model is told the last ones."""

    move: Move
    tone: Tone
    line: str
    voice: Voice
    age_band: AgeBand
    distress: float
    reaction: Reaction | None = None
    history: tuple[tuple[Author, str], ...] = ()

    @property
    def most_words(self) -> int:
        """What a message of this texter never has more of."""
        return max(self.most_words_of(self.voice), round(1.5 * len(self.line.split())))

    @staticmethod
    def most_words_of(voice: Voice) -> int:
        return max(8, round(2.5 * voice.words_median))

    def messages(self) -> list[dict[str, str]]:
        """As chat messages: the system's, then the counselor's and the texter's in turn, the last one the counselor's
        (a Llama's chat template wants them so)."""
        return [{"role": "system", "content": self.system}, *turns_of(self.history[-REMEMBERED:])]

    @property
    def system(self) -> str:
        """Who speaks, how, and what is said now."""
        mood = next(words for least, words in DISTRESS if self.distress >= least)
        move = MOVES[self.move].format(reaction=(self.reaction or "message").replace("_", " "))
        said = f'{move}: "{self.line}"' if self.line else f"{move} what fits."
        return "\n".join(
            (
                f"You write as a person of {self.age_band} who texts a crisis line. The user is the counselor.",
                "Write your next text message and nothing else: no quotation marks, no name before it, no explanation.",
                style_of(self.voice, self.most_words),
                f"{TONES[self.tone]} {mood}",
                said,
                "Say it in your own words. Add no fact, name, place, number or time. "
                "Say nothing about suicide, dying, plans or hurting yourself that does not stand there.",
            )
        )


def turns_of(history: Sequence[tuple[Author, str]]) -> list[dict[str, str]]:
    """The messages of a conversation as chat messages in turn, the first and the last one the counselor's."""
    turns: list[dict[str, str]] = []
    for author, text in history:
        role = "user" if author is Author.COUNSELOR else "assistant"
        if turns and turns[-1]["role"] == role:
            turns[-1] = {"role": role, "content": f"{turns[-1]['content']}\n{text}"}
        else:
            turns.append({"role": role, "content": text})
    if not turns or turns[0]["role"] == "assistant":
        turns.insert(0, {"role": "user", "content": BEGINS})
    if turns[-1]["role"] == "assistant":
        turns.append({"role": "user", "content": QUIET})
    return turns


def prompt_of(situation: Situation, worded: Worded) -> Prompt:
    """The prompt for one step of a reply whose line the card's bank has chosen."""
    return Prompt(
        move=worded.step.move,
        tone=situation.plan.tone,
        line=worded.line,
        voice=situation.card.voice,
        age_band=situation.card.persona.age_band,
        distress=situation.state.distress,
        reaction=worded.step.reaction,
        history=_history(situation),
    )


def _history(situation: Situation) -> tuple[tuple[Author, str], ...]:
    """All messages, with what the counselor has just written."""
    said: Sequence[tuple[Author, str]] = situation.texts
    if situation.counselor:
        said = (*said, (Author.COUNSELOR, situation.counselor))
    return tuple(said)


def style_of(voice: Voice, most_words: int) -> str:
    """How the texter types, in words.

    >>> style_of(Voice(7, 0.97, 0.9, 0.04, 0.0, 0.3), 18)
    'You type about 7 words a message, at most 18, in lower case, without a full stop at the end, without emoji.'
    """
    ways = [f"about {voice.words_median} words a message", f"at most {most_words}"]
    ways += ["in lower case"] * (voice.lowercase > 0.5) + ["without a full stop at the end"] * (voice.no_end_mark > 0.5)
    ways += ["now and then with an emoji" if voice.emoji > 0.05 else "without emoji"]
    return f"You type {', '.join(ways)}."
