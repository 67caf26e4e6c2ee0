"""What docs/weights.md and docs/editors.md show works as it stands there."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from actreg.cli import main as run
from actreg.model import departure
from actreg.model.read import read_spec
from actreg.model.weights import MAX_HEADER

ROOT = Path(__file__).parents[2]


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language, in order."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped specs, as the current folder's configs."""
    (tmp_path / "configs").mkdir()
    for path in (ROOT / "configs").glob("*.*"):
        shutil.copy(path, tmp_path / "configs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("page", "commands"), [("weights.md", 2), ("editors.md", 1)])
def test_commands_and_code_run(page: str, commands: int, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The commands, each with status 0, then the Python of the page as one program."""
    pytest.importorskip("torch")
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    assert len(lines) == commands
    for line in lines:
        program, *arguments = line.split()
        assert program == "actreg"
        assert run(arguments) == 0, capsys.readouterr().err
    exec(compile("\n".join(blocks(page, "python")), page, "exec"), {"__name__": "page"})


def test_the_shown_spec_is_one(folder: Path) -> None:
    """It reads, and what was written beside it is JSON."""
    (spec,) = blocks("editors.md", "yaml")
    assert read_spec(spec).plan.nodes
    assert run(["schema", "--output", "actreg.schema.json"]) == 0
    assert json.loads((folder / "actreg.schema.json").read_text("utf-8"))["definitions"]


def test_numbers_in_the_page_are_those_of_the_code() -> None:
    """What is allowed, and the bound of a header."""
    text = (ROOT / "docs" / "weights.md").read_text("utf-8")
    assert f"{departure.PER_NODE:.0f} · depth + {departure.PER_WOBBLE:.0f} · wobble" in text
    assert f"a header over {MAX_HEADER // 2**20} MiB" in text
