"""What the host does for an author: splitting, axes, broadcasting, reducing, restoring NaN. On plugin activations."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import actreg
from actreg import Axiswise, Constant, Elementwise, Expanding, Gated, Info, Laws, Param, Registry


class Snake(Elementwise):
    """x + sin²(a·x)/a, with a learned and no written derivative; dual numbers do both. arXiv:2006.08195."""

    info: ClassVar[Info] = Info(name="snake")

    def parameters(self) -> dict[str, Param]:
        return {"a": Param(("features",), Constant(0.5)), "b": Param((1,), Constant(2.0))}

    def forward(self, xp: Any, x: Any, a: Any, b: Any) -> Any:
        s = xp.sin(a * x)
        return b * x + s * s / a


class GLU(Gated):
    """a·sigmoid(gate). arXiv:1612.08083."""

    info: ClassVar[Info] = Info(name="test_glu")

    def forward(self, xp: Any, a: Any, b: Any) -> Any:
        return b * xp.sigmoid(a)

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any) -> dict[str, Any]:
        s, slope = xp.sigmoid_pair(a)
        return {"a": grad * b * slope, "b": grad * s}


class CReLU(Expanding):
    """relu(x) and relu(-x), concatenated. arXiv:1603.05201."""

    info: ClassVar[Info] = Info(name="test_crelu")

    def output_size(self, size: int) -> int:
        return 2 * size

    def forward(self, xp: Any, x: Any) -> Any:
        return xp.concat([xp.maximum(x, 0.0), xp.maximum(-x, 0.0)], axis=-1)

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any) -> dict[str, Any]:
        n = x.shape[-1]
        return {"x": xp.where(x > 0, grad[..., :n], 0.0) - xp.where(x < 0, grad[..., n:], 0.0)}


class RReLU(Elementwise):
    """Leaky, with a slope drawn in training and its mean in evaluation. arXiv:1505.00853."""

    info: ClassVar[Info] = Info(name="test_rrelu")

    def noise(self) -> Any:
        return "uniform"

    def forward(self, xp: Any, x: Any, noise: Any = 0.5) -> Any:
        return xp.where(x > 0, x, (0.1 + 0.2 * noise) * x)

    def derivative(self, xp: Any, x: Any, noise: Any = 0.5) -> Any:
        return xp.where(x > 0, 1.0, 0.1 + 0.2 * noise)


class Scaled(Axiswise):
    """Learned temperature along an axis: x - mean, times t."""

    info: ClassVar[Info] = Info(name="test_scaled")

    def parameters(self) -> dict[str, Param]:
        return {"t": Param((1,), Constant(1.5))}

    def forward(self, xp: Any, x: Any, t: Any) -> Any:
        return t * (x - xp.sum(x) / x.shape[-1])

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, t: Any) -> dict[str, Any]:
        centred = grad - xp.sum(grad) / x.shape[-1]
        return {"x": t * centred, "t": xp.reshape(xp.sum(xp.reshape(grad * (y / t), (-1,))), (1,))}


class Tilted(Gated):
    """b·(w·a + c), with w along the gate's half and c one number; no gradient is summed by the author."""

    info: ClassVar[Info] = Info(name="test_tilted")

    def parameters(self) -> dict[str, Param]:
        return {"w": Param((3,), Constant(0.5)), "c": Param((1,), Constant(2.0))}

    def forward(self, xp: Any, a: Any, b: Any, w: Any, c: Any) -> Any:
        return b * (w * a + c)

    def pullback(self, xp: Any, a: Any, b: Any, grad: Any, w: Any, c: Any) -> dict[str, Any]:
        return {"a": grad * b * w, "b": grad * (w * a + c), "w": grad * b * a, "c": grad * b}


REGISTRY = Registry(plugins=[Snake, GLU, CReLU, RReLU, Scaled, Tilted])
SHAPES = [(4,), (3, 4), (2, 4, 6), (2, 4, 3, 2)]


def check_pullback(
    name: str, x: Any, config: dict[str, Any], parameters: dict[str, Any], tolerance: float = 1e-6
) -> None:
    """The dot-product identity against central differences, for x and every parameter."""
    act = REGISTRY.get(name, **config)
    y, pullback = REGISTRY.vjp(act, x, **parameters)
    rng = np.random.default_rng(0)
    grad = rng.standard_normal(y.shape)
    gradients = pullback(grad)
    assert set(gradients) == {"x", *parameters}
    for key, array in {"x": x, **parameters}.items():
        assert gradients[key].shape == array.shape
        direction, step = rng.standard_normal(array.shape), 1e-6

        def at(sign: float, key: str = key, array: Any = array, direction: Any = direction, step: float = step) -> Any:
            moved = {"x": x, **parameters, key: array + sign * step * direction}
            return REGISTRY.apply(act, moved.pop("x"), **moved)

        expected = float(np.sum(grad * (at(1) - at(-1)) / (2 * step)))
        assert float(np.sum(gradients[key] * direction)) == pytest.approx(expected, rel=1e-5, abs=tolerance)


