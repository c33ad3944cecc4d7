"""Where a home is and its few settings (`nightlight.toml`); where the files shipped with the product are.

A home is one affiliate's deployment: everything sensitive lies under it, files 0600 and folders 0700."""

import os
import secrets
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from nightlight.errors import NightlightError

HOME_VARIABLE = "NIGHTLIGHT_HOME"
SETTINGS_FILE = "nightlight.toml"
FOLDERS = (
    *("", "lake", "sources", "pipelines", "policies", "dashboards", "metrics", "reports", "notebooks"),
    *("extracts", "results", "keys"),
)
KEYS, KEY_BYTES = ("audit", "mask"), 32
LABELLER, POCKET, LLAMA = "labeller", "pocket", "llama"
"""The models of the product, as they are registered."""

BANK, OPENAI = "bank", "openai"
WORDINGS = (BANK, POCKET, OPENAI)
"""Who may word what a played texter says: the card's own lines, the model of this name, or one at an address."""


@dataclass(frozen=True)
class WordingSettings:
    """The table `[wording]`: who words what a played texter says.

    `kind`: bank (the card's own lines), pocket (the small model, in this process) or openai (a model at an address).
    `url`, `model`: of an OpenAI-compatible server inside the organization; without `model` it is asked for the champion
    of the registered model llama. `allowed_hosts`: the only hosts it may have.
    `timeout_seconds`: after which the card's line stands instead. `api_key_variable`: name of the environment variable
    that holds the server's key ("" = it wants none).
    """

    kind: str = BANK
    url: str = ""
    model: str = ""
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "::1", "localhost")
    timeout_seconds: int = 8
    api_key_variable: str = ""

    def problem(self) -> str:
        """What is wrong with the values together; "" for nothing."""
        if self.kind not in WORDINGS:
            return f"'kind' must be one of {', '.join(WORDINGS)}"
        if self.timeout_seconds < 1:
            return "'timeout_seconds' must be at least 1"
        if self.kind == OPENAI and not self.url:
            return "kind = 'openai' needs 'url'"
        return self._problem_of_url() if self.url else ""

    def _problem_of_url(self) -> str:
        try:
            parts = urlsplit(self.url)
        except ValueError:
            return "'url' is no address"
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            return "'url' must be an http(s) address without a user's name, such as http://127.0.0.1:8000"
        if parts.hostname not in self.allowed_hosts:
            return f"the host '{parts.hostname}' of 'url' is not in 'allowed_hosts'"
        return ""


@dataclass(frozen=True)
class Settings:
    """The keys of `nightlight.toml`; every key has a default that works.

    `database`: SQLAlchemy URL of the catalog's store ("" = SQLite in the home).
    `time_zone`: the line's local time zone (IANA name), for hours and days people see.
    `max_batch_rows`: rows that a streaming table reads in one batch (bounds memory).
    `engine_memory_mb`: upper bound of the embedded engine's working memory.
    `alert_mail_to`, `alert_mail_host`, `alert_webhook`: where failures are announced ("" = nowhere).
    `production`: refuse what is allowed for trying out: queries without a sandbox, datasets without an owner.
    `audit_anchor`: file that the audit's head is written to on the schedule ("" = nowhere).
    `query_seconds`, `query_memory_mb`, `query_rows`: bounds of one query that somebody waits for.
    `extract_cache_mb`: room for extracts (what principals may read, prepared); the least recently used go first.
    `public_url`: where browsers reach the pages ("" = the address they are served at), for links in mails and sign-in.
    `mail_from`: sender of mails ("" = the first of `alert_mail_to`); they go by `alert_mail_host`.
    `session_hours`: how long a sign-in lasts without use.
    `oidc_issuer`, `oidc_client_id`, `oidc_secret_file`, `oidc_claim`: the organization's identity provider ("" = none),
    where its client secret lies, and which claim is the user's name here.
    `practice_daily_minutes`: how long a person may practise on one day (0 = no bound); a session begun may be ended.
    `practice_contact`: the human to turn to after a hard session: a name, a place, a number ("" = the supervisor).
    `quality_live_hours`: how long the text of a conversation that was sent live is kept after its end.
    `quality_call_again_minutes`: after which a call that nobody answered is repeated, once (0 = never).
    `wording`: the table `[wording]`.
    """

    database: str = ""
    time_zone: str = "UTC"
    max_batch_rows: int = 1_000_000
    engine_memory_mb: int = 2048
    alert_mail_to: str = ""
    alert_mail_host: str = "localhost"
    alert_webhook: str = ""
    production: bool = False
    audit_anchor: str = ""
    query_seconds: int = 5
    query_memory_mb: int = 1024
    query_rows: int = 100_000
    extract_cache_mb: int = 20_000
    public_url: str = ""
    mail_from: str = ""
    session_hours: int = 12
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_secret_file: str = ""
    oidc_claim: str = "preferred_username"
    practice_daily_minutes: int = 120
    practice_contact: str = ""
    quality_live_hours: int = 24
    quality_call_again_minutes: int = 5
    wording: WordingSettings = WordingSettings()


