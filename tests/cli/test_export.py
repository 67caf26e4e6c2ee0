"""``actreg export``: what it writes, what it refuses, its exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actreg.cli import main as run

pytest.importorskip("torch")
pytest.importorskip("onnxscript")
runtime = pytest.importorskip("onnxruntime")
MLP = str(Path(__file__).parents[2] / "configs" / "digits_mlp.yaml")


def test_a_spec_and_a_weight_file_are_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same bytes from a spec and from the file with its initial weights; what was checked is told."""
    weights, first, second = (str(tmp_path / name) for name in ("a.safetensors", "a.onnx", "b.onnx"))
    assert run(["build", MLP, "--set", "width=16", "act=tanh", "--output", weights]) == 0
    capsys.readouterr()
    assert run(["export", weights, "--onnx", first]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("ONNX opset 20, IR version 10, checked in onnxruntime ")
    assert lines[-1].startswith(f"{first}: ")
    assert any("tanh: 0 ulp over" in line for line in lines)
    assert run(["export", MLP, "--onnx", second, "--set", "width=16", "act=tanh", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["opset"], data["ir_version"], data["exact"]) == (20, 10, True)
    assert Path(first).read_bytes() == Path(second).read_bytes()


def test_an_inexact_file_is_refused_with_status_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding on a line of its own, nothing written; status 0 and a file where told."""
    target = tmp_path / "a.onnx"
    assert run(["export", "silu", "--onnx", str(target), "--native"]) == 1
    shown = capsys.readouterr()
    assert "at x = -inf: nan, not -0.0" in shown.err
    assert len(shown.err.splitlines()) == 2
    assert not target.exists()
    assert run(["export", "silu", "--onnx", str(target), "--native", "--allow-inexact", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["exact"] is False
    assert data["findings"][0]["worst"] == "inf"
    assert target.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "sillu", "--onnx", "a.onnx"], "did you mean 'silu'"),
        (["export", "nowhere.yaml", "--onnx", "a.onnx"], "nowhere.yaml:1:1: the spec cannot be read"),
        (["export", "silu", "--onnx", "nowhere/a.onnx"], "nowhere: there is no such folder"),
        (["export", "silu", "--onnx", "a.onnx", "--backend", "numpy"], "does not export to ONNX; torch does"),
        (["export", "silu"], "missing option '--onnx'"),
    ],
)
def test_a_mistake_is_one_line_and_status_two(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing written."""
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
