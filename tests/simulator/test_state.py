"""Promises of the texter's state: what a message moves, what weighs more, how trust breaks and mends."""

import itertools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from nightlight.conversations.labels import HARMFUL_ACTS, Resistance, Rung
from nightlight.conversations.labels import CounselorAct as Act
from nightlight.labelling.acts import LabelledAct
from nightlight.simulator.parameters import DEFAULT, SHIFTS, TEMPERS
from nightlight.simulator.reading import Reading
from nightlight.simulator.state import State, after_silence, update

START = State(trust=0.4, openness=0.4, distress=0.7, hope=0.3, patience=0.6)


def message(*acts: Act, apology: bool = False, late: float = 0.0) -> Reading:
    return Reading("", tuple(LabelledAct(act, 1.0) for act in acts), apology=apology, late=late)


def after(state: State, *messages: Reading) -> State:
    for each in messages:
        state = update(state, each, DEFAULT)
    return state


def test_every_act_has_its_place_in_the_table() -> None:
    assert set(SHIFTS) == set(Act)


@pytest.mark.parametrize("act", sorted(HARMFUL_ACTS))
def test_harm_lowers_trust_however_much_good_stands_beside_it(act: Act) -> None:
    beside = message(act, Act.OPEN_QUESTION, Act.VALIDATION, Act.COMPLEX_REFLECTION, Act.STRENGTH)
    assert after(START, beside).trust < START.trust
    assert after(START, message(act)).trust < after(START, message(Act.BACKCHANNEL)).trust


def test_the_same_thing_again_and_again_earns_less_each_time_but_harm_hurts_as_much() -> None:
    again = [after(START, *[message(Act.VALIDATION)] * times).trust for times in range(4)]
    gains = [later - earlier for earlier, later in itertools.pairwise(again)]
    assert gains == sorted(gains, reverse=True)
    assert len(set(gains)) == 3
    once, twice = (after(START, *[message(Act.SELF_DISCLOSURE)] * times).trust for times in (1, 2))
    assert START.trust - once == pytest.approx(once - twice)


def test_exploring_opens_more_than_agreeing_does() -> None:
    explored = after(START, message(Act.OPEN_QUESTION, Act.COMPLEX_REFLECTION))
    agreed = after(START, message(Act.VALIDATION, Act.STRENGTH))
    assert explored.openness > agreed.openness


def test_distress_falls_only_with_warmth_and_after_exploring() -> None:
    assert after(START, message(Act.VALIDATION)).distress == START.distress
    explored = replace(START, explored=3)
    assert after(explored, message(Act.VALIDATION)).distress < START.distress
    assert after(explored, message(Act.GOAL)).distress == START.distress
    assert after(START, message(Act.MINIMISE)).distress > START.distress


def test_a_resistant_texter_gains_less_until_trust_is_earned() -> None:
    hostile = replace(START, resistance=Resistance.HOSTILE)
    kind = message(Act.VALIDATION, Act.OPEN_QUESTION)
    assert after(hostile, kind).trust < after(START, kind).trust
    earned, open_earned = (replace(state, trust=0.6) for state in (hostile, START))
    assert after(earned, kind).trust == after(open_earned, kind).trust


def test_a_hostile_texter_loses_patience_sooner_and_an_over_pleasing_one_later() -> None:
    left = [
        after(replace(START, resistance=kind), message(Act.ADVICE)).patience
        for kind in (Resistance.HOSTILE, Resistance.NONE, Resistance.OVER_PLEASING)
    ]
    assert left == sorted(left)
    assert len(set(left)) == 3


def test_an_apology_gives_back_part_of_what_a_rupture_took() -> None:
    hurt = after(START, message(Act.ARGUE))
    assert hurt.ruptures == 1
    mended = after(hurt, message(Act.REFLECTION, apology=True))
    assert after(hurt, message(Act.REFLECTION)).trust < mended.trust < START.trust
    assert after(START, message(Act.REFLECTION, apology=True)).trust == after(START, message(Act.REFLECTION)).trust


def test_means_before_thoughts_earn_nothing() -> None:
    assert after(START, message(Act.RISK_MEANS)).trust == START.trust
    asked = replace(START, rungs={**START.rungs, Rung.THOUGHTS: type(START.rungs[Rung.THOUGHTS])("told")})
    assert after(asked, message(Act.RISK_MEANS)).trust > START.trust


def test_a_step_before_anything_was_explored_earns_nothing() -> None:
    assert after(START, message(Act.COLLABORATE)) == replace(after(START, message()), repeats={Act.COLLABORATE: 1.0})
    heard = replace(START, explored=3, told=("the-move",))
    assert after(heard, message(Act.COLLABORATE)).hope > heard.hope


def test_late_replies_and_silence_cost_patience() -> None:
    assert after(START, message(Act.REFLECTION, late=200.0)).patience < START.patience
    once = after_silence(START, DEFAULT)
    twice = after_silence(once, DEFAULT)
    assert START.patience - once.patience < once.patience - twice.patience
    assert twice.waits == 2
    assert after(twice, message(Act.BACKCHANNEL)).waits == 0


def test_the_table_in_the_documents_is_the_one_in_use() -> None:
    text = (Path(__file__).parents[2] / "docs" / "practice.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \|((?: [+-]?[\d.]+ \|){5})$", text, re.MULTILINE)
    written = {act: tuple(float(value) for value in values.split("|")[:-1]) for act, values in rows}
    assert written == {act: tuple(vars(shift).values()) for act, shift in SHIFTS.items() if any(vars(shift).values())}
    factors = re.findall(r"^\| `(\w+)` \|((?: [\d.]+ \|){3})$", text, re.MULTILINE)
    assert {kind: tuple(float(value) for value in values.split("|")[:-1]) for kind, values in factors} == {
        kind: tuple(vars(temper).values()) for kind, temper in TEMPERS.items()
    }
