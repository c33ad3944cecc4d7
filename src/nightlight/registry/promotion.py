"""Promotion and rollback: which version an alias stands for. Two people for the way up, one for the way back.

A version goes from dev to staging and from there to prod; each workspace has a copy of its own."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from nightlight.catalog.audit import Entry, append
from nightlight.errors import NightlightError, suggest
from nightlight.lakehouse.lock import run_lock
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import GateReport, carry_report, get_report, judge
from nightlight.registry.rollout import end_rollout, rollout_in
from nightlight.registry.store import DEV, PROD, STAGING, check_workspace, open_store
from nightlight.registry.stored import CHALLENGER, CHAMPION, PREVIOUS, ModelVersion
from nightlight.registry.versions import (
    PRODUCT,
    TRAINING_SET,
    Clock,
    add_version,
    authors_of,
    check_decides,
    files_of,
    get_version,
    holder,
    install,
    list_versions,
    manifest_of,
    now_utc,
    one_line,
    refusals_recorded,
    run_folder,
)
from nightlight.settings import Home

TAKEN_BACK = "taken_back"
"""On a version that somebody took back, until somebody promotes it anew: by whom."""
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
        check_decides(home, by, name)
        source = get_version(home, name, version, workspace=COMES_FROM[to])
        if by in authors_of(source):
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
    home: Home,
    name: str,
    *,
    by: str,
    workspace: str = PROD,
    reason: str = "",
    champion: str = "",
    clock: Clock = now_utc,
) -> ModelVersion:
    """Make the version before the champion again, and the champion the one before; the new champion.

    `champion`: the version that is meant ("prod/pocket/3"), so that nobody takes back what somebody has taken back.

    One person is enough: taking a model back must not wait. What was taken back comes in again by another than its
    author.
    """
    statement = f"{name} in {workspace}"
    with (
        refusals_recorded(home, "roll back model", by, statement, clock),
        run_lock(home.root, "promotion"),
    ):
        check_workspace(workspace)
        check_decides(home, by, name)
        now = holder(home, name, CHAMPION, workspace=workspace)
        previous = holder(home, name, PREVIOUS, workspace=workspace)
        if now is not None and champion not in ("", now.label):
            raise NightlightError("another version is champion by now", remedy="look at it again, then decide")
        if now is None or previous is None:
            raise NightlightError(
                f"{workspace} has no version of '{name}' to go back to",
                remedy="`nightlight model list` shows what is there",
            )
        is_undone = TAKEN_BACK in previous.tags  # the champion is not taken back then: what it had replaced returns
        if is_undone and by in authors_of(previous):
            raise NightlightError(
                f"'{by}' trained or registered {previous.label}, which was taken back",
                remedy="a second person lets it in again",
            )
        files_of(home, previous)
        detail = f"{now.label} to {previous.label}" + (f": {told}" if (told := one_line(reason)) else "")
        append(home, Entry("roll back model", by, None, "done", statement=statement, detail=detail), clock=clock)
        _give(home, previous, CHAMPION, by, clock())
        if not is_undone:
            with open_store(home, workspace) as client:
                client.set_model_version_tag(name, str(now.version), TAKEN_BACK, by)
        return get_version(home, name, previous.version, workspace=workspace)


def passed_report(home: Home, version: ModelVersion, to: str, at: datetime) -> GateReport:
    """The report that lets a version in, judged by today's bars and beside the champion it would follow; it is kept
    with the copy, as it was judged."""
    report = get_report(home, version)
    if report is None:
        raise NightlightError(
            f"{version.label} has not been evaluated",
            remedy=f"run `nightlight model evaluate {version.name} {version.version}{_where(version)} --as USER`",
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
    return replace(report, measures=judged.measures, refused_because=judged.refused_because)


def _where(version: ModelVersion) -> str:
    """As the command line names the workspace of a version."""
    return "" if version.workspace == DEV else f" --workspace {version.workspace}"


def check_documents(home: Home, version: ModelVersion, approved: Collection[str]) -> None:
    """Raise NightlightError where a version learned from documents that nobody of this organization has approved."""
    starters = manifest_of(home, version).starters
    missing = [str(each.get("name")) for each in starters if each.get("sha256") not in approved]
    if missing:
        named = ", ".join(missing[:SHOWN]) + (" .." if len(missing) > SHOWN else "")
        raise NightlightError(
            f"{version.label} was trained on {len(missing)} starter documents that nobody here has approved ({named})",
            remedy=f"have them approved in the studio as they are, or train on others; {STAGING} takes it as it is",
        )


def _check_place(to: str, alias: str) -> None:
    check_workspace(to)
    if alias not in GIVEN:
        remedy = f"{PREVIOUS} is given by promoting another" if alias == PREVIOUS else suggest(alias, GIVEN)
        raise NightlightError(f"the alias '{alias}' cannot be given", remedy=remedy)


def _copy_in(home: Home, workspace: str, source: ModelVersion) -> ModelVersion | None:
    """The copy of a version that a workspace has already."""
    for each in list_versions(home, source.name):
        if (each.workspace, each.source, each.digest) == (workspace, source.label, source.digest):
            return each
    return None


def _give(home: Home, version: ModelVersion, alias: str, by: str, at: datetime) -> None:
    """Move an alias; the champion before becomes the previous one. A rollout was about those that stood there: over."""
    before = holder(home, version.name, CHAMPION, workspace=version.workspace)
    tried = holder(home, version.name, CHALLENGER, workspace=version.workspace)
    if tried is not None and (running := rollout_in(tried)):
        detail = f"{tried.label}, {running.people}: {version.label} is {alias}"
        entry = Entry("stop rollout", by, None, "done", statement=version.name, detail=detail)
        append(home, entry, clock=lambda: at)
    with open_store(home, version.workspace) as client:
        if tried is not None:
            end_rollout(client, tried)
        if TAKEN_BACK in version.tags:
            client.delete_model_version_tag(version.name, str(version.version), TAKEN_BACK)
        client.set_registered_model_alias(version.name, alias, str(version.version))
        for key, value in ((f"{alias}_since", at.isoformat()), (f"{alias}_by", by)):
            client.set_model_version_tag(version.name, str(version.version), key, value)
        if alias != CHAMPION:
            return
        if before is not None and before.version != version.version:
            client.set_registered_model_alias(version.name, PREVIOUS, str(before.version))
        if CHALLENGER in version.aliases:
            client.delete_registered_model_alias(version.name, CHALLENGER)
