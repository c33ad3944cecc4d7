"""Only a function that the product marked, named and not brought along, counts as its own; a forged one never does."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nightlight.labelling.datasets import label_messages, time_of
from nightlight.pipelines.engines.product_functions import folder_given, folders_for, giving, is_product_function
from nightlight.quality.datasets import flag_conversation
from nightlight.settings import Home, shipped

if TYPE_CHECKING:
    from pyspark.sql.types import DataType


def returned() -> "DataType":
    from pyspark.sql.types import ArrayType, DoubleType, StringType, StructField, StructType

    names = ("phase", "coarse_phase", "abstained")
    fields = [*(StructField(name, StringType()) for name in names), StructField("probability", DoubleType())]
    return ArrayType(StructType(fields))


def plan_of(called: Any, kind: Any = None, **values: Any) -> Any:
    """A PythonUDF message as pyspark writes it."""
    from pyspark.serializers import CloudPickleSerializer
    from pyspark.sql.connect.proto import PythonUDF
    from pyspark.sql.connect.types import pyspark_types_to_proto_types

    plan = PythonUDF(eval_type=101, python_ver="3.11", **values)
    plan.output_type.CopyFrom(pyspark_types_to_proto_types(returned()))
    whole = (called, returned() if kind is None else kind)
    plan.command = CloudPickleSerializer().dumps(whole)  # type: ignore[no-untyped-call]
    return plan


class Trap:
    """Unpickled, it would run a command."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, ("true",)


@pytest.mark.parametrize("function", [label_messages, flag_conversation])
def test_the_products_own_functions_are_known(function: Callable[..., Any]) -> None:
    assert is_product_function(plan_of(function))


FORGED = {
    "somebody's function": lambda: plan_of(lambda authors, texts, times: []),
    "a function of the package that is not marked": lambda: plan_of(time_of),
    "one that opens what it is told": lambda: plan_of(shipped),
    "a function of Python": lambda: plan_of(os.listdir),
    "a marked one with arguments of its own": lambda: plan_of(partial(label_messages, ["texter"])),
    "a marked one and a command": lambda: plan_of(label_messages, Trap()),
    "a marked one among others": lambda: plan_of((label_messages, Trap())),
    "another type than it says": lambda: plan_of(label_messages, "string"),
    "files that travel along": lambda: plan_of(label_messages, additional_includes=["more.py"]),
}


@pytest.mark.parametrize("plan", FORGED.values(), ids=FORGED.keys())
def test_nothing_else_is_taken_for_one(plan: Callable[[], Any]) -> None:
    assert not is_product_function(plan())


def test_a_command_behind_the_function_is_seen() -> None:
    from pyspark.serializers import CloudPickleSerializer

    plan = plan_of(label_messages)
    trap = CloudPickleSerializer().dumps(Trap())  # type: ignore[no-untyped-call]
    for forged in (plan.command[:-1] + trap, plan.command + trap, plan.command[:40], b"", b"\x80\x05."):
        other = plan_of(label_messages)
        other.command = forged
        assert not is_product_function(other), forged[:60]


def test_a_name_that_leads_to_something_else_is_not_followed() -> None:
    plan = plan_of(label_messages)
    for name in (b"nightlight.labelling.nowhere0", b"os.path.but_not_of_this_house"[:29]):
        forged = plan_of(label_messages)
        forged.command = plan.command.replace(b"nightlight.labelling.datasets", name)
        assert forged.command != plan.command
        assert not is_product_function(forged)


def test_a_function_that_reads_a_folder_is_given_one_for_as_long_as_it_runs(home: Home, tmp_path: Path) -> None:
    assert folders_for([label_messages, flag_conversation], home) == {}  # the shipped labeller works there
    assert folder_given(label_messages) is None
    with giving({"nightlight.labelling.datasets.label_messages": tmp_path}):
        assert folder_given(label_messages) == tmp_path
        assert folder_given(flag_conversation) is None
    assert folder_given(label_messages) is None


def test_files_that_are_broken_by_then_leave_the_shipped_labeller(tmp_path: Path) -> None:
    here = label_messages(["texter"], ["i had soup for lunch"], [0])
    with giving({"nightlight.labelling.datasets.label_messages": tmp_path / "gone"}):
        assert label_messages(["texter"], ["i had soup for lunch"], [0]) == here