@pytest.mark.parametrize("shape", SHAPES[1:], ids=str)
def test_a_learnable_activation_needs_only_its_formula(shape: tuple[int, ...]) -> None:
    """Two parameters, one along the channel axis; derivatives by dual numbers, summed over what was broadcast."""
    x = np.random.default_rng(1).standard_normal(shape)
    check_pullback("snake", x, {}, {"a": np.linspace(0.5, 2.0, shape[1]), "b": np.array([1.5])})


def test_a_parameter_that_does_not_fit_is_refused() -> None:
    """The error names parameter, axis and shapes."""
    act = REGISTRY.get("snake")
    with pytest.raises(actreg.InputError, match=r"a of shape \(3,\) runs along axis 1 of x, but x has shape \(2, 4\)"):
        REGISTRY.apply(act, np.zeros((2, 4)), a=np.ones(3), b=np.ones(1))
    with pytest.raises(actreg.InputError, match=r"pass b="):
        REGISTRY.apply(act, np.zeros((2, 4)), a=np.ones(4))
    with pytest.raises(actreg.InputError, match=r"'c' is no parameter .*it has a, b"):
        REGISTRY.apply(act, np.zeros((2, 4)), a=np.ones(4), b=np.ones(1), c=np.ones(1))


@pytest.mark.parametrize("gate", ["first", "second", "interleaved"])
@pytest.mark.parametrize("axis", [-1, 1])
@pytest.mark.parametrize("shape", SHAPES[1:], ids=str)
def test_the_host_splits_a_gated_unit(gate: str, axis: int, shape: tuple[int, ...]) -> None:
    """By first, second and interleaved gates, along any even axis, forward and backward."""
    x = np.random.default_rng(2).standard_normal(shape)
    if shape[axis] % 2:
        with pytest.raises(actreg.InputError, match="odd"):
            REGISTRY.apply(REGISTRY.get("test_glu", gate=gate, axis=axis), x)
        return
    check_pullback("test_glu", x, {"gate": gate, "axis": axis}, {})


def test_the_gate_is_the_half_that_was_named() -> None:
    """[10, 20, 0, 100]: torch's glu gates by the second half."""
    x = np.array([[10.0, 20.0, 0.0, 100.0]])
    second = REGISTRY.apply(REGISTRY.get("test_glu", gate="second"), x)
    assert second.tolist() == [[5.0, 20.0]]
    interleaved = REGISTRY.apply(REGISTRY.get("test_glu", gate="interleaved"), x[:, [2, 0, 3, 1]])
    assert interleaved.tolist() == second.tolist()
    with pytest.raises(actreg.ConfigError, match="gate: field required"):
        REGISTRY.get("test_glu")


@pytest.mark.parametrize("axis", [-1, 1, 0])
@pytest.mark.parametrize("shape", SHAPES[1:], ids=str)
def test_an_axis_can_grow(axis: int, shape: tuple[int, ...]) -> None:
    """CReLU doubles it."""
    x = np.random.default_rng(3).standard_normal(shape)
    y = REGISTRY.apply(REGISTRY.get("test_crelu", axis=axis), x)
    assert y.shape[axis] == 2 * shape[axis]
    check_pullback("test_crelu", x, {"axis": axis}, {})


@pytest.mark.parametrize("axis", [-1, 1])
def test_an_axiswise_activation_may_be_learnable(axis: int) -> None:
    """Its parameter's gradient sums over all lines."""
    x = np.random.default_rng(4).standard_normal((3, 4, 5))
    check_pullback("test_scaled", x, {"axis": axis}, {"t": np.array([1.5])})


@pytest.mark.parametrize("gate", ["first", "second", "interleaved"])
@pytest.mark.parametrize("shape", [(6,), (4, 6), (2, 4, 6)], ids=str)
def test_a_gated_unit_may_be_learnable(gate: str, shape: tuple[int, ...]) -> None:
    """The host sums what its author leaves broad: over lines, and along them where there is one number for all."""
    x = np.random.default_rng(6).standard_normal(shape)
    check_pullback("test_tilted", x, {"gate": gate}, {"w": np.linspace(0.5, 2.0, 3), "c": np.array([1.5])})


def test_gradients_of_parameters_are_summed_over_every_block() -> None:
    """Of more lines than NumPy's backend takes at once, and of one in each, the sum is the same."""
    act, given = REGISTRY.get("test_tilted", gate="first"), {"w": np.linspace(0.5, 2.0, 3), "c": np.array([1.5])}
    x = np.round(np.random.default_rng(7).standard_normal((5000, 6)) * 8) / 8
    whole = REGISTRY.vjp(act, x, **given)[1](np.ones((5000, 3)))
    a, b = x[:, :3], x[:, 3:]
    assert np.array_equal(whole["w"], (a * b).sum(0))
    assert np.array_equal(whole["c"], [b.sum()])


