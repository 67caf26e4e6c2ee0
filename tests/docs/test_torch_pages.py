"""What the pages about torch, ONNX and embedding show runs as it stands there."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import actreg

DOCS = Path(__file__).parents[2] / "docs"
NEEDS = {"swap.md": ("torch",), "onnx.md": ("torch", "onnxscript", "onnxruntime"), "embedding.md": ()}


@pytest.mark.parametrize("page", NEEDS)
def test_the_code_of_a_page_runs(
    page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its Python blocks in order, as one module, assertions included."""
    for package in NEEDS[page]:
        pytest.importorskip(package)
    blocks = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text("utf-8"), re.M | re.S)
    assert len(blocks) >= 2
    module = ModuleType(f"page_{page.removesuffix('.md')}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(compile("\n".join(blocks), page, "exec"), module.__dict__)
    capsys.readouterr()


def test_the_numbers_of_the_onnx_page_are_those_that_are_measured() -> None:
    """Opset, IR version, and how far off onnxruntime's Sigmoid is."""
    for package in NEEDS["onnx.md"]:
        pytest.importorskip(package)
    text = (DOCS / "onnx.md").read_text("utf-8")
    done = actreg.export_onnx("sigmoid", native=True, allow_inexact=True)
    assert f"opset {done.opset} and IR version {done.ir_version}" in text
    (finding,) = done.findings
    assert finding.x is not None
    assert f"at x = {finding.x:g} it gives {finding.got} and not {finding.want:.3g}" in text
    if done.runtime.startswith("1.32."):
        assert f"{round(finding.worst, -3):,.0f} ulp" in text
