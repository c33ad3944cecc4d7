"""The page of drift: mia manages quality; sam and otto do not find it."""

import shutil
from datetime import timedelta
from html import unescape
from pathlib import Path
from re import findall, sub

import pytest
from tests.labelling.registered import let_people_decide, looked_up_at_once, to_production, write_other
from tests.quality.test_drift import MONDAY, OTHERWISE, USUAL, fill
from tests.web.quality.conftest import As, Clock

from nightlight.labelling.model import shipped_model
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import FILES, run_folder
from nightlight.settings import Home

DRIFT = "/quality/drift"


def words(page: str) -> str:
    return " ".join(unescape(sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def moved(line: Home, clock: Clock) -> Home:
    """Weeks until yesterday, the last whole one unlike those before."""
    clock.now += timedelta(days=1)
    fill(line, {1: OTHERWISE, **dict.fromkeys(range(2, 12), USUAL)})
    return line


@pytest.fixture
def promoted(line: Home, empty_registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelVersion:
    """A labeller of this line's own in production."""
    looked_up_at_once(monkeypatch)
    shutil.copytree(empty_registry, line.registry)
    let_people_decide(line)
    return to_production(line, write_other(tmp_path / "other"))


def test_the_labeller_that_came_with_the_product_says_that_nobody_let_it_in(line: Home, sign_in: As) -> None:
    page = words(sign_in("mia").get(DRIFT).text)
    assert f"{shipped_model().version} labels. It came with the product: nobody here has let it in." in page
    assert "Nobody here has measured it." in page


def test_a_labeller_of_ones_own_says_since_when_by_whom_and_what_it_reached(
    line: Home, promoted: ModelVersion, sign_in: As
) -> None:
    page = words(sign_in("mia").get(DRIFT).text)
    assert f"({promoted.label}) has labelled since Nov 2, 2026, let in by clara." in page
    assert "81% of first acts are right" in page
    assert "92% of the questions about risk it finds are ones" in page
    for who in ("sam", "otto"):
        assert sign_in(who).get(DRIFT).status_code == 404


def test_a_labeller_that_cannot_be_read_is_told_with_what_works_meanwhile(
    line: Home, promoted: ModelVersion, sign_in: As
) -> None:
    (run_folder(line, promoted) / FILES / "texter.npz").write_bytes(b"")
    page = words(sign_in("mia").get(DRIFT).text)
    assert f"The labeller that should work, {promoted.label}, cannot be read" in page
    assert f"{shipped_model().version} labels." in page


def test_a_week_that_moved_stands_out_in_words(moved: Home, sign_in: As) -> None:
    page = words(sign_in("mia").get(DRIFT).text)
    assert "Compared with the weeks from Dec 15, 2025 to Feb 2, 2026, the first of this labeller." in page
    assert "Feb 23, 2026 60 0 messages moved PSI 1." in page
    assert "Feb 16, 2026 60 0 messages as before PSI 0.00" in page


def test_every_axis_has_its_shares(moved: Home, sign_in: As) -> None:
    mia = sign_in("mia")
    page = words(mia.get(DRIFT).text)
    assert "exploring" in page
    assert "80%" in page
    for axis in ("acts", "risk", "confidence", "read", "no such axis"):
        assert mia.get(DRIFT, params={"axis": axis, "source": "no such source"}).status_code == 200


def test_only_those_who_manage_quality_find_it(moved: Home, sign_in: As) -> None:
    for who in ("sam", "otto", "vera"):
        client = sign_in(who)
        assert client.get(DRIFT).status_code == 404
        assert client.post(f"{DRIFT}/reference", data={"source": "line"}).status_code == 404
    assert f'href="{DRIFT}"' not in sign_in("sam").get("/quality").text
    assert f'href="{DRIFT}"' in sign_in("mia").get("/quality").text


def test_another_reference_is_chosen_from_the_weeks_shown(moved: Home, sign_in: As) -> None:
    mia = sign_in("mia")
    last = MONDAY - timedelta(weeks=1)
    assert f'<option value="{last}">' in mia.get(DRIFT).text
    form = {"source": "line", "first": str(last), "last": str(last)}
    answer = mia.post(f"{DRIFT}/reference", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{DRIFT}?source=line")
    page = words(mia.get(DRIFT).text)
    assert "to Feb 23, 2026, chosen by mia." in page
    assert "Feb 16, 2026 60 0 messages moved" in page


@pytest.mark.parametrize(
    "form", [{}, {"first": "soon", "last": "later"}, {"first": "2026-02-23", "last": "2026-02-02"}]
)
def test_a_reference_that_makes_no_sense_is_told(moved: Home, sign_in: As, form: dict[str, str]) -> None:
    answer = sign_in("mia").post(f"{DRIFT}/reference", data={"source": "line", **form})
    assert answer.status_code == 400
    assert findall('role="alert"', answer.text)


def test_before_anything_was_counted_the_page_says_when_it_will_be(line: Home, sign_in: As) -> None:
    assert "No labels have been counted yet." in words(sign_in("mia").get(DRIFT).text)
