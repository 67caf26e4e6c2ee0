"""The backend's calls: values, derivatives, pullbacks, `out`, checks, conversion."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch

import actreg
from actreg import Bound, CapabilityError, InputError, Kernel, UnknownNameError

TEN = [
    ("sigmoid", {}),
    ("tanh", {}),
    ("relu", {}),
    ("leaky_relu", {"negative_slope": 0.1}),
    ("elu", {"alpha": 1.5}),
    ("prelu", {"num_parameters": 4}),
    ("softmax", {"axis": 1}),
    ("silu", {}),
    ("silu", {"beta": 1.7}),
    ("silu", {"trainable": True}),
    ("softplus", {"beta": 2.0}),
    ("maxout", {"units": 3}),
    ("maxout_pool", {}),
]
ten = pytest.mark.parametrize(("name", "config"), TEN, ids=[f"{name} {config}" for name, config in TEN])
ULP = {"float32": 2.0**-23, "float64": 2.0**-52}


@ten
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_agrees_with_numpy(
    registry: actreg.Registry, backend: Any, parameters: Any, name: str, config: dict[str, Any], dtype: str
) -> None:
    """Values and gradients are those of the NumPy backend to a few ULP of the largest terms."""
    act = registry.get(name, **config)
    given = parameters(act, 4, dtype)
    x = np.random.default_rng(3).normal(scale=3.0, size=(5, 4, 4)).astype(dtype)
    y, pullback = registry.vjp(act, backend.from_numpy(x), **given)
    numpy_y, numpy_pullback = registry.vjp(act, x, **{key: backend.to_numpy(value) for key, value in given.items()})
    grad = np.random.default_rng(4).normal(size=numpy_y.shape).astype(dtype)
    tolerance = {"rtol": 8 * ULP[dtype], "atol": 8 * ULP[dtype]}
    np.testing.assert_allclose(backend.to_numpy(y), numpy_y, **tolerance)
    found, expected = pullback(backend.from_numpy(grad)), numpy_pullback(grad)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        scale = np.sqrt(x.size) if key != "x" else 1.0
        tolerance = {"rtol": 16 * ULP[dtype], "atol": 16 * scale * ULP[dtype]}
        np.testing.assert_allclose(backend.to_numpy(found[key]), value, **tolerance)


@ten
@pytest.mark.parametrize("shape", [(4,), (2, 4), (0, 4), (2, 4, 3, 4)])
def test_autograd_is_the_pullback(
    registry: actreg.Registry, parameters: Any, name: str, config: dict[str, Any], shape: tuple[int, ...]
) -> None:
    """What `vjp` gives is what autograd gives, and its pullback can be called twice."""
    act = registry.get(name, **config)
    if len(shape) == 1 and name in ("prelu", "softmax"):
        pytest.skip("a vector has no axis 1")
    given = {key: value.requires_grad_() for key, value in parameters(act, 4).items()}
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    y = registry.apply(act, x, **given)
    grad = torch.randn_like(y)
    by_autograd = torch.autograd.grad(y, [x, *given.values()], grad)
    value, pullback = registry.vjp(act, x, **given)
    torch.testing.assert_close(value, y)
    for _ in range(2):
        found = pullback(grad)
        for got, want in zip((found["x"], *(found[key] for key in given)), by_autograd, strict=True):
            torch.testing.assert_close(got, want)


@ten
def test_inference_mode_has_derivatives_too(
    registry: actreg.Registry, parameters: Any, name: str, config: dict[str, Any]
) -> None:
    """`vjp` needs no autograd around it, in inference mode nor in no_grad."""
    act = registry.get(name, **config)
    given = parameters(act, 4)
    plain = torch.randn(3, 4, dtype=torch.float64)
    expected = registry.vjp(act, plain, **given)[1](torch.ones_like(registry.apply(act, plain, **given)))["x"]
    for mode in (torch.inference_mode, torch.no_grad):
        with mode():
            y, pullback = registry.vjp(act, plain + 0.0, **given)
            torch.testing.assert_close(pullback(torch.ones_like(y))["x"], expected)


@pytest.mark.parametrize("name", ["sigmoid", "relu", "silu", "softplus", "elu"])
def test_a_native_kernels_derivative_is_torchs(registry: actreg.Registry, name: str) -> None:
    """What is graded is what training uses, deviations included."""
    x = torch.tensor([-90.0, -17.5, -1.0, 0.0, 1.0, 17.5], requires_grad=True)
    (by_torch,) = torch.autograd.grad(registry.apply(registry.get(name), x).sum(), x)
    assert torch.equal(registry.derivative(registry.get(name), x.detach()), by_torch)


def test_a_derivative_can_be_differentiated(registry: actreg.Registry) -> None:
    """The derivative of the derivative, native and by formula."""
    for config in ({}, {"beta": 2.0}):
        act = registry.get("silu", **config)
        assert torch.autograd.gradcheck(
            lambda x, act=act: registry.derivative(act, x), (torch.randn(4, dtype=torch.float64, requires_grad=True),)
        )


@pytest.mark.parametrize("kind", [torch.Tensor, torch.nn.Parameter])
def test_subclasses_of_tensor(registry: actreg.Registry, kind: Any) -> None:
    """A Parameter is a tensor; so is a subclass from anywhere."""
    values = torch.tensor([-1.0, 2.0])
    x = kind(values) if kind is torch.nn.Parameter else values.as_subclass(type("Mine", (torch.Tensor,), {}))
    assert registry.apply(registry.get("relu"), x).tolist() == [0.0, 2.0]


@pytest.mark.parametrize("name", ["sigmoid", "prelu"])
def test_zero_dimensions(registry: actreg.Registry, parameters: Any, name: str) -> None:
    """A 0-d tensor gives a 0-d tensor, with gradients."""
    act = registry.get(name)
    x = torch.tensor(-0.5, dtype=torch.float64)
    y, pullback = registry.vjp(act, x, **parameters(act, 1))
    assert y.shape == () == pullback(torch.ones_like(y))["x"].shape


@ten
@pytest.mark.parametrize("strided", [False, True])
def test_out(registry: actreg.Registry, parameters: Any, name: str, config: dict[str, Any], strided: bool) -> None:
    """Into another tensor and, where shapes allow, into x itself: the same bits as without."""
    act = registry.get(name, **config)
    given = parameters(act, 4, "float32")
    x = torch.randn(6, 4)[::2] if strided else torch.randn(3, 4)
    expected = registry.apply(act, x, **given)
    out = torch.full((*expected.shape, 2), 7.0)[..., 0]
    assert registry.apply(act, x, out=out, **given) is out
    assert torch.equal(out, expected)
    if expected.shape == x.shape:
        assert registry.apply(act, x, out=x, **given) is x
        assert torch.equal(x, expected)


def test_columns_side_by_side_do_not_overlap(registry: actreg.Registry) -> None:
    """Disjoint views of one tensor are disjoint, although their address ranges cross."""
    whole = torch.randn(4, 6)
    expected = torch.relu(whole[:, :3])
    registry.apply(registry.get("relu"), whole[:, :3], out=whole[:, 3:])
    assert torch.equal(whole[:, 3:], expected)


BASE = torch.zeros(10)


@pytest.mark.parametrize(
    ("x", "out", "match"),
    [
        (BASE[:8], BASE[1:9], "overlaps"),
        (BASE[:4], torch.zeros(5), r"out must be a tensor of torch.float32 \(4,\)"),
        (BASE[:4], torch.zeros(4, dtype=torch.float64), "out must be"),
        (BASE[:4], np.zeros(4, np.float32), "ndarray"),
        (BASE[:4], torch.zeros(1).expand(4), "share memory"),
    ],
)
@pytest.mark.parametrize("config", [{}, {"beta": 2.0}])
def test_an_unfit_out_is_refused(registry: actreg.Registry, config: Any, x: Any, out: Any, match: str) -> None:
    """A partial overlap, another shape or dtype, no tensor, shared elements."""
    with pytest.raises(InputError, match=match):
        registry.apply(registry.get("silu", **config), x, out=out)


@pytest.mark.parametrize("name", ["relu", "softplus"])
def test_out_never_breaks_autograd(registry: actreg.Registry, name: str) -> None:
    """A leaf is not overwritten, a foreign out has no gradient; both are fine without autograd."""
    act = registry.get(name)
    x = torch.randn(4, requires_grad=True)
    for out in (x, torch.empty(4)):
        with pytest.raises(CapabilityError):
            registry.apply(act, x, out=out)
        with torch.no_grad():
            registry.apply(act, x, out=out)


def test_in_place_under_autograd(registry: actreg.Registry) -> None:
    """Where torch differentiates in place, so do we; elsewhere it is refused."""
    x = torch.randn(4, requires_grad=True)
    middle = x * 2
    registry.apply(registry.get("relu"), middle, out=middle)
    (grad,) = torch.autograd.grad(middle.sum(), x)
    assert torch.equal(grad, torch.where(x > 0, 2.0, 0.0))
    with pytest.raises(CapabilityError, match="lose its input"):
        registry.apply(registry.get("silu", beta=2.0), middle := x * 2, out=middle)


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda r: r.apply(r.get("relu"), torch.arange(3)), InputError, r"to\(torch.float32\)"),
        (lambda r: r.apply(r.get("relu"), torch.zeros(3, dtype=torch.complex64)), InputError, "complex64"),
        (lambda r: r.apply(r.get("relu"), torch.zeros(3).to_sparse()), InputError, "sparse"),
        (lambda r: r.apply(r.get("prelu"), torch.zeros(3)), InputError, "pass weight="),
        (lambda r: r.apply(r.get("prelu"), torch.zeros(3), weight=0.1), InputError, "weight must be a torch tensor"),
        (lambda r: r.apply(r.get("prelu"), torch.zeros(2, 3), weight=torch.ones(2)), InputError, "axis 1"),
        (lambda r: r.apply(r.get("relu"), torch.zeros(3), wieght=1), InputError, "no parameter"),
        (lambda r: r.apply(r.get("softmax", axis=2), torch.zeros(3)), InputError, "axis 2"),
        (lambda r: r.apply(r.get("maxout_pool"), torch.zeros(3)), InputError, "multiple of 2"),
        (lambda r: r.vjp(r.get("relu"), torch.zeros(3))[1](torch.zeros(4)), InputError, "gradient has shape"),
        (lambda r: r.vjp(r.get("silu", beta=2.0), torch.zeros(3))[1](3.0), InputError, "gradient must be"),
        (lambda r: r.apply(r.get("shaky"), torch.zeros(3), generator=3), InputError, "torch.Generator"),
    ],
)
def test_what_it_refuses(registry: actreg.Registry, call: Any, error: Any, match: str) -> None:
    """Each mistake gets an error that names it."""
    with pytest.raises(error, match=match):
        call(registry)


def test_noise(registry: actreg.Registry) -> None:
    """A generator draws, reproducibly and in its pullback too; without one there is no noise."""
    act, x = registry.get("shaky"), torch.ones(100)
    y, pullback = registry.vjp(act, x, generator=torch.Generator().manual_seed(5))
    assert torch.equal(y, registry.apply(act, x, generator=torch.Generator().manual_seed(5)))
    assert torch.equal(pullback(torch.ones(100))["x"], y)
    assert y.min() >= 0.0
    assert y.std() > 0.2
    assert torch.equal(registry.apply(act, x), torch.full((100,), 0.5))


def test_a_kernel_with_a_pullback_of_its_own() -> None:
    """It runs forward and backward; second derivatives and transforms fall back on the formula."""
    calls: list[str] = []

    def bind(act: Any, device: str, dtype: str) -> Bound:
        def forward(x: Any, out: Any = None) -> Any:
            calls.append("forward")
            y = torch.tanh(x.detach())
            return y if out is None else out.copy_(y)

        def pullback(x: Any, y: Any, grad: Any) -> dict[str, Any]:
            calls.append("pullback")
            return {"x": grad * (1 - torch.tanh(x) ** 2)}

        return Bound(forward, pullback)

    class Plugin:
        @staticmethod
        @actreg.hookimpl
        def actreg_kernels() -> list[Kernel]:
            return [Kernel(activation="tanh", backend="torch", bind=bind, provider="mine", priority=30)]

    import actreg_torch.plugin

    registry = actreg.Registry(plugins=[actreg_torch.plugin, Plugin()])
    act, x = registry.get("tanh"), torch.randn(5, dtype=torch.float64, requires_grad=True)
    (grad,) = torch.autograd.grad(registry.apply(act, x).sum(), x)
    torch.testing.assert_close(grad, 1 - torch.tanh(x.detach()) ** 2)
    assert calls == ["forward", "pullback"]
    assert type(registry.layer("tanh", backend="torch")).__name__ == "ActivationModule"
    assert torch.autograd.gradgradcheck(lambda x: registry.apply(act, x), (x,))
    torch.testing.assert_close(torch.func.vmap(lambda x: registry.apply(act, x))(x), torch.tanh(x))
    calls.clear()
    registry.derivative(act, x.detach())
    assert calls == ["forward", "pullback"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_conversion_keeps_bits(backend: Any, dtype: str) -> None:
    """NumPy to torch and back, with signed zeros, infinities and subnormals; always a copy."""
    array = np.array([1.5, -0.0, np.inf, 1e-7, -3e-5]).astype(getattr(ml_dtypes, dtype, None) or dtype)
    tensor = backend.from_numpy(array)
    assert backend.dtype_of(tensor) == dtype
    assert backend.device_of(tensor) == "cpu"
    back = backend.to_numpy(tensor)
    assert back.dtype == array.dtype
    assert back.tobytes() == array.tobytes()
    back[0] = 0.0
    tensor[1] = 7.0
    assert float(tensor[0]) == float(array[0]) == 1.5
    assert float(array[1]) == 0.0


def test_conversion_of_awkward_arrays(backend: Any) -> None:
    """Reversed, big-endian, integer and read-only arrays; a narrower dtype is reached in one rounding."""
    for array in (np.arange(3.0)[::-1], np.arange(3.0).astype(">f8"), np.arange(3)):
        assert backend.from_numpy(array).tolist() == array.tolist()
    fixed = np.ones(2)
    fixed.flags.writeable = False
    backend.from_numpy(fixed)[0] = 2.0
    assert fixed[0] == 1.0
    assert float(backend.from_numpy(np.array(1 + 2.0**-8 + 2.0**-40), dtype="bfloat16")) == 1 + 2.0**-7
    with pytest.raises(InputError, match="object"):
        backend.from_numpy(np.array([object()]))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda b: b.dtypes("gpu"), UnknownNameError, "here: cpu"),
        (lambda b: b.from_numpy(np.zeros(1), dtype="flaot32"), UnknownNameError, "did you mean 'float32'"),
        (lambda b: b.dtypes("cuda:99"), CapabilityError, "there is no device 'cuda:99'"),
        (lambda b: b.dtypes("meta"), CapabilityError, "there is no device"),
    ],
)
def test_devices_and_dtypes_that_are_not_there(backend: Any, call: Any, error: Any, match: str) -> None:
    """Unknown names get suggestions, absent devices a list of what is here."""
    with pytest.raises(error, match=match):
        call(backend)


def test_devices_and_dtypes(backend: Any) -> None:
    """The CPU comes first and has all four dtypes."""
    assert backend.devices()[0] == "cpu"
    assert backend.dtypes("cpu") == ("float16", "bfloat16", "float32", "float64")
