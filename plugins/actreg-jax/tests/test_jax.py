"""The JAX backend: what it adds to what the conformance suite checks."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any, ClassVar

import numpy as np
import pytest

jax = pytest.importorskip("jax")
jnp = jax.numpy
plugin = pytest.importorskip("actreg_jax.plugin")

import actreg  # noqa: E402

DTYPES = ("float16", "bfloat16", "float32")


@pytest.fixture(scope="module")
def registry() -> actreg.Registry:
    """The built-in activations with JAX."""
    return actreg.Registry(plugins=[plugin])


@pytest.fixture(scope="module")
def backend(registry: actreg.Registry) -> Any:
    """The backend."""
    return registry.backend("jax")


def test_importing_the_plugin_loads_no_jax() -> None:
    """A listing knows the backend and stays light."""
    program = "import actreg_jax.plugin, sys; print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_bit_pattern_survives_widening_and_narrowing(dtype: str, backend: Any) -> None:
    """Subnormal numbers, zeros and infinities of either sign included: float64 there and back gives the same bits."""
    from actreg_jax.rounding import narrow, widen, x64

    if dtype == "float32":
        bits = np.random.default_rng(1).integers(0, 1 << 32, 200_000, dtype=np.uint32)
        bits[:4096] &= np.uint32(0x807FFFFF)
        x = bits.view(np.float32)
    else:
        x = np.arange(1 << 16, dtype=np.uint16).view(
            backend.to_numpy(backend.from_numpy(np.ones(1), dtype=dtype)).dtype
        )
    with np.errstate(all="ignore"), x64():
        wide = np.asarray(jax.jit(widen)(jnp.asarray(x)))
        kept = ~np.isnan(wide)
        assert np.array_equal(wide[kept], x.astype(np.float64)[kept])
        back = np.asarray(jax.jit(narrow, static_argnums=1)(jnp.asarray(wide), dtype))
        word = np.uint32 if dtype == "float32" else np.uint16
        assert np.array_equal(back.view(word)[kept], x.view(word)[kept])


@pytest.mark.parametrize("dtype", DTYPES)
def test_narrowing_rounds_once(dtype: str, registry: actreg.Registry, backend: Any) -> None:
    """float64 to a narrower dtype is what NumPy's backend makes of it, halfway cases and underflow included."""
    rng = np.random.default_rng(2)
    x = rng.standard_normal(20_000) * 2.0 ** rng.integers(-160, 130, 20_000)
    x = np.concatenate([x, (1.0 + 2.0**-9 + 2.0**-40 * rng.integers(-3, 4, 500)), np.array([0.0, -0.0, np.inf])])
    with np.errstate(all="ignore"):
        wanted = registry.backend("numpy").from_numpy(x, dtype=dtype)
    got = backend.to_numpy(backend.from_numpy(x, dtype=dtype))
    assert got.dtype == wanted.dtype
    assert np.array_equal(got.view(np.uint8), wanted.view(np.uint8))


def test_the_arc_tangent_is_good_to_two_ulp() -> None:
    """Beside NumPy's, which is; ±π/2 at the ends, and zeros keep their sign."""
    from actreg_jax.namespace import XP
    from actreg_jax.rounding import x64

    rng = np.random.default_rng(3)
    x = np.concatenate([rng.standard_normal(500) * 10.0 ** rng.integers(-200, 200, 500), rng.uniform(-4, 4, 500)])
    x = np.concatenate([x, [-np.inf, -0.0, 0.0, np.inf, np.nan]])
    with x64():
        got = np.asarray(jax.jit(XP.atan)(jnp.asarray(x)))
    want = np.arctan(x)
    assert (np.abs(got - want)[:-1] <= 2 * np.spacing(np.abs(want[:-1]))).all()
    assert np.array_equal(np.signbit(got), np.signbit(want))
    assert np.isnan(got[-1])


def test_erfc_is_good_to_some_ulp_below_one() -> None:
    """From 0 to 1, where XLA's own is off by 10; against Python's, which is off by one at most."""
    from actreg_jax.namespace import XP
    from actreg_jax.rounding import x64

    x = np.random.default_rng(5).uniform(0, 1, 3000)
    want = np.array([math.erfc(v) for v in x.tolist()])
    with x64():
        got = np.asarray(jax.jit(XP.erfc)(jnp.asarray(x)))
    assert (np.abs(got - want) <= 5 * np.spacing(want)).all()


