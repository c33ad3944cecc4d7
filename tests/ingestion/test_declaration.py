"""A declaration that is wrong says where and what to write instead."""

from pathlib import Path

import pytest

from nightlight.errors import NightlightError
from nightlight.ingestion.declaration import read_source
from nightlight.settings import Home, shipped

FILE = 'kind = "jsonl"\npath = "exports/*.jsonl"\ntable = "bronze.messages"\n'
DATABASE = 'kind = "postgres"\nurl = "postgresql://me:${SECRET}@db/roster"\ntable = "bronze.shifts"\ncursor = "at"\n'
AT = '[columns.at]\ntype = "timestamp"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.create(tmp_path)


def declare(home: Home, toml: str) -> Path:
    file = home.sources / "s.toml"
    file.write_text(toml, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("kind = ", "not valid TOML"),
        (FILE + 'pth = "x"\n', "s.toml:4: unknown key 'pth'; did you mean 'path'?"),
        (FILE + '[columns.a]\ntyp = "int"\n', "s.toml:5: unknown key 'typ' in [columns.a]; did you mean 'type'?"),
        (FILE + '[columns.a]\ntype = "integer"\n', "s.toml:5: unknown type 'integer' in [columns.a]; did you mean"),
        (FILE + "[columns.a]\nrequired = 1\n", "s.toml:5: 'required' must be true or false in [columns.a]"),
        (FILE + '[columns._file]\ntype = "int"\n', "s.toml:4: '_file' cannot name a column"),
        (FILE + '[columns.a]\nsensitivity = "secret"\n', "s.toml:5: unknown sensitivity 'secret'"),
        (FILE + '[columns.a]\ntime_zone = "Europe/Berlin"\n', "'time_zone' is for a timestamp, not a string"),
        (FILE + '[columns.a]\ntype = "timestamp"\ntime_zone = "Berlin"\n', "s.toml:6: unknown time zone 'Berlin'"),
        (FILE + '[columns.a]\ntype = "int"\none_of = ["1"]\n', "s.toml:6: 'one_of' is for strings"),
        (FILE + '[csv]\nencoding = "latin-x"\n', "s.toml:5: unknown encoding 'latin-x'"),
        (FILE + '[csv]\nencoding = "utf-16"\n', "encoding 'utf-16' does not keep ASCII"),
        (FILE + '[csv]\ndelimiter = ";;"\n', "s.toml:5: 'delimiter' must be one character"),
        (FILE + 'key = ["nobody"]\n', "s.toml:4: 'key' names the undeclared column 'nobody'"),
        (FILE + 'overlap = "2h"\n', "s.toml:4: 'overlap' is for databases"),
        (FILE.replace("jsonl", "json", 1), "s.toml:1: unknown kind 'json'; did you mean 'jsonl'?"),
        (FILE.replace("bronze.messages", "Messages"), "s.toml:3: 'Messages' is not a table name"),
        ('kind = "csv"\ntable = "a.b"\n', "a csv source has a 'path' and no 'url'"),
        ('kind = "sqlite"\npath = "a.db"\ntable = "a.b"\n', "a database source needs a 'cursor'"),
        (DATABASE + AT, "s.toml:2: the environment variable SECRET is not set"),
    ],
)
def test_what_is_wrong_is_one_line_with_place_and_remedy(home: Home, toml: str, line: str) -> None:
    file = declare(home, toml)
    with pytest.raises(NightlightError) as error:
        read_source(file, home)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_a_password_comes_from_the_environment_and_is_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "open-sesame")
    source = read_source(declare(home, DATABASE + 'key = ["at"]\noverlap = "2h"\n' + AT), home)
    assert source.url == "postgresql://me:open-sesame@db/roster"
    assert "open-sesame" not in repr(source)
    assert source.overlap == 2 * 3600 * 1_000_000


def test_the_sources_of_the_example_line_can_be_read(home: Home) -> None:
    files = sorted(shipped("examples/line/sources").glob("*.toml"))
    sources = [read_source(file, home) for file in files]
    assert [str(source.table) for source in sources] == [
        "bronze.conversation_events",
        "bronze.messages",
        "bronze.partner_conversations",
        "bronze.shifts",
        "bronze.volunteers",
    ]
    tagged = {column.name: column.sensitivity for source in sources for column in source.columns if column.sensitivity}
    assert tagged == {"text": "text", "texter_key": "identity", "name": "identity", "email": "identity"}
