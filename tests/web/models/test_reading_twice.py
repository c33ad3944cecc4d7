"""Two labellers read the same role-plays: how far apart they are, and on which messages.

dario (who trains), clara (who decides) and uma use the labeller; ada manages the catalog alone; vera sees no models."""

import re
import shutil
from html import unescape

import pytest
from tests.conftest import copy_home
from tests.labelling.registered import BARS, MAY, install_shipped, to_production, write_other
from tests.web.conftest import NOW
from tests.web.models.conftest import As

from nightlight.catalog.history import changing
from nightlight.catalog.statements import read_statements
from nightlight.conversations.corpus import shipped_corpus
from nightlight.practice.study import begin_study
from nightlight.registry.versions import files_of, get_version
from nightlight.settings import Home
from nightlight.sql.policies import apply_policies
from nightlight.studio.documents import kind_of
from nightlight.studio.versions import State, Version, insert_version
from nightlight.web.models import played_once as work
from nightlight.web.models import reading_twice

PLAY, OTHERS = "night-shift-fine--skilled1", ("group-chat--poor1", "exam-week-sleepless--mixed1")
DRAFT = "third-dry-year--mixed1"
URL = "/models/labeller/compare?one=prod/1&other=prod/2"


@pytest.fixture(scope="session")
def made_line(made_line: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The line with models, the shipped labeller as prod/1, one that hears the highest risk in every word as prod/2,
    three role-plays in use and one that is being written."""
    folder = tmp_path_factory.mktemp("labellers")
    line = copy_home(made_line, folder / "home")
    apply_policies(line, list(read_statements(MAY, "may.sql")), by="ada", text=MAY)
    with (line.root / "gates.toml").open("a") as file:
        file.write(BARS)
    install_shipped(line, folder / "shipped")
    to_production(line, write_other(folder / "other"))
    for name in ("night-shift-fine", PLAY, *OTHERS):
        take_in(line, name, State.STARTER)
    take_in(line, DRAFT, State.DRAFT)
    return line


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "_played", type(work._played)())


def take_in(line: Home, name: str, state: State) -> None:
    folder, suffix = ("scripts", "txt") if "--" in name else ("cards", "yaml")
    source = (shipped_corpus() / folder / f"{name}.{suffix}").read_text(encoding="utf-8")
    with changing(line.database_url) as connection:
        insert_version(connection, Version(name, 1, kind_of(name), state, source, (), (), "shipped", "", NOW, NOW))


def read(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def test_who_uses_the_labeller_sees_how_far_apart_two_are(sign_in: As) -> None:
    for who in ("clara", "dario", "uma"):
        page = sign_in(who).get(f"{URL}&plays=all").text
        assert "Counted in all 3 role-plays in use here" in read(page)
        risk = read(re.findall(r"<tr><th scope=\"row\">level of risk</th>(.*?)</tr>", page)[0]).split()
        assert int(risk[0]) > 40
        assert risk[2] not in ("0%", "–")
        assert re.search(rf"&amp;play={PLAY}#play\">[^<]+, skilled 1</a>", page)


def test_others_see_no_role_play(sign_in: As, line: Home) -> None:
    first = (shipped_corpus() / "scripts" / f"{PLAY}.txt").read_text(encoding="utf-8").split("T: ")[1].split(" #")[0]
    url = f"{URL}&plays=all&play={PLAY}"
    assert first in unescape(sign_in("uma").get(url).text)
    page = sign_in("ada").get(url)
    assert page.status_code == 200
    assert first not in unescape(page.text)
    assert "role-plays" not in page.text
    assert sign_in("vera").get(url).status_code == 404
    assert sign_in("").get(url, follow_redirects=False).status_code == 303


def test_a_role_play_is_read_message_by_message_with_a_word_where_they_differ(sign_in: As) -> None:
    page = sign_in("uma").get(f"{URL}&play={PLAY}").text
    said = page[page.index('id="play"') :]
    assert "never a texter's conversation" in unescape(said)
    first = re.findall(r'<li id="message-\d+">.*?</li>', said, re.DOTALL)
    texters = [each for each in first if "· Texter:" in each]
    assert any("they differ:" in each and "level of risk" in each for each in texters)
    labels = [read(each) for each in re.findall(r"<dt>Risk</dt>(<dd.*?</dd>)", said)]
    assert "0 none" in labels[::2]
    assert all(label.startswith("4 imminent") for label in labels[1::2])
    assert any("both:" in each for each in first if "· Counselor:" in each)


def test_only_what_differs_can_be_shown(sign_in: As) -> None:
    every = sign_in("uma").get(f"{URL}&play={PLAY}").text
    only = sign_in("uma").get(f"{URL}&play={PLAY}&only=different").text
    assert every.count('<li id="message-') > only.count('<li id="message-') > 0
    assert only.count('<li id="message-') == only.count("they differ:") == every.count("they differ:")
    assert "both:" not in only


def test_the_table_and_the_messages_count_the_same(sign_in: As) -> None:
    page = sign_in("uma").get(f"{URL}&plays=all&play={PLAY}").text
    (row,) = re.findall(rf"<tr><th scope=\"row\"><a href=\"[^\"]*play={PLAY}#play\">.*?</tr>", page, re.DOTALL)
    differ = read(row).split("skilled 1 ")[1].split()[1]
    assert f"They differ on {differ} of its" in read(page)


def test_a_version_beside_itself_differs_nowhere(sign_in: As) -> None:
    page = read(sign_in("uma").get(f"/models/labeller/compare?one=prod/1&other=prod/1&plays=all&play={PLAY}").text)
    assert "They differ nowhere." in page
    assert "They differ on 0 of its" in page


def test_nothing_is_counted_before_somebody_asks_and_what_was_is_shown_to_all(sign_in: As) -> None:
    assert "Counted in" not in sign_in("uma").get(URL).text
    assert "Count how often they differ" in sign_in("uma").get(URL).text
    sign_in("uma").get(f"{URL}&plays=sample")
    assert "Counted in all 3" in sign_in("clara").get(URL).text


def test_a_sample_says_that_it_is_one(sign_in: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_twice, "SAMPLE", 2)
    page = sign_in("uma").get(f"{URL}&plays=sample").text
    assert "Counted in 2 of the 3 role-plays in use here" in page
    assert "Count in all of them" in page
    assert "Counted in all 3" in sign_in("uma").get(f"{URL}&plays=all").text


@pytest.mark.parametrize("play", [DRAFT, "no-such--poor1", "c1"])
def test_what_is_not_in_use_is_not_read(sign_in: As, play: str) -> None:
    answer = sign_in("uma").get(f"{URL}&play={play}")
    assert answer.status_code == 400
    assert "this role-play is not in use here" in answer.text
    assert 'id="play"' not in answer.text


def test_what_a_running_study_keeps_unseen_is_left_out(sign_in: As, line: Home) -> None:
    take_in(line, "third-dry-year", State.STARTER)
    begin_study(line, "may", before="night-shift-fine", after="third-dry-year", by="sam", clock=lambda: NOW)
    page = sign_in("uma").get(f"{URL}&plays=all").text
    assert "Counted in all 2 role-plays" in page
    assert PLAY not in page
    assert sign_in("uma").get(f"{URL}&play={PLAY}").status_code == 400


def test_a_new_text_is_read_anew(sign_in: As, line: Home) -> None:
    sign_in("uma").get(f"{URL}&plays=all")
    take_in(line, "group-chat--mixed1", State.APPROVED)
    assert "Counted in" not in sign_in("uma").get(URL).text
    assert "Counted in all 4" in sign_in("uma").get(f"{URL}&plays=all").text


def test_nobody_waits_for_what_another_counts(sign_in: As) -> None:
    with work._PLAYING:
        page = sign_in("uma").get(f"{URL}&plays=sample")
        assert (page.status_code, "at work for somebody else" in page.text) == (200, True)
        assert 'hx-trigger="load"' not in page.text
        assert sign_in("uma").get(f"{URL}&play={PLAY}").status_code == 400
    assert "Counted in all 3" in sign_in("uma").get(f"{URL}&plays=sample").text


def test_what_nobody_has_let_in_is_not_opened_by_pages(sign_in: As) -> None:
    page = sign_in("uma").get(f"/models/labeller/compare?one=prod/1&other=dev/1&plays=all&play={PLAY}").text
    assert "others by command, with --conversations" in page
    assert 'id="play"' not in page
    assert "Counted in" not in page


def test_a_version_that_cannot_be_read_is_told_in_one_line(sign_in: As, line: Home) -> None:
    broken = files_of(line, get_version(line, "labeller", 2, workspace="prod"))
    shutil.rmtree(broken)
    answer = sign_in("uma").get(URL)
    assert answer.status_code == 400
    assert "prod/labeller/2" in answer.text
    assert "Measures" in answer.text


def test_texters_read_no_role_plays(sign_in: As) -> None:
    page = sign_in("uma").get(f"/models/pocket/compare?one=prod/1&other=prod/2&plays=all&play={PLAY}").text
    assert "role-plays" not in page
