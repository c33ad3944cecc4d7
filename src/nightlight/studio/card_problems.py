"""What is missing or wrong in a card that is being written, field by field, in a clinician's words."""

import re
from collections import defaultdict
from collections.abc import Iterator

from nightlight.conversations.card_form import parse_card
from nightlight.conversations.problems import Findings, Problem
from nightlight.languages import N_
from nightlight.simulator.checks import method_detail
from nightlight.studio.card_source import Tree, write_tree

PLACE = re.compile(r"(?:the gate of )?(?P<place>[a-z_]+(?:\[\d+\])?(?:\.[a-z_]+(?:\[\d+\])?)*)")
WORDS: tuple[tuple[str, str], ...] = (
    (r"has (?P<n>\d+) of at least (?P<least>\d+)", N_("%(n)s written, at least %(least)s are needed.")),
    (r"is empty", N_("This is still empty.")),
    (r"repeats an earlier one", N_("Line %(line)s says the same as an earlier one: write another wording.")),
    (r"must be a (?:whole )?number from (?P<low>\S+) to (?P<high>\S+)", N_("Write a number from %(low)s to %(high)s.")),
    (r"names no fact of this card", N_("The rule speaks of a fact that this card does not have.")),
    (r"waits for itself", N_("The rule waits for this very fact: choose another one.")),
    (r"has a line break", N_("A line is broken in two: write it on one line.")),
)
FACT_TWICE = re.compile(r"the fact id '(?P<id>[\w-]+)' stands twice")


def problems_by_field(tree: Tree) -> dict[str, list[tuple[str, dict[str, str]]]]:
    """Sentences with their values for every field that is not right yet; a field is named by its path, `facts.3.tell`.

    `facts` itself has what concerns the facts together.
    """
    findings = Findings("")
    parse_card(write_tree(tree), findings)
    found: dict[str, list[tuple[str, dict[str, str]]]] = defaultdict(list)
    for field, sentence, values in map(_told, findings.ordered()):
        if (sentence, values) not in found[field]:
            found[field].append((sentence, values))
    return dict(found)


def _told(problem: Problem) -> tuple[str, str, dict[str, str]]:
    if twice := FACT_TWICE.search(problem.what):
        return "facts", N_("Two facts are called '%(id)s': give every fact its own name."), twice.groupdict()
    at = PLACE.match(problem.what)
    place = at["place"] if at else ""
    said = problem.what[at.end() :] if at else problem.what
    line = re.search(r"\[(\d+)\]$", place)
    field = re.sub(r"\[(\d+)\]", r".\1", _without_line(place))
    if field and re.fullmatch(r"facts\.\d+", field):
        field += ".gate"
    if field == "topics" and "at least" in said:
        return field, N_("Choose at least one."), {}
    for pattern, sentence in WORDS:
        if match := re.search(pattern, said):
            values = match.groupdict() | ({"line": line[1]} if line else {})
            if "%(line)s" in sentence and not line:
                continue
            return field, sentence, values
    return field, "%(what)s; %(remedy)s", {"what": said.strip(" :;"), "remedy": problem.remedy}


def _without_line(place: str) -> str:
    """Without the number of a line in a list of lines; a fact's number names a field."""
    return place if re.fullmatch(r"facts\[\d+\]", place) else re.sub(r"\[\d+\]$", "", place)


def lines_of(tree: Tree) -> Iterator[tuple[str, list[str], int]]:
    """Every list of lines a trainee may see: its field, its lines, how many are wanted at least."""
    yield "opening", tree["opening"], 6
    for number, fact in enumerate(tree["facts"], 1):
        yield f"facts.{number}.asks", fact["asks"], 3
        yield f"facts.{number}.tell", fact["tell"], 4
        yield f"facts.{number}.hint", fact["hint"], 2
    for rung, answer in tree["risk_answers"].items():
        yield f"risk_answers.{rung}.tell", answer["tell"], 3
        yield f"risk_answers.{rung}.hedge", answer["hedge"], 2
    for reaction, tones in tree["reactions"].items():
        for tone, lines in tones.items():
            yield f"reactions.{reaction}.{tone}", lines, 3
    for ending, lines in tree["endings"].items():
        yield f"endings.{ending}", lines, 3 if ending == "escalated" else 4


def warned_lines(tree: Tree) -> dict[str, list[str]]:
    """The kinds of forbidden detail (a method, a dose, a place) found in each field's lines."""
    found: dict[str, list[str]] = {}
    texts = [(field, lines) for field, lines, _ in lines_of(tree)]
    texts += [
        ("warning", [tree["warning"]]),
        *((f"persona.{key}", [tree["persona"][key]]) for key in ("story", "now", "why_now")),
    ]
    for field, lines in texts:
        kinds = sorted({str(kind) for line in lines if (kind := method_detail(line))})
        if kinds:
            found[field] = kinds
    return found
