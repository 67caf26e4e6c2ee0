"""``actreg check`` and its ``--diff``, ``actreg build``: tables, JSON, exit statuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import actreg
from actreg.cli import main as run
from actreg.cli.summary import size_text

SPEC = "actreg: 1\ninput: [4]\nlayers:\n  - linear: 256\n  - relu\n  - linear: 2\n"


@pytest.fixture
def specs(tmp_path: Path) -> tuple[str, str]:
    """Two files; the second has another activation."""
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text(SPEC)
    second.write_text(SPEC.replace("relu", "tanh"))
    return str(first), str(second)


def test_check_prints_a_table_with_totals(specs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Name, kind, shape, parameters, memory; the input first, the total last."""
    assert run(["check", specs[0]]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == ["layer", "input", "linear_1", "relu_1", "linear_2", "total"]
    assert "1,280" in lines[2]
    assert "1.0 KiB" in lines[2]
    assert "1,794" in lines[5]
    assert "of one sample, in float32" in lines[6]


def test_check_has_json(specs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """The same numbers."""
    assert run(["check", specs[0], "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"] == 1794
    assert found["activation_bytes"] == 4 * (256 + 256 + 2)
    assert found["layers"][0]["shape"] == [256]


def test_diff_is_status_one_where_specs_differ(specs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """And zero where they do not."""
    assert run(["check", "--diff", *specs]) == 1
    shown = capsys.readouterr().out
    assert "~ relu_1 → tanh_1: kind relu → tanh" in shown
    assert "layers: 0 added, 0 removed, 1 changed; parameters: 1,794 → 1,794" in shown
    assert run(["check", "--diff", *specs, "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["same"], found["layers"][0]["change"]) == (False, "changed")
    assert run(["check", "--diff", specs[0], specs[0]]) == 0


def test_diff_tells_the_mistakes_of_both(specs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """Status two, whichever is wrong."""
    for path in specs:
        Path(path).write_text(SPEC.replace("relu", "rleu"))
    assert run(["check", "--diff", *specs]) == 2
    errors = capsys.readouterr().err
    assert f"{specs[0]}:5:5" in errors
    assert f"{specs[1]}:5:5" in errors


@pytest.mark.parametrize("arguments", [["--diff"], ["other.yaml"]])
def test_diff_takes_two_specs(specs: tuple[str, str], arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One is too few, and two without --diff too many."""
    assert run(["check", specs[0], *arguments]) == 2
    assert "--diff takes two specs" in capsys.readouterr().err


def test_build_writes_a_file_that_loads(
    specs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the initial weights, in the dtype asked for; it says that nothing was trained."""
    path = tmp_path / "net.safetensors"
    assert run(["build", specs[0], "--output", str(path), "--dtype", "float64", "--seed", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 1794
    network, fresh = actreg.load(path), actreg.build(specs[0], dtype="float64", seed=3)
    for name, array in fresh.parameters.items():
        assert (network.parameters[name] == array).all()
    assert actreg.model.read_weights(path).provenance["trained"] is False


def test_build_refuses_a_dtype_that_files_lack(specs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    """In one line."""
    assert run(["build", specs[0], "--dtype", "int8"]) == 2
    assert "weights are float16" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 << 20, "5.0 MiB"), (3 << 40, "3.0 TiB")]
)
def test_sizes_have_units(size: int, text: str) -> None:
    """Powers of 1024."""
    assert size_text(size) == text
