"""Data files: what fits is converted, what does not is refused with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actreg.errors import DataError
from actreg.model.initial import initial_weights
from actreg.model.plan import plan_of
from actreg.model.read import read_spec
from actreg.registry import default_registry
from actreg.training.data import Data, load_data
from actreg.training.loop import train
from actreg.training.npz import NpzFile

GOOD = {"x": np.arange(40, dtype=np.uint8).reshape(10, 4), "y": np.arange(10) % 2}


def loaded(folder: Path, **arrays: np.ndarray) -> Data:
    np.savez(folder / "d.npz", **{**GOOD, **arrays})
    held = "h" if "h" in arrays else "{fraction: 0.2}"
    data = f"data: {{file: d.npz, inputs: x, targets: y, scale: 4, held_out: {held}}}"
    spec = read_spec(f"actreg: 1\ninput: [2, 2]\nlayers: [flatten, linear: 2]\n{data}\n", folder=folder)
    return load_data(spec, plan_of(spec))


def test_samples_are_scaled_shaped_and_split(tmp_path: Path) -> None:
    """Divided by scale, in the network's shape and dtype, a fifth held out."""
    data = loaded(tmp_path)
    assert data.training.x.shape == (8, 2, 2)
    assert data.training.x.dtype == np.float32
    assert len(data.held_out) == 2
    np.testing.assert_array_equal(data.held_out.x.reshape(2, 4), GOOD["x"][data.rows] / 4)


def test_given_held_out_rows_are_taken(tmp_path: Path) -> None:
    """The file's own indices decide."""
    assert loaded(tmp_path, h=np.array([3, 1])).rows.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": np.zeros((10, 3))}, r"shape \(3,\), 3 value\(s\), but the network's input is \(2, 2\), 4"),
        ({"x": np.where(np.arange(40).reshape(10, 4) == 21, np.nan, 0.0)}, "row 5 of the inputs holds nan"),
        ({"y": np.full(10, 2)}, "target 2 of row 0 is no class"),
        ({"y": np.arange(9) % 2}, "10 inputs but 9 targets"),
        ({"y": np.arange(10) / 2}, "is no class index"),
        ({"x": np.array([["a"] * 4] * 10)}, "real numbers are needed"),
        ({"h": np.array([10])}, "names row 10"),
        ({"h": np.array([1, 1])}, "twice"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    """Each message names row, shape or value."""
    with pytest.raises(DataError, match=message):
        loaded(tmp_path, **arrays)


def tokens(folder: Path, x: np.ndarray, more: str = "") -> Data:
    np.savez(folder / "d.npz", x=x, y=GOOD["y"])
    text = f"""
actreg: 1
input: {{shape: [4], dtype: int64}}
layers: [embedding: {{rows: 9, features: 3}}, mean, linear: 2]
data: {{file: d.npz, inputs: x, targets: y, held_out: {{fraction: 0.2}}{more}}}
"""
    spec = read_spec(text, folder=folder)
    return load_data(spec, plan_of(spec))


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float64])
def test_token_ids_stay_integers(tmp_path: Path, dtype: type) -> None:
    """Whatever their dtype in the file."""
    x = (np.arange(40) % 9).astype(dtype).reshape(10, 4)
    data = tokens(tmp_path, x)
    assert data.training.x.dtype == np.int64
    np.testing.assert_array_equal(data.held_out.x, x[data.rows])


@pytest.mark.parametrize(
    ("bad", "more", "message"),
    [
        (9, "", "9.0 in row 5 of the inputs is no token id: the vocabulary has 0 to 8"),
        (-1, "", "-1.0 in row 5 of the inputs is no token id"),
        (0.5, "", "0.5 in row 5 of the inputs is no token id: ids are integers"),
        (np.nan, "", "row 5 of the inputs holds nan"),
        (0, ", scale: 4", "token ids, which have no scale"),
    ],
)
def test_ids_that_are_none_are_refused(tmp_path: Path, bad: float, more: str, message: str) -> None:
    """With row and value."""
    x = np.zeros((10, 4))
    x[5, 1] = bad
    with pytest.raises(DataError, match=message):
        tokens(tmp_path, x, more)


def test_a_network_of_tokens_learns(tmp_path: Path) -> None:
    """Which of two tokens stands more often, on the NumPy backend."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 2, (600, 5))
    np.savez(tmp_path / "d.npz", x=x, y=(x.sum(axis=1) > 2).astype(np.int64))
    text = """
actreg: 1
input: {shape: [5], dtype: int64}
layers: [embedding: {rows: 2, features: 4}, attention: 2, mean, linear: 2]
data: {file: d.npz, inputs: x, targets: y, held_out: {fraction: 0.2}}
train: {epochs: 12, batch: 20, optimizer: {adamw: {lr: 0.02}}}
"""
    spec = read_spec(text, folder=tmp_path)
    plan, backend = plan_of(spec), default_registry().backend("numpy")
    network = backend.network(plan, initial_weights(plan))
    assert spec.train is not None
    assert train(backend, network, plan, load_data(spec, plan), spec.train).held_out.accuracy > 0.95


def test_npz_files_are_not_trusted(tmp_path: Path) -> None:
    """Objects, sizes beyond the cap, unknown names, truncated and foreign files are refused before they are read."""
    path = tmp_path / "a.npz"
    np.savez(path, big=np.zeros(1000), objects=np.array([{}], dtype=object))
    with NpzFile(path, cap=9000) as file:
        with pytest.raises(DataError, match="Python objects"):
            file.read("objects")
        with pytest.raises(DataError, match="did you mean 'big'"):
            file.read("bug")
        assert file.read("big").shape == (1000,)
        with pytest.raises(DataError, match="at most"):
            file.read("big")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match="no npz file"):
        NpzFile(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b,y\n1,2,0\n1,x,1\n", "line 3, column b: it is 'x', which is no number"),
        ("a,b,y\n1,2,0\n1,2\n", "line 3: 2 fields, but 3 columns"),
        ("a,a,y\n1,2,0\n", "named twice"),
        ("1,2,0\n", "the first line names the columns"),
        ("a,b,z\n1,2,0\n", "no column 'y'"),
        ("a,b,y\n", "no rows"),
        ("", "empty"),
    ],
)
def test_csv_errors_name_the_line(tmp_path: Path, text: str, message: str) -> None:
    """Line and column of what is wrong."""
    (tmp_path / "d.csv").write_text(text)
    spec = read_spec("actreg: 1\ninput: [2]\nlayers: [linear: 2]\ndata: {file: d.csv, targets: y}\n", folder=tmp_path)
    with pytest.raises(DataError, match=message):
        load_data(spec, plan_of(spec))


def test_csv_columns_become_samples(tmp_path: Path) -> None:
    """Every column but the targets is an input."""
    (tmp_path / "d.csv").write_text("a,y,b\n" + "".join(f"{i},{i % 2},{-i}\n" for i in range(10)))
    spec = read_spec("actreg: 1\ninput: [2]\nlayers: [linear: 2]\ndata: {file: d.csv, targets: y}\n", folder=tmp_path)
    data = load_data(spec, plan_of(spec))
    assert len(data.training) + len(data.held_out) == 10
    assert np.array_equal(data.training.x[:, 0], -data.training.x[:, 1])
