"""The shipped corpus is whole and well formed, and a folder with defects shows all of them."""

import shutil
import time
from collections import Counter
from pathlib import Path

import pytest

from nightlight.conversations.corpus import Corpus, check_corpus, read_corpus, shipped_corpus
from nightlight.conversations.labels import (
    SCRIPT_ACTS,
    Author,
    CounselorAct,
    Outcome,
    Phase,
    Quality,
    RiskAttribute,
    Rung,
    TexterAct,
)
from nightlight.errors import NightlightError

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return read_corpus(shipped_corpus())


@pytest.fixture
def small_corpus(tmp_path: Path) -> Path:
    for kind, name in (("cards", "missed-bus.yaml"), ("scripts", "missed-bus--skilled1.txt")):
        (tmp_path / kind).mkdir()
        shutil.copy(FIXTURES / kind / name, tmp_path / kind)
    (tmp_path / "counselor_messages.tsv").write_text("tags\trisk_cue\tbefore\ttext\nintro\t0\thi\tHello, Robin here.\n")
    return tmp_path


def test_the_shipped_corpus_has_every_card_script_and_message(corpus: Corpus) -> None:
    messages = [message for script in corpus.scripts for message in script.messages]
    texters = [message for message in messages if message.author is Author.TEXTER]
    assert (len(corpus.cards), len(corpus.scripts), len(corpus.counselor_messages)) == (26, 260, 2249)
    assert (len(messages), len(texters)) == (9143, 5167)
    assert (len(corpus.fully_labelled), len(corpus.texter_messages)) == (13, 11)


def test_every_card_has_four_skilled_three_mixed_and_three_poor_scripts(corpus: Corpus) -> None:
    for card_id in corpus.cards:
        qualities = Counter(script.quality for script in corpus.scripts_of(card_id))
        assert qualities == {Quality.SKILLED: 4, Quality.MIXED: 3, Quality.POOR: 3}


def test_every_label_occurs_in_the_shipped_corpus(corpus: Corpus) -> None:
    messages = [message for script in corpus.scripts for message in script.messages]
    assert {message.phase for message in messages} == set(Phase)
    asked_as_past = {CounselorAct.RISK_SELF_HARM}  # the corpus was labelled before this act had a word of its own
    assert {act for message in messages for act in message.acts} == {*TexterAct, *SCRIPT_ACTS} - asked_as_past
    assert {rung for message in messages for rung in message.rungs} == set(Rung)
    assert {script.outcome for script in corpus.scripts} == set(Outcome)
    assert {act for message in corpus.counselor_messages for act in message.acts} == set(CounselorAct) - asked_as_past


def test_messages_with_all_their_acts_and_risk_hold_every_label_often(corpus: Corpus) -> None:
    said = Counter(act for rows in corpus.fully_labelled.values() for row in rows for act in row.acts)
    assert set(said) == set(CounselorAct)
    assert min(said.values()) >= 80
    rows = [row for rows in corpus.texter_messages.values() for row in rows]
    assert min(Counter(row.level for row in rows).values()) >= 400
    assert min(Counter(name for row in rows for name in row.attributes).values()) >= 80
    assert set(RiskAttribute) == {name for row in rows for name in row.attributes}


def test_the_readme_counts_what_is_there(corpus: Corpus) -> None:
    readme = (shipped_corpus() / "README.md").read_text()
    messages = sum(len(script.messages) for script in corpus.scripts)
    more = [sum(len(rows) for rows in kind.values()) for kind in (corpus.fully_labelled, corpus.texter_messages)]
    for number in (len(corpus.cards), len(corpus.scripts), len(corpus.counselor_messages), messages, *more):
        assert f"{number:,}" in readme


def test_reading_the_shipped_corpus_takes_under_two_seconds_of_cpu() -> None:
    start = time.process_time()
    read_corpus(shipped_corpus())
    assert time.process_time() - start < 2


def test_a_small_corpus_is_a_corpus(small_corpus: Path) -> None:
    corpus = read_corpus(small_corpus)
    assert [script.id for script in corpus.scripts_of("missed-bus")] == ["missed-bus--skilled1"]
    assert corpus.scripts_of("another") == ()


def test_a_broken_folder_shows_the_problems_of_all_its_files(small_corpus: Path) -> None:
    card, script = small_corpus / "cards/missed-bus.yaml", small_corpus / "scripts/missed-bus--skilled1.txt"
    script.write_text(script.read_text().replace("+the-bus", "+the-busses"))
    stray = script.with_name("missed-train--poor1.txt")
    stray.write_text(script.read_text().replace("missed-bus", "missed-train").replace("skilled", "poor"))
    (small_corpus / "counselor_messages.tsv").unlink()
    problems = check_corpus(small_corpus)
    assert [(Path(problem.file).name, problem.line) for problem in problems] == [
        (script.name, 7),
        (stray.name, 1),
        ("counselor_messages.tsv", 1),
    ]
    card.write_text(card.read_text().replace("difficulty: 1", "difficulty: 4"))
    with pytest.raises(NightlightError, match=r"missed-bus\.yaml:5: .* \(and \d more problems\)"):
        read_corpus(small_corpus)


def test_a_folder_that_holds_no_cards_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"cards:1: no cards here; name the folder that holds cards/\*\.yaml"):
        read_corpus(tmp_path)
