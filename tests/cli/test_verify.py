"""``actreg verify``: the table, the verdict, the exit status; drift has a status of its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from actreg.cli import main as run
from actreg.model import verifying as module
from actreg.model.initial import initial_weights
from actreg.model.plan import plan_of
from actreg.model.provenance import provenance
from actreg.model.read import read_spec
from actreg.model.weights import save
from actreg.registry import default_registry

SPEC = "actreg: 1\ninput: [3]\nvars: {act: tanh}\nlayers: [linear: 4, act: $act, linear: 2]\n"


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    return str(path)


def test_agreement_is_a_table_and_status_zero(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line a layer, and the verdict last."""
    assert run(["verify", spec, "--backends", "numpy,numpy", "--set", "act=relu"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "linear_1", "relu_1", "linear_2", "numpy"]
    assert "3 layers agree on 20 samples" in lines[-1]


def test_a_departure_is_status_one(
    spec: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its layer is marked in the table and named on standard error; --json says the same."""
    calls: list[int] = []
    original = module._Runner.network

    def network(self: object, plan: object, found: dict[str, np.ndarray], dtype: str) -> object:
        calls.append(1)
        if len(calls) % 5 == 0:  # the reference, its three movements, then the other backend
            found = {**found, "linear_2.bias": found["linear_2.bias"] + 1}
        return original(self, plan, found, dtype)  # type: ignore[arg-type]

    monkeypatch.setattr(module._Runner, "network", network)
    assert run(["verify", spec, "--backends", "numpy,numpy"]) == 1
    shown = capsys.readouterr()
    assert [line.endswith("departs") for line in shown.out.splitlines()] == [False, False, False, True]
    assert "linear_2 (linear) departs first, by " in shown.err
    assert run(["verify", spec, "--backends", "numpy,numpy", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    assert found["comparisons"][0]["first_departure"] == "linear_2"


def test_samples_come_from_a_file(spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many as it has."""
    data = tmp_path / "x.npz"
    np.savez(data, points=np.random.default_rng(0).standard_normal((40, 3)))
    arguments = ["verify", spec, "--backends", "numpy,numpy", "--data", str(data), "--inputs", "points", "--json"]
    assert run(arguments) == 0
    assert json.loads(capsys.readouterr().out)["comparisons"][0]["samples"] == 40


def test_drift_is_status_one_unless_accepted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line that says what changed and what accepts it."""
    spec = read_spec(SPEC)
    plan = plan_of(spec)
    facts = provenance(plan, default_registry(), "numpy")
    facts["activations"][0]["reference"] = {"table default": "f" * 64}
    path = str(tmp_path / "net.safetensors")
    save(path, spec, plan, initial_weights(plan, dtype="float32"), facts)
    assert run(["verify", path, "--backends", "numpy,numpy"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert len(shown.err.splitlines()) == 1
    assert "tanh (tanh_1): its reference" in shown.err
    assert run(["verify", path, "--backends", "numpy,numpy", "--accept-drift"]) == 0