def test_an_arc_tangent_is_the_same_anywhere_in_a_loop() -> None:
    """Alone, in a vector and in what remains of one: lines of three among 2, 5 and 64 give the bits that they give
    among 96."""
    from actreg_jax.namespace import XP
    from actreg_jax.rounding import x64

    x = np.random.default_rng(4).uniform(-4, 4, (96, 3))
    with x64():
        run = jax.jit(lambda lines: jax.lax.map(lambda line: 0.5 + XP.atan(line) * line, lines))
        whole = np.asarray(run(jnp.asarray(x)))
        for count in (1, 2, 5, 64):
            assert np.array_equal(np.asarray(run(jnp.asarray(x[:count]))), whole[:count])
            flat = jax.jit(lambda line: 0.5 + XP.atan(line) * line)(jnp.asarray(x[:count].reshape(-1)))
            assert np.array_equal(np.asarray(flat), whole[:count].reshape(-1))


@pytest.mark.parametrize("name", ["silu", "gelu", "mish", "elu", "softplus"])
def test_it_is_native_under_transformations(name: str, registry: actreg.Registry, backend: Any) -> None:
    """jit, grad, vmap, jvp and their compositions give the activation's own mathematics, at ±inf and at NaN too."""
    act = registry.get(name)
    x = backend.from_numpy(np.array([-np.inf, -3.0, -0.5, 0.0, 0.5, 3.0, np.inf, np.nan]), dtype="float32")

    def f(v: Any) -> Any:
        return registry.apply(act, v)

    slope = registry.derivative(act, x)
    for found in (jax.jit(f)(x), jax.vmap(f)(x), jax.jvp(f, (x,), (x,))[0]):
        np.testing.assert_array_equal(found, f(x))
    for found in (jax.vmap(jax.grad(f))(x), jax.jit(jax.vmap(jax.grad(f)))(x), jax.grad(lambda v: f(v).sum())(x)):
        np.testing.assert_allclose(found, slope, rtol=2e-7)
    second = jax.vmap(jax.grad(jax.grad(f)))(x)
    assert np.isfinite(second[1:6]).all()
    assert np.isnan(second[7])
    twice = jax.jit(lambda v: f(f(v)))(x[1:6])
    np.testing.assert_allclose(twice, f(f(x[1:6])), rtol=1e-6)


def test_parameters_are_differentiated(registry: actreg.Registry, backend: Any) -> None:
    """grad by a layer's weights is the pullback's; gradients are summed over what a slope is broadcast over."""
    layer = registry.layer("prelu", backend="jax", num_parameters=3)
    x = backend.from_numpy(np.linspace(-2, 2, 24).reshape(2, 3, 4), dtype="float32")
    by_jax = jax.grad(lambda w: layer(x, weight=w).sum())(layer.parameters["weight"])
    _, pullback = layer.vjp(x)
    np.testing.assert_allclose(by_jax, pullback(jnp.ones_like(x))["weight"], rtol=1e-6)
    assert "PReLU" in repr(layer)


def test_axes_are_differentiated_both_ways(registry: actreg.Registry, backend: Any) -> None:
    """Softmax and a gated unit: forward mode is the transpose of the pullback, and of the second order too."""
    x = backend.from_numpy(np.linspace(-2, 2, 24).reshape(4, 6), dtype="float32")
    v, u = x[::-1] * 0.5, x * x
    for act in (registry.get("softmax"), registry.get("glu", gate="second")):

        def f(z: Any, act: Any = act) -> Any:
            return registry.apply(act, z)

        y, moved = jax.jvp(f, (x,), (v,))
        w = u[:, : y.shape[1]]
        (back,) = jax.vjp(f, x)[1](w)
        np.testing.assert_allclose((moved * w).sum(), (v * back).sum(), rtol=1e-4, atol=1e-6)

        def weighted(z: Any, f: Any = f, w: Any = w) -> Any:
            return (jax.vjp(f, z)[1](w)[0] * v).sum()

        assert np.isfinite(jax.grad(weighted)(x)).all()


