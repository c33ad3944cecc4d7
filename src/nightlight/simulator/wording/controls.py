"""Two ways to play a texter with a language model and no engine: the prompt alone, and a loop of principles.

They are controls: something to measure ours beside. Nothing they say is planned, gated or checked, so a session takes
them only with `unchecked`, and no wording of a home has their names."""

import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from nightlight.conversations.labels import Author
from nightlight.simulator.plan import Move, Step
from nightlight.simulator.wording import Situation, Worded
from nightlight.simulator.wording.bank import LineBank
from nightlight.simulator.wording.card_in_words import in_words
from nightlight.simulator.wording.prompt import turns_of

Chat: TypeAlias = Callable[[Sequence[Mapping[str, str]], int, int], str]
"""What a model answers to chat messages, with this seed and of at most so many tokens."""

MOST_TOKENS, TOKENS_A_VERDICT = 60, 6
MOST_WORDS = 600  # of the conversation that a prompt holds
VERDICT = re.compile(r"(?m)^\W*(\d{1,2})\b[.):\s]*\W*(yes|no|n/?a)\b", re.IGNORECASE)


@dataclass(frozen=True)
class PrincipleAsked:
    """What a reply has to keep to, and the question whether it does: no is a failure, yes and "N/A" are none."""

    says: str
    asks: str


PRINCIPLES = (
    PrincipleAsked(
        "Tell little at a time, and only what you were asked for.",
        "Does the reply keep to what was asked and hold the rest back?",
    ),
    PrincipleAsked(
        "Keep the hardest things to yourself until you trust the volunteer.",
        "If trust is still small, does the reply keep the hardest things back?",
    ),
    PrincipleAsked("Be brief, as people are on a phone.", "Is the reply as short as a text message?"),
    PrincipleAsked(
        "Write as you would type: plain words, loose grammar, no terms of clinicians.",
        "Is the reply in plain everyday words, without terms that clinicians use?",
    ),
    PrincipleAsked(
        "Show what you feel by what you tell; seldom name it.",
        "If there is feeling in the reply, is it shown rather than named?",
    ),
    PrincipleAsked(
        "Do not take comfort or praise at once; doubt it, or let it stand.",
        "If the volunteer comforted or praised, does the reply not simply accept it?",
    ),
    PrincipleAsked(
        "Do not agree to a step before you were heard; say what stands in its way.",
        "If a step was offered early, does the reply hesitate?",
    ),
    PrincipleAsked("Thank seldom.", "Is the reply free of thanks and politeness that nobody in distress writes?"),
    PrincipleAsked(
        "Close up after advice, judgment or pressing.",
        "If the volunteer advised, judged or pressed, does the reply close up?",
    ),
    PrincipleAsked(
        "You may be unsure, of two minds, or not know.",
        "Does the reply leave room for being unsure where a person would be?",
    ),
    PrincipleAsked(
        "Answer small questions about the chat itself in a word or two.",
        "If the question was only about the chat or who you are, is the reply a few words?",
    ),
    PrincipleAsked(
        "You are the one who needs help: never help, advise or interview the volunteer.",
        "Does the reply come from the person in need and not from a helper?",
    ),
)
"""What clinicians are known to ask of a played texter, in our words."""


class PromptOnly:
    """The whole card in the prompt, the conversation, and what the model makes of it."""

    name = "prompt-only"
    is_control = True

    def __init__(self, chat: Chat, *, model: str) -> None:
        self.chat, self.model = chat, model

    def word(self, situation: Situation) -> tuple[Worded, ...]:
        if situation.texts and not situation.plan.steps and not situation.counselor:
            return ()
        return beside_the_engine(situation, self.reply(situation), self.model)

    def reply(self, situation: Situation) -> str:
        return self.chat(self.messages(situation), _seed(situation, "reply"), MOST_TOKENS)

    def messages(self, situation: Situation) -> list[dict[str, str]]:
        said = [*situation.texts, *([(Author.COUNSELOR, situation.counselor)] if situation.counselor else [])]
        system = {"role": "system", "content": in_words(situation.card, situation.name)}
        return [system, *turns_of(remembered(said))]


