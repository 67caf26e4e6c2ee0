"""Weight files: what was saved comes back, and whatever is wrong is refused with a remedy."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

import actreg
from actreg.errors import DriftError, WeightsError
from actreg.model.building import build_file
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


DRIFT = [
    (["activations", 0, "config", "negative_slope"], 0.5, "negative_slope is 0.5 in the file and 0.2 here"),
    (["activations", 0, "config", "gone"], 1, "gone, 1 in the file, is no option here"),
    (["activations", 0, "reference"], {"table default": "0" * 64}, r"its reference \(table default\) is 000000000000…"),
    (["activations", 0, "distribution"], "other", "from other in the file, from actreg here"),
    (["activations", 0, "name"], "relu", "the same spec gives leaky_relu here"),
    (["activations", 0, "nodes"], [], "the file was made without it"),
    (["layers", "linear", "bias"], False, "linear: the default of bias is false in the file and true here"),
]


@pytest.mark.parametrize(("where", "value", "message"), DRIFT)
def test_drift_is_refused_unless_told(tmp_path: Path, where: list[Any], value: Any, message: str) -> None:
    """Another config, default, reference or plugin; accepted as a whole, or by the name that the error gives."""

    def change(facts: Any) -> None:
        *folders, last = where
        for folder in folders:
            facts = facts[folder]
        facts[last] = value

    path = written(tmp_path / "a.safetensors", change=change)
    with pytest.raises(DriftError, match=message) as refused:
        actreg.load(path)
    assert "accept_drift=True" in str(refused.value)
    assert actreg.load(path, accept_drift=True) is not None
    assert actreg.load(path, accept_drift=set(refused.value.names)) is not None
    with pytest.raises(DriftError):
        actreg.load(path, accept_drift={"tanh"})


def test_an_error_about_drift_says_what_to_install(tmp_path: Path) -> None:
    """The distribution and version that made the file, and the nodes."""

    def change(facts: Any) -> None:
        facts["activations"][0].update(distribution="actreg-zoo", version="1.2")

    path = written(tmp_path / "a.safetensors", change=change)
    with pytest.raises(DriftError, match=r"leaky_relu \(leaky_relu_1\).*pip install actreg-zoo==1.2 brings back"):
        actreg.load(path)


def test_a_new_version_with_the_same_reference_is_no_drift(tmp_path: Path) -> None:
    """The digests say that the mathematics is the same; without them the version is all there is."""
    path = written(tmp_path / "a.safetensors", change=lambda facts: facts["activations"][0].update(version="0.0.1"))
    assert actreg.load(path) is not None
    path = written(
        tmp_path / "b.safetensors", change=lambda facts: facts["activations"][0].update(version="0.0.1", reference={})
    )
    with pytest.raises(DriftError, match=r"version 0.0.1 in the file .* no reference to compare"):
        actreg.load(path)


def test_a_missing_plugin_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Also where drift is accepted."""
    record = {"name": "bent_identity", "distribution": "actreg-zoo", "version": "1.0"}
    path = written(tmp_path / "a.safetensors", change=lambda facts: facts["activations"].append(record))
    with pytest.raises(WeightsError, match=r"pip install actreg-zoo==1\.0"):
        actreg.load(path, accept_drift=True)


