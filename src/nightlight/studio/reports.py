"""The card tests' report of a version: run when asked for, kept with the version, read again from there."""

import json
from dataclasses import asdict
from typing import Any

from nightlight.settings import Home
from nightlight.studio.card_tests import CardTest, CardTestReport, run_card_tests
from nightlight.studio.documents import card_of
from nightlight.studio.versions import Version
from nightlight.studio.writing import record_tests


def tested(home: Home, version: Version) -> CardTestReport:
    """The report that is kept for this text, else that of tests run now, which takes some seconds."""
    return kept_report(version) or run_tests(home, version)


def run_tests(home: Home, version: Version) -> CardTestReport:
    """Run the card tests and keep their report; raises NightlightError when the card is not complete."""
    from nightlight.labelling.serving import labeller_in_use

    report = run_card_tests(card_of(version), version.principles, labeller=labeller_in_use(home).counselor)
    record_tests(home, version, json.dumps(asdict(report), ensure_ascii=False))
    return report


def kept_report(version: Version) -> CardTestReport | None:
    if not version.tests:
        return None
    found: dict[str, Any] = json.loads(version.tests)
    results = [CardTest(**{**result, "evidence": tuple(result["evidence"])}) for result in found["results"]]
    return CardTestReport(found["card"], found["labeller"], found["parameters"], tuple(results))
