"""Promotion and rollback: which version an alias stands for. Two people for the way up, one for the way back.

A version goes from dev to staging and from there to prod; each workspace has a copy of its own."""

from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError, suggest
from nightlight.lakehouse.lock import run_lock
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import GateReport, carry_report, get_report, judge
from nightlight.registry.store import DEV, PROD, STAGING, check_workspace, open_store
from nightlight.registry.stored import CHALLENGER, CHAMPION, PREVIOUS, ModelVersion
from nightlight.registry.versions import (
    PRODUCT,
    TRAINING_SET,
    Clock,
    add_version,
    check_may,
    files_of,
    get_version,
    holder,
    install,
    list_versions,
    manifest_of,
    now_utc,
    refusals_recorded,
    run_folder,
)
from nightlight.settings import Home

COMES_FROM: Mapping[str, str] = {DEV: DEV, STAGING: DEV, PROD: STAGING}
GIVEN = (CHAMPION, CHALLENGER)
SHOWN = 3


def promote(
    home: Home,
    name: str,
    version: int,
    *,
    to: str,
    alias: str,
    by: str,
    approved: Collection[str] = (),
    clock: Clock = now_utc,
) -> ModelVersion:
    """Copy a version into the next workspace and give it an alias there; raises NightlightError, and moves nothing,
    where its gate, its author or its documents forbid that.

    `version`: its number in the workspace it comes from. `approved`: digests of documents that were approved here
    since the version was trained on them as starters.
    """
    with (
        refusals_recorded(home, "promote model", by, f"{name} {version} to {to} as {alias}", clock),
        run_lock(home.root, "promotion"),
    ):
        _check_place(to, alias)
        _check_decides(home, by, name)
        source = get_version(home, name, version, workspace=COMES_FROM[to])
        if by in _authors(source):
            raise NightlightError(f"'{by}' trained or registered {source.label}", remedy="a second person promotes it")
        report = passed_report(home, source, to, clock())
        if to == PROD:
            check_documents(home, source, approved)
        folder = files_of(home, source)
        statement, detail = f"{name} {version} to {to} as {alias}", f"{source.label}, files {source.digest[:12]}"
        append(home, Entry("promote model", by, None, "done", statement=statement, detail=detail), clock=clock)
        target = source if to == source.workspace else _copy_in(home, to, source)
        if target is None:
            tags = {"author": source.author, "from": source.label, "approved_by": by}
            training_set = run_folder(home, source) / TRAINING_SET
            kept = training_set if training_set.is_dir() else None
            target = add_version(home, manifest_of(home, source), folder, to, tags, training_set=kept)
        if target is not source:
            carry_report(home, report, target)
        _give(home, target, alias, by, clock())
        return get_version(home, name, target.version, workspace=to)


def install_champion(home: Home, name: str, folder: Path, workspace: str, *, clock: Clock = now_utc) -> ModelVersion:
    """A model that came with the product as a workspace's champion: nobody here has measured or approved it."""
    version = install(home, name, folder, workspace, clock=clock)
    _give(home, version, CHAMPION, PRODUCT, clock())
    return version


def rollback(
    home: Home, name: str, *, by: str, workspace: str = PROD, reason: str = "", clock: Clock = now_utc
) -> ModelVersion:
    """Make the version before the champion again, and the champion the one before; the new champion.

    One person is enough: taking a model back must not wait.
    """
    statement = f"{name} in {workspace}"
    with (
        refusals_recorded(home, "roll back model", by, statement, clock),
        run_lock(home.root, "promotion"),
    ):
        check_workspace(workspace)
        _check_decides(home, by, name)
        champion = holder(home, name, CHAMPION, workspace=workspace)
        previous = holder(home, name, PREVIOUS, workspace=workspace)
        if champion is None or previous is None:
            raise NightlightError(
                f"{workspace} has no version of '{name}' to go back to",
                remedy="`nightlight model list` shows what is there",
            )
        files_of(home, previous)
        detail = f"{champion.label} to {previous.label}" + (f": {reason}" if reason else "")
        append(home, Entry("roll back model", by, None, "done", statement=statement, detail=detail), clock=clock)
        _give(home, previous, CHAMPION, by, clock())
        return get_version(home, name, previous.version, workspace=workspace)


