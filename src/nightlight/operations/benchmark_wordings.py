"""Ways to word a played texter in one table: the same cards, seeds and counselors for each, and people beside them.

Controls are language models with no engine behind them; what looks at the engine's state is not applicable to them, so
all are compared by what their words show."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nightlight.errors import NightlightError, suggest
from nightlight.operations.benchmark_figures import Figure, Round
from nightlight.settings import OPENAI, WORDINGS, Home, WordingSettings

if TYPE_CHECKING:
    from nightlight.conversations.cards import Card
    from nightlight.simulator.measures.plays import Plays
    from nightlight.simulator.wording import Wording

PROMPT_ONLY, PRINCIPLES = CONTROLS = ("prompt-only", "principles")
ARMS = (*WORDINGS, *CONTROLS)
WITH_SERVER = (OPENAI, *CONTROLS)
LEAST_MESSAGES, MOST = 8, 60  # of a counselor in one conversation
PATIENCE = 120  # seconds for a line: what a slow machine's model says is measured too
EVERY = 16  # of the red team's messages, where a control plays: each answer is one call or many
Listener = Callable[[str], None]


@dataclass(frozen=True)
class Compared:
    """Which arms, on which cards (none: all) with how many seeds, and how many of each counselor's messages at most.

    `url`, `model`: of the server for the arms that need one ("" = the home's). `transcripts`: where conversations are
    written for blind reading; `esconv`: a folder of ESConv, whose seekers are measured beside the arms.
    """

    arms: tuple[str, ...]
    cards: tuple[str, ...] = ()
    seeds: int = 1
    messages: int = MOST
    url: str = ""
    model: str = ""
    transcripts: Path | None = None
    esconv: Path | None = None

    def __post_init__(self) -> None:
        for arm in self.arms:
            if arm not in ARMS:
                raise NightlightError(f"there is no arm '{arm}'", remedy=suggest(arm, ARMS))
        if self.seeds < 1 or self.messages < LEAST_MESSAGES:
            raise NightlightError(f"a table needs at least one seed and {LEAST_MESSAGES} messages")

    def server(self, home: Home | None) -> WordingSettings:
        """The server that was named here, or the home's; raises NightlightError where there is none, or not allowed."""
        of_home = home.settings.wording if home else WordingSettings()
        named = replace(of_home, kind=OPENAI, url=self.url or of_home.url, model=self.model or of_home.model)
        if problem := named.problem():
            raise NightlightError(
                f"the arms {', '.join(each for each in self.arms if each in WITH_SERVER)} need a server: {problem}",
                remedy="name it with --url and --model, or in the table [wording] of nightlight.toml",
            )
        return named


def compare(wanted: Compared, home: Home | None, *, on_step: Listener) -> Round:
    """Every arm's figures, text statistics and CPU-seconds, and the statistics of people."""
    from nightlight.simulator.measures import statistics

    cards = _cards(wanted.cards)
    people = {
        statistics.ESCONV: statistics.esconv(wanted.esconv),
        "written role-plays": statistics.of_texts(statistics.written(card.id for card in cards)),
    }
    wordings = {arm: open_arm(arm, wanted, home) for arm in wanted.arms}
    arms = {arm: _arm(arm, wording, cards, wanted, on_step) for arm, wording in wordings.items()}
    return {"arms": arms, "people": people}


def open_arm(arm: str, wanted: Compared, home: Home | None) -> "Wording":
    """Who words the replies of an arm; a server is asked for nothing yet."""
    if arm not in WITH_SERVER:
        from nightlight.practice.wordings import open_wording

        return open_wording(home, arm)
    settings = wanted.server(home)
    if arm in CONTROLS:
        from nightlight.simulator.wording.chat import asked_once, open_chat
        from nightlight.simulator.wording.controls import PrincipleLoop, PromptOnly

        control = PromptOnly if arm == PROMPT_ONLY else PrincipleLoop
        return control(asked_once(open_chat(settings)), model=settings.model)
    from nightlight.simulator.wording.bank import LineBank
    from nightlight.simulator.wording.generated import GeneratedWording
    from nightlight.simulator.wording.openai import open_openai

    return GeneratedWording(open_openai(replace(settings, timeout_seconds=PATIENCE)), LineBank())


def _cards(names: Sequence[str]) -> "list[Card]":
    from nightlight.conversations.corpus import starter_corpus

    known = starter_corpus().cards
    for name in names:
        if name not in known:
            raise NightlightError(f"there is no card '{name}'", remedy=suggest(name, known))
    return [known[name] for name in names or known]


def _arm(arm: str, wording: "Wording", cards: "Sequence[Card]", wanted: Compared, on_step: Listener) -> dict[str, Any]:
    """One arm played and measured; the counselors are the same for all arms of a table."""
    import time

    from nightlight.labelling.acts import shipped_labeller
    from nightlight.simulator.measures import STATE, all_measures, statistics, take_in_words
    from nightlight.simulator.measures.plays import Plays
    from nightlight.simulator.measures.visible import LISTENED_TO

    plays = Plays(
        cards,
        range(1, wanted.seeds + 1),
        shipped_labeller(),
        wording,
        kinds=LISTENED_TO,
        every=EVERY if set(wanted.arms) & set(CONTROLS) else 1,
        unchecked=arm in CONTROLS,
        most=wanted.messages,
    )
    begun, cpu = time.monotonic(), time.process_time()
    if plays.unchecked:
        _play_card_by_card(plays, lambda step: on_step(f"{arm}: {step}"))
    found = take_in_words(plays, on_step=lambda step: on_step(f"{arm}: {step}"))
    if not plays.unchecked:
        taken = all_measures()
        for name in STATE:
            on_step(f"{arm}: {name}")
            found += taken[name](plays)
    talks = [statistics.talk_of(each) for kind in LISTENED_TO for each in plays.all(kind)]
    if wanted.transcripts is not None:
        _write(wanted.transcripts / arm, plays)
    return {
        "measures": [each.as_row() for each in found],
        "statistics": statistics.of_texts(talks),
        "wording": _figures_of(wording),
        "conversations": len(talks),
        "seconds": time.monotonic() - begun,
        "cpu_seconds": time.process_time() - cpu,
    }


def _play_card_by_card(plays: "Plays", on_step: Listener) -> None:
    """What is asked of a model, card by card, so that its server reads a card's long prompt once."""
    from nightlight.simulator.measures import visible

    for card in plays.cards:
        on_step(card.id)
        alone = replace(plays, cards=[card])
        for take in (visible.leaks, visible.told_more, visible.compliance, visible.direct_questions):
            take(alone)
        plays.played_already(alone)


def _figures_of(wording: "Wording") -> dict[str, Any]:
    """How often a model spoke, or how often its principles were found broken."""
    from nightlight.simulator.wording.controls import PrincipleLoop
    from nightlight.simulator.wording.generated import GeneratedWording

    if isinstance(wording, GeneratedWording):
        return {**wording.figures.as_row(), "model": wording.generator.model}
    if isinstance(wording, PrincipleLoop):
        names = ("asked", "answered", "failed", "drafts", "rewritten", "model")
        return {name: getattr(wording, name) for name in names}
    return {}


def _write(folder: Path, plays: "Plays") -> None:
    """Each card's conversations with the good and the mixed counselor, a message a line."""
    from nightlight.simulator.counselors import Kind
    from nightlight.simulator.measures.statistics import talk_of

    folder.mkdir(parents=True, exist_ok=True)
    for card in plays.cards:
        for kind in (Kind.GOOD, Kind.MIXED):
            talk = talk_of(plays.played(card, plays.seeds[0], kind))
            lines = [json.dumps({"author": author, "text": text}, ensure_ascii=False) for author, text in talk]
            (folder / f"{card.id}-{kind}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def figures_of_arms(rounds: Sequence[Round]) -> list[Figure]:
    """Every figure of every arm against its bar."""
    return [
        Figure(f"{arm}: {_name(each)}", each["value"], each["bar"], at_least=not each["at_most"])
        for arm, report in rounds[0]["arms"].items()
        for each in report["measures"]
    ]


def table_of_figures(found: Round) -> list[dict[str, Any]]:
    """A row for each figure, a column for each arm; "-": not applicable there."""
    arms: Mapping[str, Any] = found["arms"]
    names: dict[str, Mapping[str, Any]] = {}
    for arm in arms.values():
        names |= {_name(each): each for each in arm["measures"] if _name(each) not in names}
    order = {name: (int(each["id"][1:]), place) for place, (name, each) in enumerate(names.items())}
    rows = []
    for name in sorted(names, key=order.__getitem__):
        of_arm = {
            arm: next((each for each in report["measures"] if _name(each) == name), None)
            for arm, report in arms.items()
        }
        rows.append({"figure": name, "bar": _bar(names[name]), **{arm: _cell(each) for arm, each in of_arm.items()}})
    return rows


def _name(measure: Mapping[str, Any]) -> str:
    return f"{measure['id']} {measure['name']}"


def _bar(measure: Mapping[str, Any]) -> str:
    return f"{'<=' if measure['at_most'] else '>='} {measure['bar']:g}"


def _cell(measure: Mapping[str, Any] | None) -> str:
    if measure is None:
        return "-"
    beside = f", {measure['beside']}" if measure["beside"] else ""
    return f"{measure['value']:.3g}{'' if measure['passed'] else ' *'}{beside} (n {measure['n']:,})"


def table_of_statistics(found: Round) -> list[dict[str, Any]]:
    """A row for each statistic; people's columns first."""
    columns = {**found["people"], **{arm: report["statistics"] for arm, report in found["arms"].items()}}
    names = dict.fromkeys(name for column in columns.values() for name in column)
    return [
        {"statistic": name, **{column: _number(values.get(name)) for column, values in columns.items()}}
        for name in names
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
