"""docs/specs.md: every example is read, planned, built and run; every message and number is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from actreg.cli.app import execute
from actreg.model import build, limits, read_spec
from actreg.model.containers import WORDS
from actreg.model.read import KEYS
from actreg.model.site import SITE_KEYS

TEXT = (Path(__file__).parents[2] / "docs" / "specs.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
NAMED = {match[1]: text for text in EXAMPLES if (match := re.match(r"# (\S+\.yaml)\n", text))}
GOOD = [text for text in EXAMPLES if "# wrong.yaml" not in text]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The named examples as files, in the working directory."""
    for name, text in NAMED.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("text", GOOD, ids=[str(n) for n in range(len(GOOD))])
def test_an_example_runs(text: str, folder: Path) -> None:
    """Read, planned, built, and run on a batch of two."""
    spec = read_spec(text, folder=folder)
    net = build(spec, backend="numpy")
    shape = (2, *spec.input)
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    y = net(np.zeros(shape, np.int64) if spec.plan.input_dtype == "int64" else x)
    assert y.shape == (2, *spec.plan.output_shape)
    assert np.isfinite(y).all()


def test_the_messages_are_those_that_check_prints(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Word for word."""
    assert execute(["check", "wrong.yaml"]) == 2
    (printed,) = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)
    assert capsys.readouterr().err == printed


def test_the_commands_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those that are shown for the first example; the second swaps the activation."""
    commands = re.findall(r"^actreg (check .*?)(?:\s+#.*)?$", TEXT, re.MULTILINE)
    assert len(commands) == 2
    for command, act in zip(commands, ("leaky_relu", "silu"), strict=True):
        assert execute(command.split()) == 0
        assert f"repeat_1.1.residual_1.mlp_1.{act}_1" in capsys.readouterr().out


def test_everything_is_named() -> None:
    """Every key of a spec, every site key, every word that a layer may begin with."""
    for word in (*KEYS, *SITE_KEYS, *WORDS):
        assert re.search(rf"`{word}\b", TEXT), word


def test_the_limits_are_those_of_the_table() -> None:
    """Each number once, as the reader has it."""
    table = TEXT.partition("## Limits")[2]
    names = "TEXT DEPTH VALUES EXPRESSION EXPRESSION_DEPTH EXPONENT TIMES NODES EXPANDED INCLUDES ELEMENTS PARAMETERS"
    for name in names.split():
        assert f"{getattr(limits, f'MAX_{name}'):,}" in table, name
