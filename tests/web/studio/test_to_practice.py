"""The way of a card that speaks of risk: written by form, tested, approved by two others, played by a volunteer."""

from tests.studio.conftest import RISKY
from tests.web.conftest import As
from tests.web.studio.test_editing import filled_in

from nightlight.catalog.statements import read_statements
from nightlight.conversations.corpus import starter_corpus
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.studio.card_source import tree_of
from nightlight.web.studio.parts import FACT, PARTS, find_part

PLACE, LINK = "/studio/the-quiet-hour", "/practice/cards/the-quiet-hour"
APPROVE = {"decision": "approve", "reason": "Read in full; it rings true."}


def test_a_card_with_risk_goes_from_an_empty_page_to_a_volunteer_s_practice(sign_in: As, line: Home) -> None:
    practises = "GRANT EXECUTE ON APP practice TO volunteers; ADD USER vera TO GROUP volunteers;"
    apply_policies(line, list(read_statements(practises, "policies.sql")), by="ada", text=practises)
    clara, cleo, chen, vera = (sign_in(name) for name in ("clara", "cleo", "chen", "vera"))
    clara.post("/studio", data={"kind": "card", "title": "The quiet hour"})
    tree = tree_of(starter_corpus().cards[RISKY])
    for _ in tree["facts"]:
        clara.post(f"{PLACE}/facts")
    facts = [find_part(f"fact-{number}", tree) for number in range(1, len(tree["facts"]) + 1)]
    for part in (*(part for part in PARTS if part.key != FACT.key), *facts):
        assert part is not None
        clara.post(f"{PLACE}/parts/{part.key}", data=filled_in(part, tree))

    assert clara.post(f"{PLACE}/tests").status_code == 303  # the card's tests, played in full
    assert clara.post(f"{PLACE}/submit").status_code == 303
    offered = vera.get("/practice").text
    assert LINK not in offered
    cleo.post(f"{PLACE}/review", data=APPROVE)
    assert LINK not in vera.get("/practice").text  # one reviewer is not two
    chen.post(f"{PLACE}/review", data=APPROVE)

    assert LINK in vera.get("/practice").text
    begun = vera.post("/practice/cards/the-quiet-hour/sessions", data={"mode": "coach"})
    assert begun.status_code == 303
    assert "Practice: the texter is played" in vera.get(begun.headers["location"]).text