class Rms(actreg.Axiswise):
    """weight · x / √(mean x² + 1) + bias, both learned, weight along the axis; the host sums their gradients."""

    info: ClassVar[actreg.Info] = actreg.Info(name="test_rms")

    def parameters(self) -> dict[str, actreg.Param]:
        return {
            "weight": actreg.Param(shape=(actreg.FEATURES,), init=actreg.Constant(1.5), axis=-1),
            "bias": actreg.Param(shape=(1,), init=actreg.Constant(-0.5)),
        }

    def forward(self, xp: Any, x: Any, weight: Any, bias: Any) -> Any:
        return weight * x / self._root(xp, x) + bias

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, weight: Any, bias: Any) -> dict[str, Any]:
        root, scaled = self._root(xp, x), grad * weight
        n = x / root
        return {"x": (scaled - n * xp.sum(scaled * n) / x.shape[-1]) / root, "weight": grad * n, "bias": grad}

    @staticmethod
    def _root(xp: Any, x: Any) -> Any:
        return xp.sqrt(xp.sum(x * x) / x.shape[-1] + 1.0)


def test_what_is_learned_along_an_axis_is_differentiated(backend: Any) -> None:
    """The pullback is JAX's own gradient of the formula, by x and by each parameter; so is its derivative."""
    from actreg_jax.namespace import XP

    act, rng = Rms(), np.random.default_rng(5)
    x, w, g = (backend.from_numpy(rng.standard_normal(shape), dtype="float32") for shape in ((70, 37), (37,), (70, 37)))
    b = backend.from_numpy(np.array([0.25]), dtype="float32")
    _, pullback = backend.vjp(act, x, {"weight": w, "bias": b})
    found = pullback(g)

    def formula(*given: Any) -> Any:
        return act.forward(XP, *given)

    plain = jax.vjp(formula, x, w, b)[1](g)
    for name, wanted in zip(("x", "weight", "bias"), plain, strict=True):
        assert found[name].shape == wanted.shape
        np.testing.assert_allclose(found[name], wanted, rtol=2e-5, atol=1e-5)

    def ours(*given: Any) -> Any:
        return (jax.vjp(lambda x, w, b: backend.apply(act, x, {"weight": w, "bias": b}), *given)[1](g)[0] ** 2).sum()

    def theirs(*given: Any) -> Any:
        return (jax.vjp(formula, *given)[1](g)[0] ** 2).sum()

    for got, wanted in zip(jax.grad(ours, (0, 1))(x, w, b), jax.grad(theirs, (0, 1))(x, w, b), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=2e-4, atol=1e-4)


def test_a_row_s_gradient_is_its_own_also_where_something_is_learned(backend: Any) -> None:
    """The same bits alone as among seventy rows, in float64, where XLA sums in an order that depends on how many."""
    act, rng = Rms(), np.random.default_rng(6)
    x, g = rng.standard_normal((2, 70, 37))
    given = {
        "weight": backend.from_numpy(rng.standard_normal(37), dtype="float64"),
        "bias": backend.from_numpy(np.zeros(1), dtype="float64"),
    }

    def pulled(rows: slice) -> Any:
        whole, grad = (backend.from_numpy(array[rows], dtype="float64") for array in (x, g))
        return backend.to_numpy(backend.vjp(act, whole, given)[1](grad)["x"])

    whole = pulled(slice(None))
    for rows in (slice(0, 1), slice(3, 8), slice(20, 60)):
        assert np.array_equal(pulled(rows), whole[rows])


class Stretched(actreg.Elementwise):
    """p·log(x), p learned: at 0 its slopes are infinite."""

    info: ClassVar[actreg.Info] = actreg.Info(name="test_stretched")

    def parameters(self) -> dict[str, actreg.Param]:
        return {"p": actreg.Param(shape=(1,), init=actreg.Constant(1.5))}

    def forward(self, xp: Any, x: Any, p: Any) -> Any:
        return p * xp.log(x)


class Unit(actreg.Axiswise):
    """w·x / |x|, w learned: a line of zeros has no value."""

    info: ClassVar[actreg.Info] = actreg.Info(name="test_unit")

    def parameters(self) -> dict[str, actreg.Param]:
        return {"w": actreg.Param(shape=(1,), init=actreg.Constant(1.5))}

    def forward(self, xp: Any, x: Any, w: Any) -> Any:
        return w * x / xp.sqrt(xp.sum(x * x))

    def pullback(self, xp: Any, x: Any, y: Any, grad: Any, w: Any) -> dict[str, Any]:
        size = xp.sqrt(xp.sum(x * x))
        n = x / size
        return {"x": w * (grad - n * xp.sum(grad * n)) / size, "w": grad * n}


