"""docs/matrix.md: whole, not stale, without a failure, and what its data say."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import actreg

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """scripts/conformance_matrix.py."""
    path = ROOT / "scripts" / "conformance_matrix.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_activation_of_this_repository_is_there(script: Any) -> None:
    """On each of the three backends, in each dtype, however many plugins are installed here."""
    rows = script.load()
    registry = actreg.default_registry()
    ours = {row["distribution"] for row in rows}
    assert ours == {"actreg", "actreg-zoo", "actreg-example"}
    names = {name for name in registry.names() if registry.explain(name).distribution in ours}
    assert {row["activation"] for row in rows} >= names
    each = {(row["backend"], row["activation"], row["dtype"]) for row in rows}
    assert each == {(b, row["activation"], d) for b in script.LIBRARIES for row in rows for d in script.DTYPES}


def test_nothing_failed(script: Any) -> None:
    """Many checks passed in each line, and none failed."""
    for row in script.load():
        assert row["failed"] == 0, row
        assert row["passed"] >= 20, row


def test_no_line_is_stale(script: Any) -> None:
    """The formula is the one that was measured: `actreg conform NAME --json > FILE`, then `record FILE` and `page`."""
    here = {*actreg.names()}
    stale = {
        row["activation"]
        for row in script.load()
        if row["activation"] in here and row["formula"] != script.formula(row["activation"])
    }
    assert stale == set()


def test_the_page_is_what_the_data_say(script: Any) -> None:
    """Run `python scripts/conformance_matrix.py page` where this fails."""
    assert (ROOT / "docs" / "matrix.md").read_text(encoding="utf-8") == script.page(script.load())


def test_reports_are_taken_in(script: Any, tmp_path: Path) -> None:
    """A newer line replaces an older one, the others stay; a report of single checks is refused."""
    cell = {"activation": "tanh", "backend": "numpy", "dtype": "float32", "grade": "tight", "forward": 1.5}
    cell |= {"backward": None, "passed": 3, "deviations": 0, "skipped": 1, "failed": 0}
    report = {"date": "2026-11-25T01:02:03", "command": "actreg conform", "versions": {"numpy": "2"}, "matrix": [cell]}
    printed, data = tmp_path / "printed.json", tmp_path / "matrix.jsonl"
    for forward, dtype in ((1.5, "float32"), (0.5, "float32"), (0.25, "float16")):
        printed.write_text(json.dumps({**report, "matrix": [{**cell, "forward": forward, "dtype": dtype}]}))
        script.record([str(printed)], data)
    assert [(row["dtype"], row["forward"]) for row in script.load(data)] == [("float16", 0.25), ("float32", 0.5)]
    assert "| tanh | actreg | 0.25 ·  |  | 0.5 ·  |  | 6 passed, 2 skipped |" in script.page(script.load(data))
    printed.write_text(json.dumps({**report, "command": "actreg conform --check value"}))
    with pytest.raises(SystemExit, match="only whole runs"):
        script.record([str(printed)], data)
