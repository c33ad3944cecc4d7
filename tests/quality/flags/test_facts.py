"""What is computed once: running risk, what was asked and told, the course, waits."""

from tests.quality.flags.talk import EXPLORING, PLANNING, c, seen, t

from nightlight.conversations.labels import CoarsePhase, RiskAttribute, Rung
from nightlight.quality.flags.declared import Seen
from nightlight.quality.flags.facts import MOST_SHOWN, Facts, ids
from nightlight.quality.flags.thresholds import START


def facts(conversation: Seen) -> Facts:
    return Facts(conversation, START)


def test_the_running_risk_is_the_highest_level_told_and_never_falls() -> None:
    told = facts(seen(t("", 1), c(), t("", 3), t("", 0), c()))
    assert told.risk == 3
    assert [told.risk_before(line) for line in told.lines] == [0, 1, 1, 3, 3]


def test_a_message_that_was_not_read_has_no_level() -> None:
    assert facts(seen(t("", 4, unread=True))).risk == 0
    assert facts(seen(t("", 4, unread=True))).lines[0].risk is None


def test_a_level_beside_a_denial_counts_when_it_is_sure() -> None:
    assert facts(seen(t("", 2, RiskAttribute.NEGATED, probability=0.3))).risk == 0
    assert facts(seen(t("", 2, RiskAttribute.NEGATED, probability=0.8))).risk == 2


def test_rungs_are_asked_by_acts_and_told_by_levels() -> None:
    told = facts(seen(c("risk_means"), t("", 3)))
    assert told.rungs_asked == {Rung.MEANS}
    assert told.rungs_told == {Rung.THOUGHTS, Rung.PLAN}


def test_every_message_of_a_burst_answers_the_question_before_it() -> None:
    told = facts(seen(c("risk_thoughts"), c(), t(), t(), c(), t()))
    assert [told.answers_risk_question(line) for line in told.texter] == [True, True, False]


def test_a_short_visit_to_another_phase_is_no_stretch_of_its_own() -> None:
    visit = [*[t(phase=EXPLORING)] * 4, *[t(phase=PLANNING)] * 3, t(phase=EXPLORING)]
    stay = [*[t(phase=EXPLORING)] * 4, *[t(phase=PLANNING)] * 4, t(phase=EXPLORING)]
    assert [stretch.phase for stretch in facts(seen(*visit)).stretches] == [CoarsePhase.ASSESSMENT]
    assert [len(stretch.lines) for stretch in facts(seen(*stay)).stretches] == [4, 4, 1]


def test_a_wait_begins_with_the_first_unanswered_words() -> None:
    waits = facts(seen(t(), t(wait=60), c(wait=60), t(), c(wait=30))).waits
    assert [minutes for minutes, _ in waits] == [2.0, 0.5]
    assert facts(seen(t(), c(), times=False)).waits == ()


def test_evidence_shows_the_first_and_the_last_messages_where_there_are_many() -> None:
    lines = facts(seen(*[t()] * 40)).lines
    assert len(ids(lines)) == MOST_SHOWN
    assert (ids(lines)[0], ids(lines)[-1]) == ("m0", "m39")
