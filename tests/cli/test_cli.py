"""The command line: exit statuses, one-line diagnostics, JSON, what is imported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actreg.cli import main as run
from actreg.training import loop

CONFIGS = Path(__file__).parents[2] / "configs"
MLP = str(CONFIGS / "digits_mlp.yaml")
BAD = "actreg: 1\ninput: [4]\nlayers:\n  - lienar: 3\n  - leaky_relu: {negativ_slope: 0.1}\n"


@pytest.mark.parametrize("arguments", [["list"], ["describe", "silu"], ["explain", "swish"], ["check", MLP]])
def test_listings_load_no_array_library(arguments: list[str]) -> None:
    """Neither numpy nor torch nor rich, proved in a process of its own."""
    code = (
        f"import sys; from actreg.cli import main; status = main({arguments!r});"
        "print(status, sorted({'numpy', 'torch', 'rich', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


@pytest.mark.parametrize(
    "arguments", [["list"], ["describe", "keras:leaky_relu"], ["explain", "swish"], ["check", MLP]]
)
def test_json_parses(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every listing has --json."""
    assert run([*arguments, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["describe", "rleu"], "did you mean 'relu'"),
        (["lst"], "did you mean 'list'?"),
        (["list", "--kin", "x"], "did you mean '--kind'?"),
        (["list", "--kind", "elementwize"], "did you mean 'elementwise'?"),
        (["check", "nowhere.yaml"], "nowhere.yaml:1:1: the spec cannot be read"),
        (["check", MLP, "--set", "act"], "--set takes name=value"),
        (["train", MLP, "--backend", "nunpy"], "did you mean 'numpy'?"),
        (["train", MLP, "--output", "nowhere/x.safetensors"], "nowhere: there is no such folder"),
        (["predict", "nowhere.safetensors", "x.npz"], "nowhere.safetensors: No such file"),
        (["predict", MLP, "x.npz"], "no safetensors file"),
        (["plot", "softmax"], "only elementwise"),
        (["conform", "rleu"], "did you mean 'relu'"),
    ],
)
def test_a_mistake_is_one_line_and_status_two(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """On stderr, not wrapped in a narrow terminal, without traceback."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert len([text for text in shown.err.splitlines() if text != "1 problem"]) == 1
    assert shown.out == ""


def test_check_shows_every_mistake_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """file:line:column, the line, a caret."""
    path = tmp_path / "[relu] bad.yaml"
    path.write_text(BAD)
    assert run(["check", str(path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith(f"{path}:4:5: ")
    assert "did you mean 'linear'" in lines[0]
    assert lines[2].index("^") == lines[1].index("lienar")
    assert lines[3].startswith(f"{path}:5:18: ")
    assert run(["check", str(path), "--json"]) == 2
    assert len(json.loads(capsys.readouterr().out)["errors"]) == 2


def test_set_takes_several_values(capsys: pytest.CaptureFixture[str]) -> None:
    """``--set a=1 b=2``."""
    assert run(["check", MLP, "--set", "act=relu", "width=32", "--json"]) == 0
    layers = json.loads(capsys.readouterr().out)["layers"]
    assert layers[0]["shape"] == [32]
    assert layers[2]["kind"] == "relu"


def test_train_writes_a_file_that_predicts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line is the accuracy; the file is in the current folder; predictions are right that often."""
    monkeypatch.chdir(tmp_path)
    assert run(["train", MLP, "--epochs", "2", "--quiet"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("held-out accuracy: ")
    assert last.endswith(" %")
    assert float(last.split()[2]) > 90
    assert run(["predict", "digits_mlp.safetensors", str(CONFIGS / "data" / "digits.npz")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1797
    assert set(lines) == {str(digit) for digit in range(10)}


@pytest.mark.parametrize("config", ["digits_mlp", "digits_cnn"])
@pytest.mark.parametrize(("trainer", "other"), [("numpy", "torch"), ("torch", "numpy")])
def test_a_file_predicts_the_same_classes_on_the_other_backend(
    trainer: str, other: str, config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whichever trained it."""
    pytest.importorskip("torch")
    spec, path, data = str(CONFIGS / f"{config}.yaml"), str(tmp_path / "a"), str(CONFIGS / "data" / "digits.npz")
    assert run(["train", spec, "--epochs", "1", "--quiet", "--backend", trainer, "--output", path]) == 0
    capsys.readouterr()
    shown = []
    for backend in (trainer, other):
        assert run(["predict", path, data, "--backend", backend]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]


def test_an_interrupt_saves_and_gives_130(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the second epoch."""
    order = loop.order

    def interrupted(count: int, seed: int, epoch: int) -> object:
        if epoch == 2:
            raise KeyboardInterrupt
        return order(count, seed, epoch)

    monkeypatch.setattr(loop, "order", interrupted)
    path = tmp_path / "a.safetensors"
    assert run(["train", MLP, "--output", str(path), "--quiet"]) == 130
    assert "interrupted after 1" in capsys.readouterr().err
    assert path.is_file()


def test_a_closed_pipe_is_no_traceback() -> None:
    """``actreg list | head -1``."""
    command = f"{sys.executable} -m actreg list | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_plots_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    """SVG without date or random ids; options by colon and by --set."""
    pytest.importorskip("matplotlib")
    first, second = str(tmp_path / "a.svg"), str(tmp_path / "b.svg")
    assert run(["plot", "elu", "leaky_relu:negative_slope=0.1", "relu", "--output", first]) == 0
    assert run(["plot", "elu", "leaky_relu", "relu", "--set", "leaky_relu.negative_slope=0.1", "--output", second]) == 0
    assert Path(first).read_bytes() == Path(second).read_bytes()


def test_conform_passes_and_has_json(capsys: pytest.CaptureFixture[str]) -> None:
    """The matrix of one activation."""
    assert run(["conform", "relu", "--backend", "numpy", "--dtype", "float32", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version``."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("actreg ")