def passed_report(home: Home, version: ModelVersion, to: str, at: datetime) -> GateReport:
    """The report that lets a version in, judged by today's bars and beside the champion it would follow."""
    report = get_report(home, version)
    if report is None:
        raise NightlightError(
            f"{version.label} has not been evaluated",
            remedy=f"run `nightlight model evaluate {version.name} {version.version}`",
        )
    if report.digest != version.digest:
        raise NightlightError(f"the gate report of {version.label} is about other files", remedy="evaluate it again")
    champion = holder(home, version.name, CHAMPION, workspace=to)
    if champion is not None and champion.digest == version.digest:
        champion = None
    theirs = get_report(home, champion) if champion else None
    judged = judge(
        version,
        report.figures,
        read_bars(home, version.name),
        at=at,
        champion=champion,
        champion_figures=theirs.figures if theirs else report.figures_of(champion),
    )
    if not judged.passed:
        raise NightlightError(
            f"the gate refuses {version.label}: {'; '.join(judged.refused_because)}",
            remedy="train a better one, or evaluate this one again; the bars are in gates.toml",
        )
    return report


def check_documents(home: Home, version: ModelVersion, approved: Collection[str]) -> None:
    """Raise NightlightError where a version learned from documents that nobody of this organization has approved."""
    starters = manifest_of(home, version).starters
    missing = [str(each.get("name")) for each in starters if each.get("sha256") not in approved]
    if missing:
        named = ", ".join(missing[:SHOWN]) + (" .." if len(missing) > SHOWN else "")
        raise NightlightError(
            f"{version.label} was trained on {len(missing)} starter documents that nobody here has approved ({named})",
            remedy=f"have them approved in the studio and train again; {STAGING} and {DEV} take it as it is",
        )


def _check_place(to: str, alias: str) -> None:
    check_workspace(to)
    if alias not in GIVEN:
        remedy = f"{PREVIOUS} is given by promoting another" if alias == PREVIOUS else suggest(alias, GIVEN)
        raise NightlightError(f"the alias '{alias}' cannot be given", remedy=remedy)


def _check_decides(home: Home, by: str, name: str) -> None:
    """Who manages the catalog decides nothing about a model without being able to use it."""
    check_may(home, by, "EXECUTE", name)
    check_may(home, by, "MANAGE", name)


def _authors(version: ModelVersion) -> tuple[str, ...]:
    return tuple(author.strip() for author in version.author.split(","))


def _copy_in(home: Home, workspace: str, source: ModelVersion) -> ModelVersion | None:
    """The copy of a version that a workspace has already."""
    for each in list_versions(home, source.name):
        if (each.workspace, each.source, each.digest) == (workspace, source.label, source.digest):
            return each
    return None


def _give(home: Home, version: ModelVersion, alias: str, by: str, at: datetime) -> None:
    """Move an alias; the champion before becomes the previous one."""
    before = holder(home, version.name, CHAMPION, workspace=version.workspace)
    with open_store(home, version.workspace) as client:
        client.set_registered_model_alias(version.name, alias, str(version.version))
        for key, value in ((f"{alias}_since", at.isoformat()), (f"{alias}_by", by)):
            client.set_model_version_tag(version.name, str(version.version), key, value)
        if alias != CHAMPION:
            return
        if before is not None and before.version != version.version:
            client.set_registered_model_alias(version.name, PREVIOUS, str(before.version))
        if CHALLENGER in version.aliases:
            client.delete_registered_model_alias(version.name, CHALLENGER)
