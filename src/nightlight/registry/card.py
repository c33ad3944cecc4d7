"""A version on one page: the model card."""

from nightlight.registry.gates import GateReport, Measure, get_report
from nightlight.registry.manifest import Manifest
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import manifest_of
from nightlight.settings import Home


def model_card(home: Home, version: ModelVersion) -> str:
    """A version on one page of Markdown: what it is, what it learned from, what it reached, who let it in."""
    manifest, report = manifest_of(home, version), get_report(home, version)
    training = [f"- {name}: {value:.4g}" for name, value in manifest.metrics.items()]
    parts = {
        f"# {version.name} {version.version} ({version.workspace})": _origin(version, manifest),
        "## Learned from": _documents(manifest),
        "## Gate": _gate(report),
        "## Measured while training": training or ["nothing"],
        "## Files": [f"- `{name}` {digest[:16]}" for name, digest in manifest.files.items()],
    }
    return "\n\n".join("\n".join([title, "", *lines]) for title, lines in parts.items()) + "\n"


def _origin(version: ModelVersion, manifest: Manifest) -> list[str]:
    values = manifest.values
    lines = [
        f"- made {version.made_at:%Y-%m-%d %H:%M} UTC by {version.author}, with `{values['recipe']}`",
        f"- code {values['code_revision']}, seed {values.get('seed', 'none')}",
        f"- taken from {version.source}",
    ]
    if version.aliases:
        lines.append(f"- stands for: {', '.join(version.aliases)}")
    if approver := version.tags.get("approved_by"):
        lines.append(f"- let in here by {approver}")
    if version.is_starter:
        lines.append("- **starter**: learned from documents that came with the product; nobody here had approved them")
    return [*lines, *(f"- {name}: {value}" for name, value in sorted(manifest.parameters.items()))]


def _documents(manifest: Manifest) -> list[str]:
    states: dict[str, int] = {}
    for document in manifest.documents:
        key = f"{document['state']} {document.get('kind', 'document')}"
        states[key] = states.get(key, 0) + 1
    return [f"- {count} {key}s" for key, count in sorted(states.items())] or ["no documents are named"]


def _gate(report: GateReport | None) -> list[str]:
    if report is None:
        return ["not evaluated"]
    verdict = "passed" if report.passed else "refused"
    theirs = {measure.id: measure.value for measure in report.champion_measures}
    lines = [f"{verdict}, {report.at:%Y-%m-%d %H:%M} UTC" + (f", beside {report.champion}" if report.champion else "")]
    lines += [f"- {reason}" for reason in report.refused_because]
    lines += ["", "| measure | found | bar | champion |", "|---|---|---|---|"]
    for each in report.measures:
        beside = f"{theirs[each.id]:.4g}" if each.id in theirs else ""
        lines.append(f"| {each.id} {each.name} | {each.value:.4g} | {_bar(each)} | {beside} |")
    return lines


def _bar(measure: Measure) -> str:
    if measure.bar is None:
        return "no worse than the champion" if measure.must_not_regress else ""
    return f"{'at most' if measure.at_most else 'at least'} {measure.bar:.4g}"