@pytest.mark.parametrize("act", [Stretched(), Unit()], ids=lambda act: act.info.name)
def test_what_a_batch_is_padded_with_does_not_reach_a_sum(act: Any, registry: actreg.Registry, backend: Any) -> None:
    """A parameter's gradient is NumPy's also where the formula has no value at 0."""
    x, numpy = np.linspace(1.0, 4.0, 15).reshape(5, 3), registry.backend("numpy")
    (name,) = act.parameters()
    given = {name: np.array([1.5])}
    y, wanted = numpy.vjp(act, x, given)
    _, pullback = backend.vjp(act, *(backend.from_numpy(x, dtype="float64"), {name: backend.from_numpy(given[name])}))
    grad = np.cos(np.arange(y.size)).reshape(y.shape)
    got = pullback(backend.from_numpy(grad, dtype="float64"))[name]
    np.testing.assert_allclose(got, wanted(grad)[name], rtol=1e-13)


class Grown(actreg.Elementwise):
    """w·x², w learned."""

    info: ClassVar[actreg.Info] = actreg.Info(name="test_grown")

    def parameters(self) -> dict[str, actreg.Param]:
        return {"w": actreg.Param(shape=(1,), init=actreg.Constant(1.5))}

    def forward(self, xp: Any, x: Any, w: Any) -> Any:
        return w * x * x


def test_an_infinite_gradient_of_a_parameter_is_no_nan(backend: Any) -> None:
    """What pads a batch adds nothing, not even 0 times an infinite slope."""
    x = backend.from_numpy(np.array([[1e200]]), dtype="float64")
    _, pullback = backend.vjp(Grown(), x, {"w": backend.from_numpy(np.array([1.5]))})
    assert pullback(backend.from_numpy(np.array([[1.0]]), dtype="float64"))["w"].tolist() == [float("inf")]


def test_noise_is_drawn_from_a_key(registry: actreg.Registry, backend: Any) -> None:
    """The same key draws the same; without one a stochastic activation evaluates."""

    class Jitter(actreg.Elementwise):
        """x plus noise in training."""

        info = actreg.Info(name="jitter")

        def noise(self) -> Any:
            return "normal"

        def forward(self, xp: Any, x: Any, noise: Any = None) -> Any:
            return x if noise is None else x + noise

    act = Jitter()
    x = backend.from_numpy(np.zeros(5), dtype="float32")
    drawn = [registry.apply(act, x, generator=jax.random.key(k)) for k in (0, 0, 1)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert np.array_equal(registry.apply(act, x), x)


REFUSED = {
    "an integer array": (lambda r, x: r.apply(r.get("relu"), x.astype(int)), actreg.InputError, "floating-point"),
    "a NumPy parameter": (
        lambda r, x: r.apply(r.get("prelu"), x, weight=np.ones(1)),
        actreg.InputError,
        "must be a JAX array",
    ),
    "out": (lambda r, x: r.apply(r.get("relu"), x, out=x), actreg.CapabilityError, "can't be written to"),
    "in place": (
        lambda r, x: r.layer("relu", backend="jax", inplace=True),
        actreg.CapabilityError,
        "can't run in place",
    ),
    "an unknown device": (
        lambda r, x: r.layer("prelu", backend="jax", device="tpu:9"),
        actreg.CapabilityError,
        "tpu:9",
    ),
    "an unknown dtype": (lambda r, x: r.layer("prelu", backend="jax", dtype="f4"), actreg.UnknownNameError, "'f4'"),
    "features": (
        lambda r, x: r.layer("prelu", backend="jax", num_parameters="each"),
        actreg.ConfigError,
        "features",
    ),
}


@pytest.mark.parametrize(("call", "error", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_what_it_cannot_do_it_says(call: Any, error: Any, message: str, registry: Any, backend: Any) -> None:
    """With the error of that kind."""
    x = backend.from_numpy(np.array([1.0, -1.0]), dtype="float32")
    with pytest.raises(error, match=message):
        call(registry, x)


def test_networks_are_refused_clearly(registry: actreg.Registry) -> None:
    """A spec can be built elsewhere; the message says that this backend builds none."""
    from actreg.model import plan_of, read_spec

    plan = plan_of(read_spec({"actreg": 1, "input": [3], "layers": [{"linear": 2}]}))
    with pytest.raises(actreg.CapabilityError, match="builds no networks"):
        registry.backend("jax").network(plan, {})
