"""A home and its settings: made once, opened often, and every mistake in the file named."""

from pathlib import Path

import pytest

from nightlight.errors import NightlightError
from nightlight.settings import HOME_VARIABLE, Home, Settings, home_folder, read_toml, shipped


def test_a_new_home_has_its_places_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "deep" / "home")
    for folder in (home.root, home.lake, home.sources, home.pipelines):
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o700
    assert home.settings == Settings()
    assert home.database_url == f"sqlite:///{home.root / 'catalog.db'}"


def test_making_a_home_that_is_there_opens_it_as_it_is(tmp_path: Path) -> None:
    Home.create(tmp_path)
    (tmp_path / "nightlight.toml").write_text('time_zone = "Europe/Berlin"\nmax_batch_rows = 10\n')
    home = Home.create(tmp_path)
    assert (home.settings.time_zone, home.settings.max_batch_rows) == ("Europe/Berlin", 10)
    assert Home.open(tmp_path) == home


def test_the_database_may_lie_elsewhere(tmp_path: Path) -> None:
    Home.create(tmp_path)
    (tmp_path / "nightlight.toml").write_text('database = "postgresql://db/line"')
    assert Home.open(tmp_path).database_url == "postgresql://db/line"


def test_where_no_home_is_the_line_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"there is no Nightlight home here; run `nightlight init`") as refused:
        Home.open(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(refused.value)
    assert HOME_VARIABLE in str(refused.value)


def test_a_home_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NightlightError, match=r"the home cannot be made: .*; choose a folder"):
        Home.create(tmp_path / "file" / "home")


MISTAKES = {
    "broken TOML": (b"time_zone = = 1", "not valid TOML: .*line 1"),
    "an unknown key": (b'timezone = "UTC"', "unknown key 'timezone'; known keys: .*time_zone"),
    "a number in quotes": (b'max_batch_rows = "10"', "'max_batch_rows' must be a whole number"),
    "a truth for a number": (b"max_batch_rows = true", "'max_batch_rows' must be a whole number"),
    "a fraction": (b"max_batch_rows = 1.5", "'max_batch_rows' must be a whole number"),
    "a number for text": (b"time_zone = 1", "'time_zone' must be text in quotes"),
    "not UTF-8": (b'time_zone = "\xff"', "not UTF-8 text"),
}


WORDING_MISTAKES = {
    "no table": ('wording = "bank"', "'wording' must be a table"),
    "an unknown key": (
        '[wording]\nurls = "http://localhost"',
        r"\[wording\]: unknown key 'urls'; known keys: kind, url",
    ),
    "an unknown kind": ('[wording]\nkind = "gpt"', "'kind' must be one of bank, pocket, openai"),
    "no address": ('[wording]\nkind = "openai"', "kind = 'openai' needs 'url'"),
    "another host": (
        '[wording]\nurl = "https://api.example.org/v1"',
        "the host 'api.example.org' of 'url' is not in 'allowed_hosts'",
    ),
    "a host that looks allowed": (
        '[wording]\nurl = "http://127.0.0.1@example.org"',
        "'url' must be an http\\(s\\) address without a user's name",
    ),
    "a host like an allowed one": (
        '[wording]\nurl = "http://localhost.example.org:8000"',
        "the host 'localhost.example.org' of 'url' is not in 'allowed_hosts'",
    ),
    "no address at all": ('[wording]\nurl = "localhost:8000"', "'url' must be an http"),
    "another scheme": ('[wording]\nurl = "file://localhost/etc"', "'url' must be an http"),
    "hosts that are no list": ('[wording]\nallowed_hosts = "a"', "'allowed_hosts' must be a list of texts in quotes"),
    "no time": ("[wording]\ntimeout_seconds = 0", "'timeout_seconds' must be at least 1"),
}


@pytest.mark.parametrize(("content", "message"), WORDING_MISTAKES.values(), ids=WORDING_MISTAKES)
def test_a_mistake_in_the_wording_s_table_is_named(tmp_path: Path, content: str, message: str) -> None:
    Home.create(tmp_path)
    (tmp_path / "nightlight.toml").write_text(content)
    with pytest.raises(NightlightError, match=message) as refused:
        Home.open(tmp_path)
    assert str(refused.value).startswith(str(tmp_path / "nightlight.toml"))


def test_a_wording_server_stands_where_the_settings_allow(tmp_path: Path) -> None:
    Home.create(tmp_path)
    (tmp_path / "nightlight.toml").write_text(
        '[wording]\nkind = "openai"\nurl = "https://llama.line.internal/v1"\nmodel = "harbour"\n'
        'allowed_hosts = ["llama.line.internal"]\n'
    )
    wording = Home.open(tmp_path).settings.wording
    assert (wording.kind, wording.model, wording.allowed_hosts) == ("openai", "harbour", ("llama.line.internal",))


@pytest.mark.parametrize(("content", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_settings_is_named_with_its_file(tmp_path: Path, content: bytes, message: str) -> None:
    Home.create(tmp_path)
    (tmp_path / "nightlight.toml").write_bytes(content)
    with pytest.raises(NightlightError, match=message) as refused:
        Home.open(tmp_path)
    assert str(refused.value).startswith(f"{tmp_path / 'nightlight.toml'}: ")
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NightlightError, match=r"nothing\.toml: cannot be read: No such file"):
        read_toml(tmp_path / "nothing.toml")


def test_the_option_comes_before_the_environment_and_that_before_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HOME_VARIABLE, raising=False)
    assert home_folder() == Path("nightlight-home")
    monkeypatch.setenv(HOME_VARIABLE, "/srv/line")
    assert home_folder() == Path("/srv/line")
    assert home_folder(Path("other")) == Path("other")


def test_what_is_shipped_is_found_and_what_is_not_is_said() -> None:
    assert (shipped("corpus") / "README.md").is_file()
    assert shipped("examples/line").is_dir()
    with pytest.raises(NightlightError, match="'no-such-thing' is missing from this installation"):
        shipped("no-such-thing")
