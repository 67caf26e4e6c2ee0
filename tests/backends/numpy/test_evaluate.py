"""Evaluation on NumPy: dtypes, shapes, layouts, out, inputs untouched, no warnings."""

from __future__ import annotations

import threading
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actreg
from actreg.backends.numpy.blocks import BLOCK, slices

DTYPES = [np.float16, ml_dtypes.bfloat16, np.float32, np.float64]
PLAIN = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "silu", "softplus"]
SHAPES: list[tuple[int, ...]] = [(), (0,), (1,), (7,), (0, 3), (2, 3), (2, 3, 4, 5), (BLOCK + 3,), (3, BLOCK + 1)]


def sample(shape: tuple[int, ...], dtype: Any = np.float32) -> Any:
    """Values over many magnitudes, the same for a shape every time."""
    rng = np.random.default_rng(abs(hash(shape)) % 1000)
    return np.asarray(rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 2, shape)).astype(dtype)


def bits(x: Any) -> bytes:
    """The bits of an array in C order."""
    return np.ascontiguousarray(x).tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", PLAIN)
def test_dtype_and_shape_are_kept(name: str, shape: tuple[int, ...], dtype: Any) -> None:
    """Values and derivatives have x's dtype and shape, 0-d and empty included; x is untouched."""
    x = sample(shape, dtype)
    before = bits(x)
    act = actreg.get(name)
    y, pullback = act.vjp(x)
    for result in (act(x), act.derivative(x), y, pullback(np.ones_like(y))["x"]):
        assert (result.shape, result.dtype, type(result)) == (x.shape, x.dtype, np.ndarray)
    assert bits(x) == before


@pytest.mark.parametrize("name", [*PLAIN, "softmax"])
def test_layout_does_not_change_a_bit(name: str) -> None:
    """Fortran order, negative and wide strides, offsets, read-only and broadcast views: the same bits."""
    act, base = actreg.get(name), sample((12, 40), np.float64)
    expected = act(base)
    wide = np.empty((24, 120))
    wide[::2, 1::3] = base
    frozen = base.copy()
    frozen.flags.writeable = False
    for view in (np.asfortranarray(base), base[::-1, ::-1][::-1, ::-1], wide[::2, 1::3], frozen):
        assert bits(act(view)) == bits(expected)
    row = np.broadcast_to(base[0], (5, 40))
    assert bits(act(row)) == bits(np.stack([act(base[0])] * 5))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", PLAIN)
def test_a_value_does_not_depend_on_the_length(name: str, dtype: Any) -> None:
    """Lengths 1 to 65 and offsets: each element has the bits that it has alone."""
    act, x = actreg.get(name), sample((65,), dtype)
    alone = np.concatenate([act(x[i : i + 1]) for i in range(65)])
    slope_alone = np.concatenate([act.derivative(x[i : i + 1]) for i in range(65)])
    for length in range(1, 66):
        assert bits(act(x[:length])) == bits(alone[:length])
        assert bits(act(x[65 - length :])) == bits(alone[65 - length :])
        assert bits(act.derivative(x[:length])) == bits(slope_alone[:length])


@pytest.mark.parametrize("name", [*PLAIN, "softmax"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_out_is_exact(name: str, dtype: Any) -> None:
    """Into a new array, into a strided one and into x itself: the same bits, and `out` comes back."""
    act, x = actreg.get(name), sample((9, 30), dtype)
    expected = bits(act(x))
    fresh = np.empty_like(x)
    assert act(x, out=fresh) is fresh
    assert bits(fresh) == expected
    strided = np.empty((9, 60), dtype=dtype)[:, ::2]
    act(x, out=strided)
    assert bits(strided) == expected
    copy = x.copy()
    act(copy, out=copy)
    assert bits(copy) == expected
    view = x.copy()
    act(view, out=view[:])
    assert bits(view) == expected


def test_relu_in_place_changes_its_input() -> None:
    """The guide's last example."""
    x = np.array([-1.0, 2.0], dtype=np.float32)
    actreg.get("relu")(x, out=x)
    assert x.tolist() == [0.0, 2.0]


BASE = np.zeros(10, dtype=np.float32)
READ_ONLY = np.zeros(5, dtype=np.float32)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (BASE[1:6], "overlaps"),
        (np.zeros(4, np.float32), "float32 \\(5,\\)"),
        (np.zeros(5, np.float64), "float32"),
        (READ_ONLY, "read-only"),
        ([0.0] * 5, "not list"),
        (np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (5,), (0,)), "share memory"),
    ],
    ids=["overlap", "shape", "dtype", "read-only", "list", "zero stride"],
)
@pytest.mark.parametrize("name", ["relu", "silu"])
def test_an_out_that_will_not_do_is_refused(name: str, out: Any, words: str) -> None:
    """And x is untouched."""
    x = BASE[0:5]
    with pytest.raises(actreg.InputError, match=words):
        actreg.get(name)(x, out=out)
    assert not x.any()


