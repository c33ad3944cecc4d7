"""What every page of models has: whose models they are, what is told of them in words, who may decide.

Models that somebody may neither use nor decide on are not there for them. Reading never loads MLflow."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from nightlight.catalog.access import who_can
from nightlight.db import transaction
from nightlight.errors import NightlightError
from nightlight.languages import N_
from nightlight.registry.store import WORKSPACES
from nightlight.registry.stored import CHALLENGER, CHAMPION, NOT_EVALUATED, PASSED, PREVIOUS, REFUSED, ModelVersion
from nightlight.registry.versions import get_version, list_versions
from nightlight.settings import LABELLER, LLAMA, POCKET
from nightlight.web.access import NotThere, Person
from nightlight.web.models.tracks import Track
from nightlight.web.navigation import MODELS
from nightlight.web.pages import render
from nightlight.web.site import Site

ABOUT: Mapping[str, str] = {
    LABELLER: N_("Says what each message does: acts, phases, risk."),
    POCKET: N_("A small texter in this process: words what a played texter says in practice."),
    LLAMA: N_("A fine-tuned Llama that your organization serves: words what a played texter says in practice."),
}
ALIASES: Mapping[str, str] = {
    CHAMPION: N_("it is used"),
    CHALLENGER: N_("it is tried out beside the champion"),
    PREVIOUS: N_("it was champion before"),
}
WORKSPACE_WORDS: Mapping[str, str] = {
    "dev": N_("where versions are registered"),
    "staging": N_("where they are tried"),
    "prod": N_("where they are used"),
}
GATES: Mapping[str, tuple[str, str, str]] = {
    PASSED: (N_("gate passed"), "good", "✓"),
    REFUSED: (N_("gate refused"), "bad", "✕"),
    NOT_EVALUATED: (N_("not evaluated"), "", "–"),
}
"""A verdict as people read it, the chip's class, and its sign: color alone says nothing."""
KEY: Mapping[str, Track] = {
    "found": Track(0, 1, 50),
    "other": Track(0, 1, None, other=50),
    "bar": Track(0, 1, None, bar=50, allowed=(0, 50)),
    "line": Track(0, 1, None, bar=50),
}
"""What the signs in pictures of measures stand for."""
DONE: Mapping[str, str] = {
    "champion": N_("It is champion now. Servers follow within ten seconds."),
    "challenger": N_("It is challenger now. Nobody meets it before it is tried out."),
    "rollback": N_("Taken back. Servers follow within ten seconds; sessions that go on keep their version."),
    "rollout": N_("It is tried out from the next session on."),
    "stopped": N_("Nobody meets it any more in sessions that begin now; the champion alone speaks."),
    "prepared": N_("The models that came with the product are registered."),
}


def models_of(site: Site, person: Person) -> list[str]:
    """The models that somebody may use or decide on, registered or not; raises NotThere when there is none."""
    names = {*MODELS, *(version.name for version in list_versions(site.home))}
    securables = {f"model {name}": name for name in names}
    open_ = {
        securables[each]
        for privilege in ("EXECUTE", "MANAGE")
        for each in site.granted(person.name, privilege, securables, at=person.revision)
    }
    if not open_:
        raise NotThere
    return sorted(open_, key=lambda name: (MODELS.index(name) if name in MODELS else len(MODELS), name))


def check_sees(site: Site, person: Person, name: str) -> None:
    if name not in models_of(site, person):
        raise NotThere


def find(site: Site, person: Person, name: str, workspace: str, number: int) -> ModelVersion:
    """A version; another's model and none at all are not there."""
    check_sees(site, person, name)
    try:
        return get_version(site.home, name, number, workspace=workspace)
    except NightlightError:
        raise NotThere from None


def may_decide(site: Site, person: Person, name: str) -> bool:
    return all(
        site.may(person.name, privilege, f"model {name}", at=person.revision) for privilege in ("EXECUTE", "MANAGE")
    )


def deciders(site: Site, name: str, *, but: Sequence[str] = ()) -> list[str]:
    """Who may promote versions of a model and take them back, without its authors."""
    with transaction(site.url) as connection:
        able = [
            {each["principal"] for each in who_can(connection, privilege, f"model {name}")}
            for privilege in ("EXECUTE", "MANAGE")
        ]
    return sorted(set.intersection(*able) - {*but})


def url_of(version: ModelVersion) -> str:
    return f"/models/{version.name}/{version.workspace}/{version.version}"


def model_page(
    request: Request,
    template: str,
    *,
    error: NightlightError | None = None,
    status: int = 400,
    done: str = "",
    **values: Any,
) -> HTMLResponse:
    """A page of models: with the sentence that `?done=` stands for, or the line of what was refused (`status`)."""
    return render(
        request,
        f"models/{template}",
        status=status if error else 200,
        error=error,
        done=DONE.get(done, ""),
        about=ABOUT,
        aliases=ALIASES,
        gates=GATES,
        workspaces=WORKSPACES,
        workspace_words=WORKSPACE_WORDS,
        url_of=url_of,
        key=KEY,
        **values,
    )
