"""docs/flags.md is the page of every rule and every threshold: what is not on it does not exist for a supervisor."""

import re
from dataclasses import fields
from pathlib import Path

from nightlight.quality.flags.rules import RULES
from nightlight.quality.flags.thresholds import START, Thresholds

PAGE = (Path(__file__).parents[3] / "docs" / "flags.md").read_text(encoding="utf-8")


def test_every_rule_is_on_the_page_with_its_severity_and_whether_it_clears() -> None:
    for rule in RULES:
        row = re.search(rf"^\| {rule.code} \| `{rule.id}` \|(.*)\|(.*)\|(.*)\|(.*)\|$", PAGE, re.MULTILINE)
        assert row is not None, rule.id
        assert row[3].strip().startswith(rule.severity)
        assert bool(row[4].strip()) == rule.clears


def test_every_threshold_is_on_the_page_with_its_start_value() -> None:
    listed: dict[str, str] = {}
    for names, values in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]*) \|", PAGE, re.MULTILINE):
        listed |= dict(zip(re.findall(r"`(\w+)`", names), values.split(", "), strict=True))
    start = {field.name: str(getattr(START, field.name)).lower() for field in fields(Thresholds)}
    assert listed.pop("macros") == "none"
    assert listed == {name: value for name, value in start.items() if name != "macros"}