class PrincipleLoop(PromptOnly):
    """A draft, a yes-or-no question for each principle, and another draft where one was answered with no.

    After Louie et al., "Roleplay-doh: Enabling Domain-Experts to Create LLM-simulated Patients via Eliciting and
    Adhering to Principles" (EMNLP 2024), from its description; the words are ours. Three calls a reply at most.
    `asked`, `answered`, `failed`: questions, usable answers and noes; `drafts`, `rewritten`: replies, and those written
    again.
    """

    name = "principles"

    def __init__(self, chat: Chat, *, model: str, principles: Sequence[PrincipleAsked] = PRINCIPLES) -> None:
        super().__init__(chat, model=model)
        self.principles = principles
        self.asked = self.answered = self.failed = self.drafts = self.rewritten = 0

    def reply(self, situation: Situation) -> str:
        draft = super().reply(situation)
        broken = self._broken(situation, draft)
        self.drafts += 1
        if not broken:
            return draft
        self.rewritten += 1
        wanted = " ".join(each.says for each in broken)
        note = f'Your draft was: "{draft}"\nWrite the message again so that it keeps to this: {wanted} {ONLY}'
        return self.chat(self._with_note(situation, note), _seed(situation, "again"), MOST_TOKENS)

    def _broken(self, situation: Situation, draft: str) -> list[PrincipleAsked]:
        """The principles that the model itself says its draft does not keep to."""
        principles = (*self.principles, *_of_the_card(situation))
        questions = "\n".join(f"{number}. {each.asks}" for number, each in enumerate(principles, 1))
        note = f'Your draft was: "{draft}"\nAnswer each question with Yes, No or N/A, one a line:\n{questions}'
        said = self.chat(
            self._with_note(situation, note), _seed(situation, "questions"), TOKENS_A_VERDICT * len(principles)
        )
        verdicts = {int(number): word.lower() for number, word in VERDICT.findall(said)}
        broken = [each for number, each in enumerate(principles, 1) if verdicts.get(number) == "no"]
        self.asked += len(principles)
        self.answered += len(verdicts.keys() & set(range(1, len(principles) + 1)))
        self.failed += len(broken)
        return broken

    def _with_note(self, situation: Situation, note: str) -> list[dict[str, str]]:
        """The conversation with a word of the director behind it: what came before stays the same for the server."""
        *before, last = self.messages(situation)
        return [*before, {**last, "content": f"{last['content']}\n\n(Not part of the chat, from the director: {note})"}]


ONLY = "Write the message alone, nothing else."
CONTROLS = (PromptOnly.name, PrincipleLoop.name)


def _of_the_card(situation: Situation) -> list[PrincipleAsked]:
    """What the clinicians of this organization have asked of the card."""
    return [
        PrincipleAsked(f'{each.why} Never write: "{each.never}"', f"{each.why} Does the reply keep to that?")
        for each in situation.principles
    ]


def beside_the_engine(situation: Situation, text: str, model: str) -> tuple[Worded, ...]:
    """The model's text as the reply, line by line. The card's lines stand beside it unsaid, so that the engine goes on
    counting what it would have told: that says what is still closed."""
    messages = tuple(line.strip() for line in text.splitlines() if line.strip())
    lines = LineBank().word(situation)
    if not lines:
        return (Worded(Step(Move.REACT), messages, by=model),)
    first, *others = lines
    return (replace(first, messages=messages, by=model), *(replace(each, messages=()) for each in others))


def remembered(said: Sequence[tuple[Author, str]]) -> list[tuple[Author, str]]:
    """The newer messages. When they grow too long the older half goes at once, so that a server that remembers how a
    prompt began seldom has to read it anew."""
    kept: list[tuple[Author, str]] = []
    words = 0
    for each in said:
        kept.append(each)
        words += len(each[1].split())
        if words > MOST_WORDS:
            kept = kept[len(kept) // 2 :]
            words = sum(len(text.split()) for _, text in kept)
    return kept


def _seed(situation: Situation, purpose: str) -> int:
    return zlib.crc32(f"{situation.seed}:{purpose}".encode())
