"""`nightlight practice`: a conversation with a played texter in the terminal, or one played again from a file.

Nothing of it is kept: practice that counts happens on the pages."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nightlight.cli.options import HomeOption, JsonOption, any_home
from nightlight.cli.output import print_json, print_rows
from nightlight.errors import NightlightError, suggest
from nightlight.settings import BANK

if TYPE_CHECKING:
    from nightlight.practice.cards import PlayedCard
    from nightlight.settings import Home
    from nightlight.simulator.feedback import Mode
    from nightlight.simulator.session import Session
    from nightlight.simulator.wording import Wording

SILENCE = "<silence>"
STARTER = "starter corpus: invented, and no clinician of your organization has approved it"


def practice(
    card: Annotated[
        str | None,
        typer.Argument(help="A card's id, or the path of a card file; none lists the cards.", show_default=False),
    ] = None,
    *,
    wording: Annotated[
        str | None,
        typer.Option(
            help="Who words the texter's replies: bank (the card's own lines), pocket (a small model in this process) "
            "or openai (a model at the home's address). Default: the home's; in a replay the bank.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same card, seed and messages give the same texter.")] = 1,
    mode: Annotated[
        str | None,
        typer.Option(help="Feedback: off, nudge or coach (default: nudge, in a replay coach).", show_default=False),
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(
            help=f"Play this file: one counselor message a line, {SILENCE} = minutes without one.", show_default=False
        ),
    ] = None,
    delays: Annotated[bool, typer.Option(help="Let the texter take time to type (Enter skips it).")] = True,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Practise with a played texter in the terminal; without a card, list the cards there are."""
    place = _home(home)
    if card is None:
        _list(place, as_json=as_json)
        return
    messages = read_replay(replay) if replay else None
    if as_json and messages is None:
        raise NightlightError("--json prints a finished conversation", remedy="name its messages with --replay FILE")
    feedback = _mode(mode or ("nudge" if messages is None else "coach"))
    played = find_card(place, card)
    session = _session(played, seed, _wording(home, wording or (BANK if messages else None)), any_home(home))
    if messages is None:
        from nightlight.cli.practice_chat import Chat

        Chat(session, feedback, starter=played.state == "starter", delays=delays).run()
        return
    play_again(session, messages)
    if as_json:
        print_json(full_trace(session, feedback, played))
    else:
        from nightlight.cli.practice_pages import show_conversation, show_debrief

        show_conversation(session, feedback, starter=played.state == "starter")
        show_debrief(session)


def read_replay(file: Path) -> list[str]:
    """The counselor's messages in a replay file, blank lines left out; raises NightlightError for a file without."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise NightlightError("not UTF-8 text", where=str(file), remedy="save the file as UTF-8") from None
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise NightlightError(reason, where=str(file), remedy="check the path and its permissions") from None
    messages = [line for line in lines if line]
    if not messages:
        raise NightlightError("no message in it", where=str(file), remedy="write one counselor message a line")
    return messages


def play_again(session: "Session", messages: list[str]) -> None:
    """Play the messages at the pace of a counselor; where they end the counselor ends, unless the texter has left."""
    from nightlight.simulator.counselors import SECONDS, now
    from nightlight.simulator.session import Closed, Said, Waited

    for text in messages:
        if session.outcome is not None:
            return
        if text == SILENCE:
            session.handle(Waited(now(session) + (session.turns[-1].listen or 180.0)))
        else:
            session.handle(Said(now(session) + SECONDS, text))
    if session.outcome is None:
        session.handle(Closed(now(session) + SECONDS))


def full_trace(session: "Session", mode: "Mode", played: "PlayedCard") -> dict[str, Any]:
    """The trace with the feedback on every message and the rubric, and whether anybody has approved the card."""
    from nightlight.simulator.feedback import feedback_on
    from nightlight.simulator.rubric import rubric
    from nightlight.simulator.trace import trace

    whole = trace(session)
    for number, turn in enumerate(whole["turns"], 1):
        word = feedback_on(session.card, session.turns[:number], mode)
        turn["feedback"] = {"did": word.did, "needed": word.needed, "try": word.attempt} if word else None
    whole["rubric"] = [
        {"item": item.item, "score": item.score, "message_ids": list(item.turns)}
        for item in rubric(session.card, session.turns)
    ]
    return whole | {"mode": mode, "card_state": played.state, "played": True}


def find_card(home: "Home | None", name: str) -> "PlayedCard":
    """The card of a file, of the home, or of the corpus that comes with the product where there is no home."""
    from nightlight.conversations.card_form import read_card
    from nightlight.practice.cards import PlayedCard, find_played_card, held_out_cards

    if "/" in name or name.endswith((".yaml", ".yml")):
        return PlayedCard(read_card(Path(name)), 0, "file")
    if home is not None:
        if name in held_out_cards(home):
            raise NightlightError(f"the card '{name}' is kept unseen for a study", remedy="practise with another one")
        return find_played_card(home, name)
    files = _shipped()
    if name not in files:
        raise NightlightError(f"there is no card '{name}'", remedy=suggest(name, list(files)))
    return PlayedCard(read_card(files[name]), 1, "starter")


def _list(home: "Home | None", *, as_json: bool) -> None:
    from nightlight.conversations.card_form import read_card
    from nightlight.practice.cards import PlayedCard, list_played_cards

    if home is None:
        cards = [PlayedCard(read_card(file), 1, "starter") for file in _shipped().values()]
    else:
        cards = list_played_cards(home)
    rows = [
        {
            "card": each.card.id,
            "title": each.card.title,
            "difficulty": ("easy", "medium", "hard")[each.card.difficulty - 1],
            "topics": ", ".join(each.card.topics),
            "state": each.state,
        }
        for each in sorted(cards, key=lambda each: (each.card.difficulty, each.card.id))
    ]
    print_rows(rows, as_json=as_json, empty="no card is approved yet")
    if not as_json and any(each.state == "starter" for each in cards):
        typer.echo(f"\n{STARTER}")


def _shipped() -> dict[str, Path]:
    """The card files that come with the product, by id."""
    from nightlight.conversations.corpus import card_files, shipped_corpus

    return {file.stem: file for file in card_files(shipped_corpus())}


def _home(option: Path | None) -> "Home | None":
    """The home that is named, or the usual one; None where there is none or its studio is still empty."""
    from nightlight.studio.documents import list_documents
    from nightlight.studio.versions import Kind

    place = any_home(option)
    return place if place is not None and list_documents(place, Kind.CARD) else None


def _mode(name: str) -> "Mode":
    from nightlight.simulator.feedback import Mode

    if name not in set(Mode):
        raise NightlightError(f"there is no mode '{name}'", remedy=suggest(name, list(Mode)))
    return Mode(name)


def _wording(option: Path | None, name: str | None) -> "Wording":
    """The wording of this name, or the home's."""
    from nightlight.practice.wordings import open_wording

    place = None if name == BANK else any_home(option)
    return open_wording(place, name or (place.settings.wording.kind if place else BANK))


def _session(played: "PlayedCard", seed: int, wording: "Wording", home: "Home | None") -> "Session":
    from nightlight.labelling.serving import labeller_in_use
    from nightlight.simulator.session import Session

    labeller = labeller_in_use(home).counselor
    return Session(played.card, seed=seed, labeller=labeller, wording=wording, principles=played.principles)
