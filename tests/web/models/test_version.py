"""The page of one version: why its gate refused it, where it comes from, what would refuse its promotion."""

import re

import pytest
from tests.web.models.conftest import As

from nightlight.registry.versions import FILES, get_version, run_folder
from nightlight.settings import Home

DISABLED = re.compile(r"<button disabled>Promote (\S+) to (\w+)</button>")
OPEN = re.compile(r"<button>Promote (\S+) to (\w+)</button>")


def test_the_reasons_of_a_refusal_stand_on_top_in_words(sign_in: As) -> None:
    page = sign_in("dario").get("/models/pocket/dev/3").text
    told = page.index("leaks facts told too early: 0.25, has to be at most 0")
    assert told < page.index("Gate report")
    assert "leaks facts told too early: 0.25, the champion has 0" in page


def test_each_measure_is_a_picture_and_says_in_words_whether_it_is_met(sign_in: As) -> None:
    page = sign_in("clara").get("/models/pocket/dev/3").text
    rows = re.findall(r"<tr[^>]*><th scope=\"row\">(.*?)</tr>", page, re.DOTALL)
    measures = {row.split(" <small")[0]: row for row in rows if "svg" in row}
    assert list(measures) == ["facts told too early", "lines that read well", "seconds for a line"], "refused first"
    assert "not met" in measures["facts told too early"]
    assert 'class="found unmet"' in measures["facts told too early"], "another shape, not color alone"
    assert "✓ met" in measures["lines that read well"]
    assert "≥ 0.5" in measures["lines that read well"]
    assert "no worse than the champion" in measures["lines that read well"]
    assert "only shown" in measures["seconds for a line"]


def test_the_author_is_told_before_pressing_that_a_second_person_promotes(sign_in: As) -> None:
    page = sign_in("dario").get("/models/pocket/dev/4").text
    assert DISABLED.findall(page) == [("dev/pocket/4", "staging")]
    assert "you trained or registered dev/pocket/4; a second person promotes it" in page
    assert "Who can: clara, cleo." in page


def test_a_second_person_may_press_and_reads_the_command_beside_it(sign_in: As) -> None:
    page = sign_in("clara").get("/models/pocket/dev/4").text
    assert OPEN.findall(page) == [("dev/pocket/4", "staging")]
    assert "nightlight model promote pocket 4 --to staging --alias challenger --as clara" in page


@pytest.mark.parametrize("who", ["uma", "ada"])
def test_who_uses_it_only_or_manages_only_the_catalog_is_told_what_it_takes(sign_in: As, who: str) -> None:
    page = sign_in(who).get("/models/pocket/dev/4").text
    assert DISABLED.findall(page) == [("dev/pocket/4", "staging")]
    assert "this takes EXECUTE and MANAGE on the model, and you do not have both" in page


def test_a_refused_gate_and_starters_are_told_before_anybody_presses(sign_in: As) -> None:
    refused = sign_in("clara").get("/models/pocket/dev/3").text
    assert DISABLED.findall(refused) == [("dev/pocket/3", "staging")]
    assert "the gate refuses dev/pocket/3" in refused
    starters = sign_in("clara").get("/models/pocket/staging/3").text
    assert DISABLED.findall(starters) == [("staging/pocket/3", "prod")]
    assert "1 starter documents that nobody here has approved (exam-week)" in starters


def test_bars_that_were_raised_since_are_told_as_well(line: Home, sign_in: As) -> None:
    file = line.root / "gates.toml"
    file.write_text(file.read_text().replace("at_least = 0.5", "at_least = 0.95"))
    page = sign_in("clara").get("/models/pocket/dev/4").text
    assert DISABLED.findall(page) == [("dev/pocket/4", "staging")]
    assert "0.9, has to be at least 0.95" in page


def test_it_says_where_it_comes_from_and_draws_its_losses(sign_in: As) -> None:
    page = sign_in("uma").get("/models/pocket/prod/2").text
    assert "recipes/train_pocket_texter.py" in page
    assert "staging/pocket/2" in page
    assert re.search(r"1 card: <span class=\"chip good\">approved</span>", page)
    assert "<figure" in page
    assert "The losses while it trained" in page
    assert "let in here by" in page.lower()


def test_a_damaged_version_is_told_in_one_line_and_cannot_be_promoted(line: Home, sign_in: As) -> None:
    manifest = run_folder(line, get_version(line, "pocket", 4)) / FILES / "manifest.json"
    manifest.write_text(manifest.read_text() + " ")
    page = sign_in("clara").get("/models/pocket/dev/4")
    assert page.status_code == 200
    assert "the manifest of dev/pocket/4 is not the one that was registered" in page.text


@pytest.mark.parametrize("loss", ["Infinity", "NaN", "1" + 400 * "0", '"low"'])
def test_a_training_that_went_wrong_can_be_looked_at(line: Home, sign_in: As, loss: str) -> None:
    log = run_folder(line, get_version(line, "pocket", 4)) / FILES / "metrics.jsonl"
    log.write_text(log.read_text() + f'{{"step": 50, "loss": {loss}}}\n{{"step": 60, "loss"')
    page = sign_in("clara").get("/models/pocket/dev/4")
    assert page.status_code == 200
    assert "The losses while it trained" in page.text


def test_a_log_that_is_gone_takes_no_more_than_its_picture(line: Home, sign_in: As) -> None:
    (run_folder(line, get_version(line, "pocket", 4)) / FILES / "metrics.jsonl").unlink()
    assert sign_in("clara").get("/models/pocket/dev/4").status_code == 200


@pytest.mark.parametrize("url", ["/models/pocket/dev/99", "/models/pocket/nowhere/1", "/models/other/dev/1"])
def test_a_version_that_is_not_there_is_not_there(sign_in: As, url: str) -> None:
    assert sign_in("clara").get(url).status_code == 404