@dataclass(frozen=True)
class Home:
    """The folder of one affiliate and the places inside it."""

    root: Path
    settings: Settings = Settings()

    @property
    def lake(self) -> Path:
        return self.root / "lake"

    @property
    def sources(self) -> Path:
        return self.root / "sources"

    @property
    def pipelines(self) -> Path:
        return self.root / "pipelines"

    @property
    def policies(self) -> Path:
        return self.root / "policies"

    @property
    def dashboards(self) -> Path:
        return self.root / "dashboards"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    @property
    def notebooks(self) -> Path:
        """A folder for each workspace."""
        return self.root / "notebooks"

    @property
    def registry(self) -> Path:
        """Runs of experiments and models, by MLflow; made at the first run."""
        return self.root / "registry"

    @property
    def extracts(self) -> Path:
        """What principals may read of each table, cached; may be deleted at any time."""
        return self.root / "extracts"

    @property
    def results(self) -> Path:
        """Answers of background queries, kept for those who asked."""
        return self.root / "results"

    def key(self, name: str) -> bytes:
        """The home's secret `name` ("audit" or "mask"); raises NightlightError when it is missing or damaged.

        A key is made with the home and never again: a new one would break the audit's chain, or every hashed value.
        """
        file = self.root / "keys" / name
        try:
            key = file.read_bytes()
        except OSError as error:
            raise NightlightError(
                f"the home's key '{name}' cannot be read", where=str(file), remedy="restore it from a backup"
            ) from error
        if len(key) != KEY_BYTES:
            raise NightlightError(
                f"the home's key '{name}' is damaged", where=str(file), remedy="restore it from a backup"
            )
        return key

    @property
    def database_url(self) -> str:
        return self.settings.database or f"sqlite:///{self.root / 'catalog.db'}"

    @classmethod
    def create(cls, root: Path) -> "Home":
        """Make an empty home (or open the one that is there)."""
        try:
            for name in FOLDERS:
                (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (root / SETTINGS_FILE).exists():
                for name in KEYS:
                    _write_key(root / "keys" / name)
                (root / SETTINGS_FILE).touch(mode=0o600)
                (root / SETTINGS_FILE).write_text("# Settings of this home; docs/settings.md lists the keys.\n")
        except OSError as error:
            raise NightlightError(
                f"the home cannot be made: {error.strerror}",
                where=str(root),
                remedy="choose a folder you may write to with --home",
            ) from error
        return cls.open(root)

    @classmethod
    def open(cls, root: Path) -> "Home":
        """Open an existing home; raises NightlightError when there is none or its settings are broken."""
        if not (root / SETTINGS_FILE).is_file():
            raise NightlightError(
                "there is no Nightlight home here",
                where=str(root),
                remedy=f"run `nightlight init`, or name the folder with --home or {HOME_VARIABLE}",
            )
        return cls(root.resolve(), read_settings(root / SETTINGS_FILE))


def _write_key(file: Path) -> None:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(secrets.token_bytes(KEY_BYTES))


def read_settings(file: Path) -> Settings:
    """Read `nightlight.toml`; unknown keys and wrong types are errors that name the file and the key."""
    values = read_toml(file)
    table = values.get("wording")
    if isinstance(table, dict):
        place = f"{file} [wording]"
        wording = WordingSettings(**_checked(table, WordingSettings, place))
        if problem := wording.problem():
            raise NightlightError(problem, where=place, remedy="docs/wording.md shows how it may look")
        values["wording"] = wording
    return Settings(**_checked(values, Settings, str(file)))


def _checked(values: dict[str, object], kind: type, where: str) -> dict[str, Any]:
    """The values, every key known and of its type; lists of texts become tuples."""
    known = {field.name: field.type for field in fields(kind)}
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            raise NightlightError(f"unknown key '{key}'", where=where, remedy=f"known keys: {', '.join(known)}")
        if known[key] == tuple[str, ...] and isinstance(value, list) and all(type(each) is str for each in value):
            checked[key] = tuple(value)
        elif type(value) is not known[key]:
            raise NightlightError(f"'{key}' must be {_english(known[key])}", where=where)
        else:
            checked[key] = value
    return checked


def read_toml(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise NightlightError(f"not valid TOML: {error}", where=str(file)) from error
    except UnicodeDecodeError as error:
        raise NightlightError("not UTF-8 text", where=str(file), remedy="save the file as UTF-8") from error
    except OSError as error:
        raise NightlightError(f"cannot be read: {error.strerror}", where=str(file)) from error


def home_folder(option: Path | None = None) -> Path:
    """The home's folder: the option, else the environment's, else ./nightlight-home."""
    return option or Path(os.environ.get(HOME_VARIABLE) or "nightlight-home")


def shipped(relative: str) -> Path:
    """The path of something shipped with the product (`corpus`, `examples/line`), installed or in a checkout."""
    package = Path(__file__).parent
    for folder in (package / "shipped", package.parent.parent):
        if (folder / relative).exists():
            return folder / relative
    raise NightlightError(f"'{relative}' is missing from this installation", remedy="install nightlight again")


def _english(kind: object) -> str:
    names: dict[object, str] = {
        str: "text in quotes",
        int: "a whole number",
        bool: "true or false",
        tuple[str, ...]: "a list of texts in quotes",
        WordingSettings: "a table",
    }
    return names.get(kind, str(kind))