def test_interleaved_views_are_disjoint() -> None:
    """Even and odd elements of one buffer share no memory."""
    base = sample((20,))
    even, odd = base[::2], base[1::2]
    expected = bits(actreg.get("tanh")(even))
    actreg.get("tanh")(even, out=odd)
    assert bits(odd) == expected


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.arange(3), "int64"),
        (np.array([True]), "bool"),
        (np.array(["a"]), "<U1"),
        (np.array([1j]), "complex128"),
        ([1.0, 2.0], "list"),
        (3, "int"),
        ("relu", "str"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_floating_point_array_is_refused(x: Any, words: str) -> None:
    """The error names what was given."""
    with pytest.raises(actreg.InputError, match=words):
        actreg.get("silu")(x)


def test_scalars_give_scalars() -> None:
    """A NumPy scalar keeps its type, a Python float is a float64."""
    assert type(actreg.get("silu")(np.float32(1.0))) is np.float32
    assert type(actreg.get("relu")(np.float16(-1.0))) is np.float16
    assert actreg.get("relu")(-3.0) == 0.0
    assert actreg.get("tanh").derivative(0.0) == 1.0


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("dtype", DTYPES)
def test_extreme_inputs_warn_nothing(name: str, dtype: Any) -> None:
    """±max, ±inf, NaN, subnormals: no RuntimeWarning, and NaN stays NaN in value, derivative and gradient."""
    info = ml_dtypes.finfo(dtype)
    x = np.array([-np.inf, info.min, -1e3, -0.0, 0.0, info.smallest_subnormal, 1e3, info.max, np.inf, np.nan]).astype(
        dtype
    )
    act = actreg.get(name)
    y, pullback = act.vjp(x)
    for result in (y, act.derivative(x), pullback(np.ones_like(y))["x"]):
        assert np.isnan(result[-1].astype(np.float64))
        assert not np.isnan(result[:-1].astype(np.float64)).any()


@pytest.mark.parametrize("name", [*PLAIN, "softmax"])
def test_the_callers_error_state_is_left_alone(name: str) -> None:
    """errstate, the random state and the print options are nobody's business."""
    with np.errstate(over="raise", divide="raise", invalid="raise", under="raise"):
        before = np.geterr()
        actreg.get(name)(np.array([-1e300, 1e300, 700.0]))
        assert np.geterr() == before


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_softmax_works_along_any_axis(axis: int) -> None:
    """Sums to one, and equals the softmax of the moved array."""
    x = sample((3, 4, 5), np.float64)
    y, pullback = actreg.get("softmax", axis=axis).vjp(x)
    moved = np.moveaxis(actreg.get("softmax")(np.moveaxis(x, axis, -1)), -1, axis)
    assert bits(y) == bits(moved)
    assert y.sum(axis) == pytest.approx(np.ones_like(y.sum(axis)))
    assert pullback(np.ones_like(y))["x"] == pytest.approx(np.zeros_like(x), abs=1e-15)


def test_softmax_of_minus_infinity_is_zero_and_of_nothing_else_nan() -> None:
    """As documented."""
    y = actreg.get("softmax")(np.array([[0.0, -np.inf, 0.0], [-np.inf] * 3, [0.0, np.inf, 0.0]]))
    assert y[0].tolist() == [0.5, 0.0, 0.5]
    assert np.isnan(y[1]).all()
    assert np.isnan(y[2]).any()


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0)], ids=str)
def test_softmax_of_nothing(shape: tuple[int, ...]) -> None:
    """An empty array gives an empty array; a 0-d one has no axis."""
    if shape == ():
        with pytest.raises(actreg.InputError, match="axis -1 does not exist"):
            actreg.get("softmax")(np.zeros(shape))
    else:
        assert actreg.get("softmax")(np.zeros(shape)).shape == shape


def test_the_gradient_must_have_the_outputs_shape() -> None:
    """The error names both."""
    _, pullback = actreg.get("silu").vjp(np.zeros((2, 3)))
    with pytest.raises(actreg.InputError, match=r"\(3,\), the output \(2, 3\)"):
        pullback(np.zeros(3))


@given(shape=st.lists(st.integers(0, 7), max_size=4).map(tuple), most=st.integers(1, 20))
@settings(max_examples=200)
def test_blocks_cover_an_array_once(shape: tuple[int, ...], most: int) -> None:
    """Every element falls into exactly one block."""
    seen = np.zeros(shape, dtype=int)
    for index in slices(shape, most):
        seen[index] += 1
    assert (seen == 1).all()


def test_eight_threads_share_one_instance() -> None:
    """The same bits from every thread."""
    act, x = actreg.get("silu"), sample((100_000,))
    expected, results = bits(act(x)), []
    threads = [threading.Thread(target=lambda: results.append(bits(act(x)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 8
