"""How well risk is told: on messages of a stranger, half of whose harmless ones are hard on purpose, and as alarms on
everyday messages, where hardly anything is risk."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nightlight.conversations.labels import HIGHEST_RISK, RiskAttribute
from nightlight.conversations.texter_messages import TexterMessage
from nightlight.labelling.evaluation import together
from nightlight.labelling.figures import calibration_error, classes_of
from nightlight.labelling.risk import LabelledRisk, RiskLabeller

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = tuple(str(level) for level in range(HIGHEST_RISK + 1))


def risk_report(labeller: RiskLabeller, messages: Sequence[TexterMessage], name: str) -> dict[str, Any]:
    """Levels, each level or higher, high risk as an alarm, attributes."""
    answers = [labeller.label(message.text, before=message.before) for message in messages]
    wanted, said = [message.level for message in messages], [answer.level for answer in answers]
    groups = [str(number) for number in range(len(messages))]
    sure = [answer.probabilities[answer.level] for answer in answers]
    levels = classes_of(name, [str(n) for n in wanted], [str(n) for n in said], groups, labels=LEVELS, sure=sure)
    return {
        "levels": levels.as_json(),
        "quadratic weighted kappa": quadratic_kappa(wanted, said),
        "or higher": [
            vars(together(f"{level} or higher", [n >= level for n in wanted], [n >= level for n in said]))
            for level in range(1, HIGHEST_RISK + 1)
        ],
        "calibration error of level 3 or higher": calibration_error(
            [n >= 3 for n in wanted], [answer.at_least(3) for answer in answers]
        ),
        "attributes": [vars(each) for each in attribute_figures(messages, answers)],
    }


def attribute_figures(messages: Sequence[TexterMessage], answers: Sequence[LabelledRisk]) -> list[Any]:
    return [
        together(
            attribute,
            [attribute in message.attributes for message in messages],
            [attribute in answer.attributes for answer in answers],
        )
        for attribute in RiskAttribute
    ]


def alarms(
    sure: "NDArray[Any]", high: "NDArray[Any]", everyday: "NDArray[Any]", *, share: float = 0.05
) -> dict[str, float]:
    """Recall of high risk where `share` of everyday messages give an alarm.

    `sure`: how sure each message is of high risk; `high`: which of them are; `everyday`: the same sureness for messages
    without risk.
    """
    import numpy as np

    limit = float(np.quantile(everyday, 1 - share))
    return {
        "high": int(high.sum()),
        "alarms": share,
        "recall": float((sure > limit)[high].mean()) if high.any() else 0.0,
        "limit": limit,
    }


def quadratic_kappa(wanted: Sequence[int], said: Sequence[int]) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968): agreement beyond chance, where near misses count less."""
    import numpy as np

    seen = np.zeros((HIGHEST_RISK + 1, HIGHEST_RISK + 1))
    for one, other in zip(wanted, said, strict=True):
        seen[one, other] += 1
    chance = np.outer(seen.sum(axis=1), seen.sum(axis=0)) / seen.sum()
    place = np.arange(HIGHEST_RISK + 1)
    weight = (place[:, None] - place[None, :]) ** 2
    return float(1 - (weight * seen).sum() / (weight * chance).sum())
