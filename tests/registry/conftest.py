"""A home with a registry and three people, folders of models, and versions of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.registry.models import NOW, add_people, clock
from tests.registry.models import write_model as write_folder

from nightlight.registry.bars import read_bars
from nightlight.registry.gates import Figure, judge, save_report
from nightlight.registry.stored import ModelVersion
from nightlight.registry.versions import register
from nightlight.settings import Home

WriteModel = Callable[..., Path]
Trained = Callable[..., ModelVersion]


@pytest.fixture
def home(with_registry: Home) -> Home:
    add_people(with_registry)
    return with_registry


@pytest.fixture
def write_model(tmp_path: Path) -> WriteModel:
    def write(word: str = "first", **more: Any) -> Path:
        return write_folder(tmp_path / "trained" / word, word, **more)

    return write


@pytest.fixture
def trained(home: Home, write_model: WriteModel) -> Trained:
    """A registered version, evaluated unless `leaks` is None."""

    def train(
        word: str = "first",
        *,
        leaks: float | None = 0.0,
        fluency: float = 0.8,
        at: Home | None = None,
        **more: Any,
    ) -> ModelVersion:
        place = at or home
        version = register(place, "pocket", write_model(word, **more), author="dario", clock=clock)
        return version if leaks is None else measured(place, version, leaks, fluency)

    return train


def measured(home: Home, version: ModelVersion, leaks: float, fluency: float) -> ModelVersion:
    figures = (Figure("leaks", "facts told too early", leaks), Figure("fluency", "lines that read well", fluency))
    report = judge(version, figures, read_bars(home, version.name), at=NOW)
    return save_report(home, report, by="dario", clock=clock)
