"""Functions of the product itself that datasets may call beside rows: they look at what they are given and no further.

A plan comes from whoever writes definition files and is not believed: a function in it counts as the product's own
only if its pickle does, step by step, what one does that is made here: it names the function and holds no code."""

import importlib
import pickletools
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from nightlight.settings import Home

PACKAGE = "nightlight."
MARK, FOLDER = "is_product_function", "folder_in"
TEXT = "TEXT"

Step: TypeAlias = tuple[str, Any]

Function = TypeVar("Function", bound=Callable[..., Any])
Folders: TypeAlias = Mapping[str, Path]

_given: dict[str, Path] = {}
"""The folders that functions of this process may read, by the function's name."""


def product_function(function: Function) -> Function:
    """Mark a function as harmless wherever it runs: it opens nothing that its caller names."""
    setattr(function, MARK, True)
    return function


def reads_folder(folder_in: Callable[[Home], Path | None]) -> Callable[[Function], Function]:
    """Mark a product's function as one that reads a folder of the home: whoever runs a dataset finds out which one
    (None: none just now), and the function asks for it by `folder_given`."""

    def mark(function: Function) -> Function:
        setattr(function, FOLDER, folder_in)
        return function

    return mark


def folders_for(functions: Iterable[Callable[..., Any]], home: Home) -> Folders:
    """The folders that these functions read in a home."""
    asked = {_name(each): each.folder_in(home) for each in functions if hasattr(each, FOLDER)}  # type: ignore[attr-defined]
    return {name: folder for name, folder in asked.items() if folder is not None}


def folder_given(function: Callable[..., Any]) -> Path | None:
    """The folder that a function may read; None where it was given none, as on a cluster's workers."""
    return _given.get(_name(function))


@contextmanager
def giving(folders: Folders) -> Iterator[None]:
    """Let the functions of this process read these folders."""
    _given.update(folders)
    try:
        yield
    finally:
        for name in folders:
            _given.pop(name, None)


def is_product_function(udf: Any) -> bool:
    """Whether a PythonUDF message calls a marked function and does nothing else; nothing of its pickle is run."""
    return product_function_of(udf) is not None


def product_function_of(udf: Any) -> Callable[..., Any] | None:
    """The marked function that a PythonUDF message calls, if it does nothing else."""
    if udf.additional_includes:
        return None
    try:
        steps = _steps(udf.command)
        function = _named(steps)
        return function if function and steps == _steps(_pickled(function, udf.output_type)) else None
    except (ValueError, IndexError, KeyError, TypeError):
        return None


def _name(function: Callable[..., Any]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


def _named(steps: list[Step]) -> Callable[..., Any] | None:
    """The marked function of this package that a pickle names first."""
    module, name = [value for opcode, value in steps if opcode == TEXT][:2]
    if not str(module).startswith(PACKAGE):
        return None
    try:
        function = getattr(importlib.import_module(str(module)), str(name), None)
    except ImportError:
        return None
    return function if getattr(function, MARK, False) is True else None


def _pickled(function: Callable[..., Any], output_type: Any) -> bytes:
    from pyspark.serializers import CloudPickleSerializer
    from pyspark.sql.connect.types import proto_schema_to_pyspark_data_type

    whole = (function, proto_schema_to_pyspark_data_type(output_type))
    return bytes(CloudPickleSerializer().dumps(whole))  # type: ignore[no-untyped-call]


def _steps(command: bytes) -> list[Step]:
    """What unpickling does, step by step; texts stand where they are used, however often, for whether two equal ones
    are one object says nothing."""
    steps: list[Step] = []
    remembered: list[Step] = []
    things = 0
    end = 0
    for opcode, value, place in pickletools.genops(command):
        end = place or 0
        match opcode.name:
            case "FRAME":
                continue
            case "MEMOIZE" if steps[-1][0] == TEXT:
                remembered.append(steps[-1])
            case "MEMOIZE":
                remembered.append(("GET", things))
                steps.append(("MEMOIZE", things))
                things += 1
            case "BINGET" | "LONG_BINGET":
                steps.append(remembered[int(value or 0)])
            case name if "PUT" in name or name == "GET":  # another way to remember, which Python writes no more
                raise ValueError(name)
            case name:
                steps.append((TEXT if name.endswith("UNICODE") else name, value))
    if end != len(command) - 1:  # something lies behind the last step
        raise ValueError(end)
    return steps