def test_noise_is_drawn_in_training_only() -> None:
    """Without a generator it evaluates; with one, equal seeds draw equal noise, and the pullback has the same."""
    act, x = REGISTRY.get("test_rrelu"), np.full(1000, -1.0)
    assert np.unique(REGISTRY.apply(act, x)) == pytest.approx([-0.2])
    first = REGISTRY.apply(act, x, generator=np.random.default_rng(7))
    y, pullback = REGISTRY.vjp(act, x, generator=np.random.default_rng(7))
    assert np.array_equal(first, y)
    assert len(np.unique(y)) == 1000
    assert -0.3 <= y.min() < -0.28
    assert pullback(np.ones_like(x))["x"] == pytest.approx(-y)
    with pytest.raises(actreg.InputError, match=r"numpy.random.Generator, not int"):
        REGISTRY.apply(act, x, generator=3)


@pytest.mark.parametrize("layout", ["consecutive", "strided"])
@pytest.mark.parametrize("axis", [-1, 1])
def test_maxout_pooling_takes_the_largest_of_each_group(layout: str, axis: int) -> None:
    """Both layouts; the gradient goes to the first winner alone."""
    x = np.random.default_rng(5).permutation(48).astype(float).reshape(2, 6, 4)
    check_pullback("maxout_pool", x, {"pieces": 2, "layout": layout, "axis": axis}, {})


def test_maxout_pooling_layouts_differ_as_named() -> None:
    """[1, 9, 5, 3]: paddle's consecutive groups give [9, 5], the strided ones [5, 9]."""
    x = np.array([[1.0, 9.0, 5.0, 3.0]])
    assert actreg.get("maxout_pool")(x).tolist() == [[9.0, 5.0]]
    assert actreg.get("maxout_pool", layout="strided")(x).tolist() == [[5.0, 9.0]]
    y, pullback = actreg.get("maxout_pool").vjp(np.array([[7.0, 7.0]]))
    assert pullback(np.ones_like(y))["x"].tolist() == [[1.0, 0.0]]
    with pytest.raises(actreg.InputError, match="no multiple of 3 pieces"):
        actreg.get("maxout_pool", pieces=3)(x)


@given(rows=st.integers(1, 5), features=st.integers(1, 6), units=st.integers(1, 4), pieces=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_maxout_is_the_largest_affine_piece(rows: int, features: int, units: int, pieces: int) -> None:
    """z_ij = x·W_..ij + b_ij by definition, and its pullback."""
    rng = np.random.default_rng(rows * 100 + features)
    x, weight = rng.standard_normal((rows, features)), rng.standard_normal((features, units, pieces))
    bias = rng.standard_normal((units, pieces))
    act = actreg.get("maxout", units=units, pieces=pieces)
    expected = (np.einsum("rd,dmk->rmk", x, weight) + bias).max(-1)
    assert act(x, weight=weight, bias=bias) == pytest.approx(expected)
    check_pullback("maxout", x, {"units": units, "pieces": pieces}, {"weight": weight, "bias": bias}, 1e-5)


def test_maxout_gives_the_gradient_to_the_first_winner() -> None:
    """All pieces tie: the first gets everything."""
    act = actreg.get("maxout", units=1, pieces=3)
    x, weight, bias = np.array([[2.0]]), np.ones((1, 1, 3)), np.zeros((1, 3))
    gradients = act.vjp(x, weight=weight, bias=bias)[1](np.array([[1.0]]))
    assert gradients["weight"].tolist() == [[[2.0, 0.0, 0.0]]]
    assert gradients["bias"].tolist() == [[1.0, 0.0, 0.0]]
    assert gradients["x"].tolist() == [[1.0]]


def test_prelu_runs_along_its_axis() -> None:
    """One slope a channel, at axis 1 or the last; gradients per channel, summed in float64."""
    x = -np.ones((2, 3, 4), dtype=np.float16)
    weight = np.array([0.1, 0.2, 0.3])
    y, pullback = actreg.get("prelu").vjp(x, weight=weight)
    assert y[0, :, 0].astype(float) == pytest.approx(-weight, abs=1e-3)
    assert pullback(np.ones_like(y))["weight"].tolist() == [-8.0, -8.0, -8.0]
    last = actreg.get("prelu", axis=-1).vjp(x, weight=np.arange(4.0))[1](np.ones_like(x))
    assert last["weight"].tolist() == [-6.0] * 4


def test_a_laws_default_claims_nothing() -> None:
    """An author who says nothing is held to nothing."""
    assert Snake().laws() == Laws()
