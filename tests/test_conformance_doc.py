"""docs/conformance.md: its tables are the code's, its Python runs, its commands and its example of output are real."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from actreg.cli import main
from actreg.conformance.deviations import Deviation, known
from actreg.conformance.tabulate import PARTS, renewed
from actreg.conformance.tolerance import GRADES

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "conformance.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.M | re.S)


COMMANDS = [line.partition("#")[0].strip() for block in blocks("sh") for line in block.splitlines()]


def test_the_tables_are_those_of_the_code() -> None:
    """Generated, and not touched by hand."""
    assert renewed(TEXT) == TEXT
    assert all(make() in TEXT for make in PARTS.values())
    with pytest.raises(ValueError, match="no marks for"):
        renewed("nothing")


def test_the_grades_are_those_of_the_code() -> None:
    """Each with its limit."""
    for limit, name in GRADES:
        assert re.search(rf"^\| {name} \| at most {limit:g} ulp", TEXT, re.M), name


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.strip().splitlines()[-1][:40])
def test_the_python_runs(block: str, tmp_path: Path) -> None:
    """Each block by itself, as a script."""
    (tmp_path / "block.py").write_text(block, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "block.py"], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("actreg")])
def test_the_commands_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, but narrowed to one cheap law in one dtype."""
    monkeypatch.chdir(tmp_path)
    narrowed = ["--check", "config schema", "--dtype", "float16"]
    if "--dtype" in command:
        narrowed = [*narrowed[:2], "--dtype", "float32"]
    assert main([*shlex.split(command)[1:], *narrowed]) == 0
    assert ("--html" in command) is (tmp_path / "report.html").exists()


def test_the_pytest_command_is_the_one_that_is_tested() -> None:
    """tests/conformance/test_pytest_plugin.py runs it, with packages of its own."""
    assert "pytest --actreg-plugin=actreg --pyargs actreg.conformance" in COMMANDS


def test_the_example_of_output_is_real(capsys: pytest.CaptureFixture[str]) -> None:
    """Header and one row, but for how many checks there were."""
    (block,) = [block for block in blocks("text") if block.startswith("$ ")]
    command, *expected = block.splitlines()
    assert main([*shlex.split(command)[2:], "--dtype", "float16", "--jobs", "1"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line.split()[:7] for line in shown[:2]] == [line.split()[:7] for line in expected]


def test_the_example_of_a_deviation_is_in_the_file() -> None:
    """Whole."""
    (entry,) = tomllib.loads(blocks("toml")[0])["deviation"]
    assert Deviation(**{**entry, "dtypes": tuple(entry["dtypes"])}) in known()
