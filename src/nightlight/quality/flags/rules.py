"""The catalog of flags: every rule there is, in the order of its code. docs/flags.md is its page for people."""

from nightlight.quality.flags.conduct_rules import CONDUCT_RULES
from nightlight.quality.flags.course_rules import COURSE_RULES
from nightlight.quality.flags.declared import Rule
from nightlight.quality.flags.risk_rules import RISK_RULES
from nightlight.quality.flags.silence_rules import SILENCE_RULES

RULES: tuple[Rule, ...] = tuple(
    sorted((*RISK_RULES, *COURSE_RULES, *SILENCE_RULES, *CONDUCT_RULES), key=lambda rule: int(rule.code[1:]))
)
RULE: dict[str, Rule] = {rule.id: rule for rule in RULES}
