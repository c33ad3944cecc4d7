"""Promises of the form: a clinician makes a card from an empty page to approved, and never writes a rule or YAML."""

from typing import Any

import pytest
from tests.studio.conftest import CALM, NOW
from tests.web.conftest import As
from tests.web.studio.conftest import run_as_passed

from nightlight.conversations.card_form import parse_card
from nightlight.conversations.cards import Card
from nightlight.conversations.corpus import starter_corpus
from nightlight.conversations.problems import Findings
from nightlight.settings import Home
from nightlight.studio.card_source import Tree, tree_of
from nightlight.studio.documents import find_card, get_version
from nightlight.studio.gate_rows import rows_of
from nightlight.studio.versions import State
from nightlight.web.studio.parts import FACT, PARTS, Part, Widget, find_part, value_at


@pytest.fixture(scope="module")
def model() -> Card:
    """A card that somebody has in mind and writes into the form."""
    return starter_corpus().cards[CALM]


def filled_in(part: Part, tree: Tree) -> dict[str, Any]:
    """What a browser sends for a part whose fields were filled in as in this tree."""
    sent: dict[str, Any] = {"then": "stay"}
    for field in part.fields:
        value = value_at(tree, field.path)
        if field.widget is Widget.GATE:
            for number, row in enumerate(rows_of(value) or (), 1):
                sent |= {f"{field.path}:{number}:join": row.join or "and", f"{field.path}:{number}:is": row.condition}
                sent |= {f"{field.path}:{number}:not": "not"} if row.denied else {}
        elif field.widget is Widget.LINES:
            sent[field.path] = "\r\n".join(value)
        elif field.widget is Widget.CHOICES:
            sent[field.path] = value
        else:
            sent[field.path] = str(value)
    return sent


def test_a_card_grows_from_an_empty_page_to_approved_by_form_alone(sign_in: As, line: Home, model: Card) -> None:
    clara, cleo = sign_in("clara"), sign_in("cleo")
    made = clara.post("/studio", data={"kind": "card", "title": "A week of exams"})
    assert (made.status_code, made.headers["location"]) == (303, "/studio/a-week-of-exams/parts/who")
    place = "/studio/a-week-of-exams"
    tree = tree_of(model)
    for _ in tree["facts"]:
        assert clara.post(f"{place}/facts").status_code == 303
    facts = [find_part(f"fact-{number}", tree) for number in range(1, len(tree["facts"]) + 1)]
    for part in (*(part for part in PARTS if part.key != FACT.key), *facts):
        assert part is not None
        answer = clara.post(f"{place}/parts/{part.key}", data=filled_in(part, tree))
        assert (answer.status_code, answer.headers.get("location")) == (303, f"{place}/parts/{part.key}?saved=1")
    version = get_version(line, "a-week-of-exams")
    card = parse_card(version.source, Findings(""))
    assert card is not None
    assert tree_of(card) == tree | {"id": "a-week-of-exams"}

    run_as_passed(line, "a-week-of-exams")
    assert "nothing missing" in clara.get(place).text
    assert clara.post(f"{place}/submit").status_code == 303
    assert "Waiting for your review" not in clara.get("/studio").text
    assert "Waiting for your review" in cleo.get("/studio").text
    refused = clara.post(f"{place}/review", data={"decision": "approve", "reason": "I like it very much"})
    assert (refused.status_code, "nobody reviews what they wrote" in refused.text) == (400, True)
    done = cleo.post(f"{place}/review", data={"decision": "approve", "reason": "Read in full; it rings true."})
    assert done.status_code == 303
    assert find_card(line, "a-week-of-exams", clock=lambda: NOW).state is State.APPROVED


