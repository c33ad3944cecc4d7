"""A corpus: a folder of cards, scripts and single counselor messages. The one shipped with the product is invented
throughout and not validated by a clinician (corpus/README.md)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from nightlight.conversations.card_form import examine_card
from nightlight.conversations.cards import Card
from nightlight.conversations.counselor_messages import CounselorMessage, examine_counselor_messages
from nightlight.conversations.labels import Author
from nightlight.conversations.problems import Problem, choose_from, refuse
from nightlight.conversations.scripts import FILE_NAME, Script, examine_script
from nightlight.conversations.texter_messages import TexterMessage, examine_texter_messages
from nightlight.settings import shipped


@dataclass(frozen=True)
class Corpus:
    """Cards by id; scripts in the order of their names; counselor messages in the order of their file.

    `fully_labelled`, `texter_messages`: more messages, by the name of their file, which is one writer's. All acts of
    the former are named; those of `counselor_messages` are not.
    """

    cards: Mapping[str, Card]
    scripts: tuple[Script, ...]
    counselor_messages: tuple[CounselorMessage, ...]
    fully_labelled: Mapping[str, tuple[CounselorMessage, ...]] = field(default_factory=dict)
    texter_messages: Mapping[str, tuple[TexterMessage, ...]] = field(default_factory=dict)

    def scripts_of(self, card_id: str) -> tuple[Script, ...]:
        return tuple(script for script in self.scripts if script.card == card_id)


def shipped_corpus() -> Path:
    """The folder of the corpus that comes with the product."""
    return shipped("corpus")


def card_files(folder: Path) -> list[Path]:
    """The card files of a corpus, by name."""
    return sorted((folder / "cards").glob("*.yaml"))


def script_files(folder: Path) -> list[Path]:
    """The script files of a corpus, by name."""
    return sorted((folder / "scripts").glob("*.txt"))


def message_files(folder: Path, author: Author) -> list[Path]:
    """The files of single messages by counselors, or by texters, by name."""
    return sorted((folder / "messages").glob(f"{author}-*.tsv"))


def check_corpus(folder: Path) -> list[Problem]:
    """Everything that is wrong in the folder, file by file."""
    return _examine(folder)[1]


def read_corpus(folder: Path) -> Corpus:
    """The whole corpus, in a second of CPU; raises `NightlightError` naming the first problem found."""
    corpus, problems = _examine(folder)
    if problems:
        raise refuse(problems)
    return corpus


@cache
def starter_corpus() -> Corpus:
    """The corpus that comes with the product; read once in a process."""
    return read_corpus(shipped_corpus())


def _examine(folder: Path) -> tuple[Corpus, list[Problem]]:
    cards: dict[str, Card] = {}
    scripts: list[Script] = []
    problems: list[Problem] = []
    files = card_files(folder)
    if not files:
        problems.append(Problem(str(folder / "cards"), 1, "no cards here", "name the folder that holds cards/*.yaml"))
    for path in files:
        card, found = examine_card(path)
        problems += found
        cards |= {card.id: card} if card else {}
    card_ids = [path.stem for path in files]
    for path in script_files(folder):
        name = FILE_NAME.fullmatch(path.stem)
        if name and name["card"] not in card_ids:
            remedy = choose_from(name["card"], card_ids, listed="the folder cards")
            problems.append(Problem(str(path), 1, "the folder has no card for this script", remedy))
        script, found = examine_script(path, cards.get(name["card"]) if name else None)
        problems += found
        scripts += [script] if script else []
    messages, found = examine_counselor_messages(folder / "counselor_messages.tsv")
    problems += found
    fully, risks = {}, {}
    for path in message_files(folder, Author.COUNSELOR):
        fully[path.stem], found = examine_counselor_messages(path)
        problems += found
    for path in message_files(folder, Author.TEXTER):
        risks[path.stem], found = examine_texter_messages(path)
        problems += found
    return Corpus(cards, tuple(scripts), messages, fully, risks), problems
