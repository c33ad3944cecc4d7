"""Everything that a page of quality may have to say has a word."""

from nightlight.conversations.labels import GOOD_ACTS, HIGHEST_RISK, Author, CounselorAct, Phase, RiskAttribute
from nightlight.quality.flags.declared import Severity
from nightlight.quality.openings import Ground
from nightlight.quality.reviews import REASONS
from nightlight.quality.store import Happened, State
from nightlight.web.quality import words


def test_every_value_of_every_set_has_its_word() -> None:
    assert words.SEVERITIES.keys() == set(Severity)
    assert words.STATES.keys() == words.NOTHING.keys() == set(State)
    assert words.HAPPENED.keys() == set(Happened)
    assert words.GROUNDS.keys() == set(Ground)
    assert words.AUTHORS.keys() == set(Author)
    assert words.ATTRIBUTES.keys() == set(RiskAttribute)
    assert words.ACTS.keys() == set(CounselorAct)
    assert words.PHASES.keys() == set(Phase)
    assert tuple(words.REASONS) == REASONS
    assert len(words.RISKS) == HIGHEST_RISK + 1


def test_what_is_called_helpful_is_a_good_act_and_of_one_kind() -> None:
    named = [act for acts in words.STRENGTHS.values() for act in acts]
    assert set(named) <= GOOD_ACTS
    assert len(named) == len(set(named))


def test_the_more_probable_the_surer_the_word() -> None:
    said = [words.likely(share / 100) for share in range(101)]
    assert list(dict.fromkeys(said)) == ["not likely", "about even", "likely", "very likely", "almost certain"]
