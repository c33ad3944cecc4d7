"""Labellers that are registered here: another one than the shipped, and one let in all the way to production."""

from pathlib import Path

import pytest
from tests.registry.models import NOW, add_people, clock

from nightlight.catalog.statements import read_statements
from nightlight.labelling.files import read_parts, save_parts
from nightlight.operations.labeller_training import copy_labeller
from nightlight.registry import serving as following
from nightlight.registry.bars import read_bars
from nightlight.registry.gates import Figure, judge, save_report
from nightlight.registry.promotion import install_champion, promote
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import list_versions, register
from nightlight.settings import Home, shipped
from nightlight.sql.policies import apply_policies

MAY = """
GRANT EXECUTE ON MODEL labeller TO trainers; GRANT EXECUTE ON MODEL labeller TO deciders;
GRANT MANAGE ON MODEL labeller TO deciders;
"""
BARS = "\n[labeller.rungs_recall]\nat_least = 0.8\n"
QUIET = "i had soup for lunch"
"""No risk to the shipped labeller; the other one hears the highest in every word."""
FIGURES = (
    Figure("acts_exact", "strangers' messages whose first act is right", 0.81),
    Figure("rungs_recall", "questions about risk that are found", 0.86),
    Figure("rungs_precision", "found questions about risk that are ones", 0.92),
    Figure("alarm_recall", "high risk found when 5 % of everyday messages alarm", 0.9),
)


def let_people_decide(home: Home) -> None:
    """dario trains and registers, clara decides, otto may nothing."""
    add_people(home)
    with (home.root / "gates.toml").open("a") as file:
        file.write(BARS)
    apply_policies(home, read_statements(MAY, "test.sql"), by="test")


def write_other(folder: Path, *, alarm: float = 0.0) -> Path:
    """A labeller that names every level of risk which is `alarm` probable; the shipped one in all else."""
    _, arrays = read_parts(shipped("models/labeller"))
    parts = {name: dict(each) for name, each in arrays.items()}
    parts["texter"]["levels"] = parts["texter"]["levels"] * 0 + alarm
    trained = folder.with_name(f"{folder.name}-trained")
    save_parts(trained, parts, {"seed": 1, "trained_on": {}})
    copy_labeller(trained, folder, author="dario")
    return folder


def install_shipped(home: Home, folder: Path) -> ModelVersion:
    """What came with the product, champion as in every home whose registry has been looked at."""
    copy_labeller(shipped("models/labeller"), folder, author="nightlight")
    return install_champion(home, "labeller", folder, "prod", clock=clock)


def to_production(home: Home, folder: Path) -> ModelVersion:
    """Registered by dario, measured, let in by clara."""
    version = register(home, "labeller", folder, author="dario", clock=clock)
    save_report(home, judge(version, FIGURES, read_bars(home, "labeller"), at=NOW), by="dario", clock=clock)
    staged = promote(home, "labeller", version.version, to="staging", alias="champion", by="clara", clock=clock)
    return promote(home, "labeller", staged.version, to="prod", alias="champion", by="clara", clock=clock)


def in_production(home: Home) -> list[ModelVersion]:
    return [version for version in list_versions(home, "labeller") if version.workspace == "prod"]


def looked_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the seconds between two looks at the registry had passed."""
    monkeypatch.setattr(following, "LOOK_AGAIN", 0.0)
