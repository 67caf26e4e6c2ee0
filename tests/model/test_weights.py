"""Weight files: what was saved comes back, and whatever is wrong is refused with a remedy."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from safetensors.numpy import save_file

import actreg
from actreg.errors import WeightsError
from actreg.model.initial import initial_weights
from actreg.model.plan import plan_of
from actreg.model.provenance import provenance
from actreg.model.read import read_spec
from actreg.model.weights import read_weights, save
from actreg.registry import default_registry

SPEC = """actreg: 1
input: [4]
vars: {slope: 0.1}
layers: [linear: 3, leaky_relu: $slope, linear: 2]
data: {file: not_there.npz, inputs: x, targets: y}
"""


def written(path: Path, dtype: str = "float32", change: Any = None) -> Path:
    spec = read_spec(SPEC, overrides={"slope": "0.2"})
    plan = plan_of(spec)
    weights = initial_weights(plan, dtype=dtype)
    facts = provenance(plan, default_registry(), "numpy", seed=0)
    if change:
        change(facts)
    save(path, spec, plan, weights, facts)
    return path


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_a_network_comes_back_in_its_dtype(tmp_path: Path, dtype: str) -> None:
    """Same weights and overrides, without the data file that the spec names."""
    path = written(tmp_path / "a.safetensors", dtype)
    network = actreg.load(path)
    stored = read_weights(path)
    assert stored.overrides == {"slope": "0.2"}
    assert {str(array.dtype) for array in stored.weights.values()} == {dtype}
    x = np.ones((1, 4), network.dtype)
    expected = actreg.build(SPEC, overrides={"slope": "0.2"}, dtype=dtype)(x)
    np.testing.assert_array_equal(network(x), expected)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("keep", [0, 4, 8, 100, -1])
def test_a_truncated_file_is_refused(tmp_path: Path, keep: int) -> None:
    """At any length."""
    path = written(tmp_path / "a.safetensors")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(WeightsError, match=r"truncated|no weight file|no safetensors file"):
        actreg.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04 something else entirely", "no safetensors file"),
        (struct.pack("<Q", 2**60) + b"{" + b" " * 50, "no safetensors file"),
        (struct.pack("<Q", 50) + b"{" * 50, "header cannot be read"),
        (struct.pack("<Q", 2) + b"{}", "without a spec"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Whatever it holds."""
    path = tmp_path / "a.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        actreg.load(path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("linear_1.weight", None, "linear_1.weight is missing"),
        ("linear_9.weight", np.zeros(3, np.float32), "linear_9.weight belongs to no layer"),
        ("linear_1.bias", np.zeros(4, np.float32), r"linear_1.bias has shape \(4,\), not \(3,\)"),
        ("linear_1.bias", np.array([0, np.nan, 0], np.float32), "linear_1.bias has 1 value"),
        ("linear_1.bias", np.array([0, np.inf, 0], ml_dtypes.bfloat16).astype(np.float16), "not finite"),
        ("linear_1.bias", np.zeros(3, np.int64), "linear_1.bias is I64"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tmp_path: Path, name: str, value: Any, message: str) -> None:
    """Missing, extra, of another shape or dtype, not finite."""
    path = written(tmp_path / "a.safetensors")
    raw = path.read_bytes()
    header = json.loads(raw[8 : 8 + struct.unpack("<Q", raw[:8])[0]])
    weights = {**read_weights(path).weights, name: value}
    save_file({n: a for n, a in weights.items() if a is not None}, path, metadata=header["__metadata__"])
    with pytest.raises(WeightsError, match=message):
        actreg.load(path)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("config", {"negative_slope": 0.5}, "config"),
        ("reference", "other", "reference table"),
        ("distribution", "other", "from other in the file"),
    ],
)
def test_drift_is_refused_unless_told(tmp_path: Path, key: str, value: Any, message: str) -> None:
    """Another config, reference table or plugin."""
    path = written(tmp_path / "a.safetensors", change=lambda facts: facts["activations"][0].update({key: value}))
    with pytest.raises(WeightsError, match=message):
        actreg.load(path)
    assert actreg.load(path, drift="accept") is not None


def test_a_missing_plugin_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Also where drift is accepted."""
    record = {"name": "bent_identity", "distribution": "actreg-zoo", "version": "1.0"}
    path = written(tmp_path / "a.safetensors", change=lambda facts: facts["activations"].append(record))
    with pytest.raises(WeightsError, match="pip install actreg-zoo"):
        actreg.load(path, drift="accept")


def test_provenance_quotes_the_reference_table(tmp_path: Path) -> None:
    """Name, distribution, config and digest of every activation."""
    (record,) = read_weights(written(tmp_path / "a.safetensors")).provenance["activations"]
    assert (record["name"], record["distribution"]) == ("leaky_relu", "actreg")
    assert record["config"] == {"negative_slope": 0.2}
    assert len(record["reference"]) == 64
