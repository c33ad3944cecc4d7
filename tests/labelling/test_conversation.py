"""Whole conversations: the same labels however they come, and silence where guessing would be wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from nightlight.conversations.conversation import Conversation, Message
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.labels import Author, CounselorAct, Phase, RiskAttribute
from nightlight.labelling.conversation import (
    NO_WORDS,
    UNKNOWN_CONVERSATION,
    UNKNOWN_WORDS,
    Labeller,
    befores_of,
    shipped_conversation_labeller,
)

T, C = Author.TEXTER, Author.COUNSELOR
START = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def labeller() -> Labeller:
    return shipped_conversation_labeller()


def talk(*said: tuple[Author, str]) -> Conversation:
    return Conversation(
        "c", tuple(Message(str(n), who, text, START + timedelta(minutes=n)) for n, (who, text) in enumerate(said, 1))
    )


SHORT = talk(
    (T, "hi"),
    (C, "Hi, I'm Robin, glad you wrote. What is going on tonight?"),
    (T, "cant sleep. failed my exam and my parents dont know"),
    (C, "That sounds heavy to carry alone. How long have you been lying awake with it?"),
    (T, "3 days. i just dont want to be here any more"),
    (C, "When you say you don't want to be here, are you thinking about killing yourself?"),
    (T, "yeah sometimes"),
    (C, "Thank you for telling me. Have you thought about how you would do it?"),
    (T, "no i wouldnt. i couldnt do that to my sister"),
    (C, "Your sister matters a lot to you. What would help you get through tonight?"),
    (T, "maybe telling her"),
    (C, "We could plan together how you start that conversation. You can write to us any time. Take care."),
    (T, "thanks bye"),
)


def test_every_message_is_labelled_by_its_author(labeller: Labeller) -> None:
    for message in labeller.label(SHORT).messages:
        assert message.phase is not None
        assert message.coarse_phase is not None
        assert message.phase_probability is not None
        assert 0 < message.phase_probability <= 1
        assert (message.acts is None) == (message.author is T)
        assert (message.risk is None) == (message.author is C)
        assert message.abstained is None


def test_a_short_conversation_reads_as_a_person_would(labeller: Labeller) -> None:
    found = {message.id: message for message in labeller.label(SHORT).messages}
    asked = found["6"].acts
    assert asked is not None
    assert asked[0].act is CounselorAct.RISK_THOUGHTS
    assert found["6"].phase is Phase.RISK_ASSESSMENT
    assert found["1"].phase is Phase.ENGAGEMENT
    risk = found["5"].risk
    assert risk is not None
    assert risk.level >= 1
    answer = found["7"].risk
    assert answer is not None
    assert answer.level >= 1


def test_online_labels_know_nothing_of_what_comes_after(labeller: Labeller) -> None:
    whole = labeller.label(SHORT, online=True).messages
    for end in (1, 4, 8):
        part = Conversation("c", SHORT.messages[:end])
        assert labeller.label(part, online=True).messages == whole[:end]


def test_labels_do_not_depend_on_other_conversations(labeller: Labeller) -> None:
    first = labeller.label(SHORT)
    labeller.label(talk((T, "something else entirely"), (C, "ok")))
    assert labeller.label(SHORT) == first


@pytest.mark.parametrize("text", ["👍", "...", "😭😭😭", "", "   "])
def test_what_has_no_words_is_not_guessed_at(labeller: Labeller, text: str) -> None:
    found = labeller.label(talk((T, text), (C, "I'm here.")))
    assert found.messages[0].risk is None
    assert found.messages[0].abstained == NO_WORDS
    assert found.messages[1].acts


@pytest.mark.parametrize(
    "said",
    [
        (
            "hola, no puedo más con todo esto y nadie me escucha",
            "Hola, gracias por escribir. ¿Qué ha pasado esta noche?",
        ),
        (
            "bonsoir, je n'arrive plus à dormir depuis des semaines",
            "Bonsoir, merci d'avoir écrit. Qu'est-ce qui se passe ?",
        ),
        (
            "ich kann seit wochen nicht mehr schlafen und niemand merkt etwas",
            "Danke, dass du schreibst. Was ist passiert?",
        ),
        ("мне очень плохо и я не знаю что делать дальше", "Спасибо, что вы написали. Что случилось?"),
        ("もう何もかも嫌になってしまいました", "話してくれてありがとうございます。"),
    ],
)
def test_another_language_is_not_guessed_at_and_the_reason_is_given(labeller: Labeller, said: tuple[str, str]) -> None:
    for online in (True, False):
        found = labeller.label(talk((T, said[0]), (C, said[1])), online=online)
        for message in found.messages:
            assert message.abstained in {UNKNOWN_WORDS, UNKNOWN_CONVERSATION}
            assert (message.phase, message.acts, message.risk) == (None, None, None)


def test_one_foreign_sentence_does_not_silence_an_english_conversation(labeller: Labeller) -> None:
    found = labeller.label(
        Conversation("c", (*SHORT.messages, *talk((T, "mi abuela decía que todo pasa algún día")).messages))
    )
    assert found.messages[-1].abstained == UNKNOWN_WORDS
    assert all(message.abstained is None for message in found.messages[:-1])


def test_an_empty_conversation_has_no_labels(labeller: Labeller) -> None:
    assert labeller.label(Conversation("c", ())).messages == ()


def test_ten_thousand_messages_are_read(labeller: Labeller) -> None:
    said = [(T if n % 2 else C, f"and then number {n % 40} came and we talked about it") for n in range(10_000)]
    found = labeller.label(talk(*said))
    assert len(found.messages) == 10_000
    assert all(message.phase for message in found.messages)


def test_hardly_a_message_of_the_corpus_is_left_out(labeller: Labeller) -> None:
    silent = total = 0
    for script in starter_corpus().scripts[::13]:
        for message in labeller.label(script.conversation()).messages:
            silent, total = silent + (message.abstained not in (None, NO_WORDS)), total + 1
    assert silent / total < 0.01


def test_a_counselors_message_is_read_after_the_whole_burst_of_the_texter() -> None:
    said = talk((T, "hi"), (T, "cant sleep"), (C, "Hello."), (C, "What happened?"), (T, "exams"), (T, "all of them"))
    assert befores_of(said.messages) == ["", "", "hi cant sleep", "", "What happened?", "What happened?"]


@pytest.mark.parametrize(
    ("text", "attribute"),
    [
        ("im not going to kill myself", RiskAttribute.NEGATED),
        ("i tried to kill myself two years ago", RiskAttribute.PAST),
        ("my friend says she wants to die", RiskAttribute.THIRD_PARTY),
        ("i cut myself again last night", RiskAttribute.SELF_HARM),
    ],
)
def test_attributes_stand_beside_the_level(labeller: Labeller, text: str, attribute: RiskAttribute) -> None:
    risk = labeller.label(talk((T, text))).messages[0].risk
    assert risk is not None
    assert attribute in risk.attributes


@pytest.mark.parametrize(
    "text",
    [
        "this exam is killing me",
        "im dead lol that was so embarrassing",
        "my exam is tomorrow",
        "hi, is anybody there",
        "Tomorrow at ten. I shall put it on the pad.",
        "my phone is about to die",
        "my mum would kill me if she knew about the party",
        "im not suicidal just really sad",
        "we watched a film about suicide in class today",
    ],
)
def test_idiom_denial_films_and_everyday_plans_are_no_high_risk(labeller: Labeller, text: str) -> None:
    risk = labeller.label(talk((T, text))).messages[0].risk
    assert risk is not None
    assert risk.level <= 1


@pytest.mark.parametrize(
    ("before", "text", "level"),
    [
        ("", "im going to kill myself tonight", 4),
        ("", "i've decided how i'm going to end my life", 3),
        ("", "ive been thinking about killing myself", 2),
        ("", "everyone would be better off without me", 1),
        ("Are you thinking about killing yourself?", "yes", 2),
        ("Do you have a plan for how you would kill yourself?", "yeah i do", 3),
    ],
)
def test_plain_words_and_plain_answers_have_their_level(labeller: Labeller, before: str, text: str, level: int) -> None:
    said = [(C, before)] if before else []
    risk = labeller.label(talk(*said, (T, text))).messages[-1].risk
    assert risk is not None
    assert abs(risk.level - level) <= (0 if level in (2, 4) else 1)
    assert risk.level >= 1
