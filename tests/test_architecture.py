"""Promises of the structure: imports point down, heavy libraries load when used, every module says what it is."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src" / "nightlight").rglob("*.py"))
OWNERS = {
    "deltalake": {"lakehouse"},
    "duckdb": {"sql"},
    "mlflow": {"registry"},
    "pysail": {"pipelines/engines"},
}


def test_the_import_contract_is_kept() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout


def test_asking_for_help_loads_no_heavy_library() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    heavy = settings["flake8-tidy-imports"]["banned-module-level-imports"]
    program = (
        "import sys; sys.argv = ['nightlight', '--help']\n"
        "from nightlight.cli.app import run\n"
        "try: run()\n"
        f"finally: sys.stderr.write(' '.join(set({heavy}) & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "demo" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("library", OWNERS)
def test_a_guarded_library_is_imported_in_one_package_only(library: str) -> None:
    pattern = re.compile(rf"^\s*(?:import|from) {library}\b", re.MULTILINE)
    users = {
        str(file.relative_to(ROOT / "src" / "nightlight").parent)
        for file in SOURCES
        if pattern.search(file.read_text())
    }
    assert users <= OWNERS[library]


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT / "src")))
def test_every_module_opens_with_what_it_holds(file: Path) -> None:
    docstring = ast.get_docstring(ast.parse(file.read_text())) or ""
    assert 1 <= len(docstring.splitlines()) <= 6
