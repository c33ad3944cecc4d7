"""A counselor's own conversations, for them alone: what they do well, one thing to try, and whom to try it with."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from nightlight.conversations.cards import Card
from nightlight.conversations.labels import Thoughts
from nightlight.languages import N_
from nightlight.quality.coaching import ENOUGH, LONG_ENOUGH, coaching
from nightlight.web.access import Person, PersonOf
from nightlight.web.pages import render
from nightlight.web.practice.cards import Offered, offered_cards
from nightlight.web.practice.own import PRACTISES
from nightlight.web.site import Site, SiteOf

router = APIRouter()
DID_WELL = {
    "reflect": N_("You say back what you hear, and name feelings"),
    "value": N_("You value texters: what they feel makes sense, and what they did counts"),
    "ask_openly": N_("You ask openly"),
    "ask_risk": N_("You ask plainly about suicide and safety"),
    "what_holds": N_("You ask what holds them"),
    "plan_together": N_("You plan together, and leave the choice to them"),
    "stay_safe": N_("You work out steps to stay safe"),
    "bring_help": N_("You bring in help when it is needed"),
    "close_well": N_("You close with care"),
}
TO_TRY = {
    "reflect": N_(
        "Before you ask the next question, say back in your own words what you heard, and name the feeling in it."
    ),
    "value": N_("Say that what they feel makes sense, or name something they did that took strength."),
    "ask_openly": N_("Ask one question that cannot be answered with yes or no, and give it time."),
    "ask_risk": N_(
        "When somebody sounds hopeless, ask plainly: “Are you thinking about suicide?” Asking does no harm, and most "
        "people are relieved."
    ),
    "plan_together": N_("Before you offer an idea, ask what has helped before, or what they think could help tonight."),
    "close_well": N_("Towards the end, sum up what you worked out together, and say how they can come back."),
}


@router.get("/quality/coaching", dependencies=[PRACTISES])
def coaching_page(request: Request, site: SiteOf, person: PersonOf) -> HTMLResponse:
    found = coaching(site.home, site.broker, person.name, clock=site.clock)
    return render(
        request,
        "quality/coaching.html",
        coaching=found,
        did_well=DID_WELL,
        to_try=TO_TRY,
        card=_card(site, person, found.to_try) if found.to_try else None,
        teaches=site.may(person.name, "MANAGE", "app practice", at=person.revision),
        enough=ENOUGH,
        long_enough=LONG_ENOUGH,
    )


def _card(site: Site, person: Person, skill: str) -> Offered | None:
    """A card to try it with, the gentlest: one who thinks of suicide where that is to be asked about, else one who
    does not."""
    offered = offered_cards(site, person)
    return next((each for each in offered if _is_for(each.card, skill)), next(iter(offered), None))


def _is_for(card: Card, skill: str) -> bool:
    return (card.risk.thoughts is not Thoughts.NONE) == (skill == "ask_risk")