def test_provenance_names_activations_plugins_and_defaults(tmp_path: Path) -> None:
    """Name, distribution, config, digests and nodes of every activation; plugins; the layers' defaults."""
    facts = read_weights(written(tmp_path / "a.safetensors")).provenance
    (record,) = facts["activations"]
    assert (record["name"], record["distribution"]) == ("leaky_relu", "actreg")
    assert record["config"] == {"negative_slope": 0.2}
    assert record["nodes"] == ["leaky_relu_1"]
    assert set(record["reference"]) >= {"table default"}
    assert all(len(digest) == 64 for digest in record["reference"].values())
    assert facts["plugins"] == {"actreg": actreg.__version__}
    assert facts["layers"] == {"linear": {"bias": True, "gain": 1.0}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that nothing is wrong with."""
    return written(tmp_path_factory.mktemp("whole") / "a.safetensors")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_damaged_file_loads_or_is_refused(whole: Path, data: st.DataObject) -> None:
    """Bytes flipped, cut out or put in, anywhere: a network or a WeightsError, nothing else."""
    path = whole.with_name("damaged.safetensors")
    raw = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    path.write_bytes(raw)
    with contextlib.suppress(WeightsError):
        actreg.load(path)


odd = (
    st.none()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.just([])
    | st.just({"a": [1]})
    | st.just("9" * 5000)
)


@given(st.data(), odd, st.booleans())
@settings(max_examples=200, deadline=None)
def test_an_odd_header_loads_or_is_refused(whole: Path, data: st.DataObject, value: Any, accept: bool) -> None:
    """Anything in place of any value of the header, its metadata or its provenance."""
    raw = whole.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    provenance = json.loads(header["__metadata__"]["provenance"])
    (record,) = provenance["activations"]
    holders = [header, header["__metadata__"], header["linear_1.weight"], provenance, provenance["layers"]]
    holder = data.draw(st.sampled_from([*holders, record, record["config"], record["reference"]]))
    holder[data.draw(st.sampled_from(sorted(holder)))] = value
    if isinstance(header["__metadata__"], dict) and holder is not header["__metadata__"]:
        header["__metadata__"]["provenance"] = json.dumps(provenance)
    text = json.dumps(header).encode()
    path = whole.with_name("odd.safetensors")
    path.write_bytes(struct.pack("<Q", len(text)) + text + raw[8 + size :])
    with contextlib.suppress(WeightsError):
        actreg.load(path, accept_drift=accept)


def test_a_huge_header_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """A sparse file that claims, and has, more header than is allowed; and one within it that nests deep."""
    path = tmp_path / "a.safetensors"
    with path.open("wb") as file:
        file.write(struct.pack("<Q", 2**31) + b"{")
        file.truncate(2**31 + 8)
    with pytest.raises(WeightsError, match="no safetensors file"):
        actreg.load(path)
    nested = b'{"a":' * 100_000
    path.write_bytes(struct.pack("<Q", len(nested)) + nested)
    with pytest.raises(WeightsError, match="header cannot be read"):
        actreg.load(path)


def test_a_file_carries_what_its_spec_includes(tmp_path: Path) -> None:
    """It loads though the included file and the spec are gone."""
    (tmp_path / "body.yaml").write_text("actreg: 1\nvars: {n: 3}\nlayers: [linear: $n, tanh]\n")
    (tmp_path / "net.yaml").write_text(
        "actreg: 1\ninput: [4]\nblocks: {body: {include: body.yaml}}\nlayers: [{use: body, with: {n: 5}}, linear: 2]\n"
    )
    path = tmp_path / "net.safetensors"
    build_file(path, read_spec(tmp_path / "net.yaml"))
    expected = actreg.build(tmp_path / "net.yaml").parameters
    (tmp_path / "body.yaml").unlink()
    (tmp_path / "net.yaml").unlink()
    found = actreg.load(path).parameters
    assert {name: array.shape for name, array in found.items()} == {n: a.shape for n, a in expected.items()}
    assert all((found[name] == array).all() for name, array in expected.items())


def test_shared_weights_are_there_once(tmp_path: Path) -> None:
    """Under the layer that owns them."""
    text = "actreg: 1\ninput: [4]\nlayers: [{linear: 4, as: a}, tanh, {linear: 4, share: a}]\n"
    path = tmp_path / "net.safetensors"
    build_file(path, read_spec(text))
    assert set(read_weights(path).weights) == {"a.weight", "a.bias"}
    x = np.ones((1, 4), np.float32)
    np.testing.assert_array_equal(actreg.load(path)(x), actreg.build(text)(x))