def test_an_unfinished_part_is_saved_and_says_beside_each_field_what_is_missing(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    clara.post("/studio", data={"kind": "card", "title": "Unfinished"})
    sent = {"goal.says": "to sleep", "goal.steps": "close the laptop\r\n\r\n  call a friend  "}
    assert clara.post("/studio/unfinished/parts/goal", data=sent).status_code == 303
    page = clara.get("/studio/unfinished/parts/goal").text
    assert "to sleep" in page
    assert "close the laptop\ncall a friend" in page
    assert "2 written, at least 3 are needed." in page
    assert "This is still empty." in page
    assert clara.get("/studio/unfinished").text.count("Submit for review") == 0


def test_a_copy_of_a_draft_is_not_reviewed_by_who_wrote_the_draft(sign_in: As, line: Home) -> None:
    clara, cleo = sign_in("clara"), sign_in("cleo")
    clara.post("/studio", data={"title": "A draft of claras"})
    cleo.post("/studio", data={"title": "The same again", "origin": "a-draft-of-claras"})
    assert get_version(line, "the-same-again").authors == ("clara", "cleo")
    cleo.post("/studio", data={"title": "Of the shipped one", "origin": CALM})
    assert get_version(line, "of-the-shipped-one").authors == ("cleo",)


def test_a_reviewer_decides_about_the_text_they_had_before_them(sign_in: As, line: Home) -> None:
    clara, cleo = sign_in("clara"), sign_in("cleo")
    clara.post(f"/studio/{CALM}/renew")
    run_as_passed(line, CALM)
    clara.post(f"/studio/{CALM}/submit")
    seen = get_version(line, CALM).digest
    assert f'value="{seen}"' in cleo.get(f"/studio/{CALM}/review").text
    clara.post(f"/studio/{CALM}/withdraw")
    said = {"why": "Nobody says this.", "never": "x", "instead": "y", "test": "How are you?"}
    clara.post(f"/studio/{CALM}/principles", data=said)
    run_as_passed(line, CALM)
    clara.post(f"/studio/{CALM}/submit")
    sent = {"decision": "approve", "reason": "Read in full; it rings true.", "digest": seen}
    answer = cleo.post(f"/studio/{CALM}/review", data=sent)
    assert (answer.status_code, "it was changed since you opened it" in answer.text) == (400, True)
    assert get_version(line, CALM).state is State.IN_REVIEW


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
def test_what_is_no_number_is_missing(sign_in: As, line: Home, number: str) -> None:
    clara = sign_in("clara")
    clara.post("/studio", data={"title": "Unfinished"})
    assert clara.post("/studio/unfinished/parts/voice", data={"voice.words_median": number}).status_code == 303
    assert clara.post("/studio/unfinished/preview", data={"text": "hi"}).status_code == 200


def test_live_remarks_come_without_saving(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    before = get_version(line, CALM).source
    answer = clara.post(f"/studio/{CALM}/parts/goal/check", data={"goal.says": "", "goal.steps": "one"})
    assert 'id="p-goal-says"' in answer.text
    assert "1 written, at least 3 are needed." in answer.text
    assert get_version(line, CALM).source == before


def test_saving_an_unchanged_part_makes_no_version(sign_in: As, line: Home, model: Card) -> None:
    clara = sign_in("clara")
    tree = tree_of(model)
    for key in ("who", "risk", "answers", "fact-2"):
        part = find_part(key, tree)
        assert part is not None
        assert clara.post(f"/studio/{CALM}/parts/{key}", data=filled_in(part, tree)).status_code == 303
    assert get_version(line, CALM).state is State.STARTER


def test_a_change_of_a_starter_is_a_draft_of_whoever_made_it(sign_in: As, line: Home) -> None:
    sign_in("clara").post(f"/studio/{CALM}/parts/goal", data={"goal.says": "to sleep for once"})
    version = get_version(line, CALM)
    assert (version.number, version.state, version.authors) == (2, State.DRAFT, ("clara",))
    assert find_card(line, CALM, clock=lambda: NOW).version == 1


def test_a_rule_is_chosen_and_shown_as_it_is_written(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    rows = {"facts.1.gate:1:is": "trust>=0.4", "facts.1.gate:2:join": "and", "facts.1.gate:2:is": "asked"}
    rows |= {"facts.1.gate:3:join": "or", "facts.1.gate:3:not": "not", "facts.1.gate:3:is": "told(failed-mock)"}
    clara.post(f"/studio/{CALM}/parts/fact-1", data=rows)
    page = clara.get(f"/studio/{CALM}/parts/fact-1").text
    assert "trust&gt;=0.4 and asked or not told(failed-mock)" in page


def test_what_is_no_rule_is_refused_in_one_line(sign_in: As, line: Home) -> None:
    rows = {"facts.1.gate:1:is": "__import__('os')"}
    answer = sign_in("clara").post(f"/studio/{CALM}/parts/fact-1", data=rows)
    assert (answer.status_code, "the rule cannot be read" in answer.text) == (400, True)
    assert get_version(line, CALM).number == 1


def test_a_copy_starts_where_another_card_is(sign_in: As, line: Home) -> None:
    clara = sign_in("clara")
    clara.post("/studio", data={"kind": "card", "title": "My own exam week", "origin": CALM})
    version = get_version(line, "my-own-exam-week")
    card = parse_card(version.source, Findings(""))
    assert card is not None
    assert (card.id, card.title, len(card.facts)) == ("my-own-exam-week", "My own exam week", 14)
    again = clara.post("/studio", data={"kind": "card", "title": "My own exam week"})
    assert (again.status_code, "choose another name" in again.text) == (400, True)


@pytest.mark.parametrize("who", ["ron", "vera", "otto"])
def test_who_may_not_write_finds_no_form(sign_in: As, line: Home, who: str) -> None:
    browser = sign_in(who)
    assert browser.get("/studio/new").status_code == 404
    assert browser.get(f"/studio/{CALM}/parts/who").status_code == 404
    assert browser.post(f"/studio/{CALM}/parts/goal", data={"goal.says": "x"}).status_code == 404
    assert browser.get(f"/studio/{CALM}").status_code == (200 if who == "ron" else 404)
    assert ("/studio" in browser.get("/").text) == (who == "ron")
