"""Formulas as torch functions: every order of derivative, every transform, ends and NaN."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from actreg_torch import formula
from actreg_torch.rounding import narrow
from torch.autograd import gradcheck, gradgradcheck

import actreg

CASES = [
    ("sigmoid", {}),
    ("tanh", {}),
    ("relu", {}),
    ("leaky_relu", {}),
    ("elu", {"alpha": 1.3}),
    ("prelu", {"num_parameters": 4}),
    ("prelu", {"num_parameters": 4, "axis": -1}),
    ("prelu", {}),
    ("softmax", {"axis": 0}),
    ("silu", {"beta": 1.5}),
    ("silu", {"trainable": True}),
    ("softplus", {"beta": 2.0}),
    ("maxout", {"units": 3}),
    ("maxout_pool", {}),
    ("maxout_pool", {"layout": "strided"}),
    ("bump", {}),
    ("test_glu", {"gate": "first"}),
    ("test_glu", {"gate": "interleaved", "axis": 1}),
    ("test_ranged", {"gate": "second"}),
    ("test_ranged", {"gate": "interleaved", "axis": 1}),
    ("test_rms", {}),
    ("shaky", {}),
    ("ramp", {}),
]
IDS = [f"{name} {config}" for name, config in CASES]
every = pytest.mark.parametrize(("name", "config"), CASES, ids=IDS)
# torch's own decomposition of forward mode still goes through torch.jit.script, which it deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")


@pytest.fixture
def function(registry: actreg.Registry, parameters: Any) -> Any:
    """An activation's formula as a function of x and its parameters, those parameters, and a point."""

    def make(name: str, config: dict[str, Any]) -> tuple[Any, tuple[torch.Tensor, ...], torch.Tensor]:
        act = registry.get(name, **config)
        given = parameters(act, 4)
        names = tuple(given)
        torch.manual_seed(1)
        x = torch.randn(3, 4, 4, dtype=torch.float64)
        return (lambda x, *rest: formula.value(act, x, dict(zip(names, rest, strict=True)))), tuple(given.values()), x

    return make


@every
def test_gradients_of_both_orders(function: Any, name: str, config: dict[str, Any]) -> None:
    """gradcheck (reverse, forward, batched) and gradgradcheck pass, by x and by every parameter."""
    call, given, x = function(name, config)
    inputs = tuple(tensor.requires_grad_() for tensor in (x, *given))
    assert gradcheck(call, inputs, check_forward_ad=True, check_batched_grad=True, check_batched_forward_grad=True)
    assert gradgradcheck(call, inputs)


@every
def test_transforms_compose(function: Any, name: str, config: dict[str, Any]) -> None:
    """jacfwd and jacrev agree, and so do all four ways to a Hessian."""
    call, given, x = function(name, config)
    x = x[:2]

    def value(x: torch.Tensor) -> torch.Tensor:
        return call(x, *given)

    def loss(x: torch.Tensor) -> torch.Tensor:
        return (value(x) ** 2).sum()

    forward, reverse = torch.func.jacfwd, torch.func.jacrev
    torch.testing.assert_close(forward(value)(x), reverse(value)(x))
    hessian = torch.func.hessian(loss)(x)
    for outer, inner in ((reverse, reverse), (reverse, forward), (forward, forward)):
        torch.testing.assert_close(outer(inner(loss))(x), hessian)


@every
def test_vmap_is_a_loop(function: Any, name: str, config: dict[str, Any]) -> None:
    """vmap over an extra axis gives what a loop gives, with gradients."""
    call, given, x = function(name, config)
    batch = torch.stack([x, x + 0.3, -x])
    torch.testing.assert_close(
        torch.func.vmap(lambda x: call(x, *given))(batch), torch.stack([call(x, *given) for x in batch])
    )
    slope = torch.func.grad(lambda x: call(x, *given).sum())
    torch.testing.assert_close(torch.func.vmap(slope)(batch), torch.stack([slope(x) for x in batch]))


@every
@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_rounded_once(
    registry: actreg.Registry, parameters: Any, name: str, config: dict[str, Any], dtype: str
) -> None:
    """Narrow inputs give the float64 result rounded once, values and gradients; dtypes stay."""
    act = registry.get(name, **config)
    kind = getattr(torch, dtype)
    torch.manual_seed(2)
    x = (3.0 * torch.randn(3, 4, 4)).to(kind).requires_grad_()
    given = {key: value.requires_grad_() for key, value in parameters(act, 4, dtype).items()}
    wide_x = x.detach().double().requires_grad_()
    wide = {key: value.detach().double().requires_grad_() for key, value in given.items()}
    y, wide_y = formula.value(act, x, given), formula.value(act, wide_x, wide)
    assert y.dtype == kind
    assert torch.equal(y, narrow(wide_y, kind))
    grad = torch.randn(y.shape).to(kind)
    found = torch.autograd.grad(y, [x, *given.values()], grad)
    expected = torch.autograd.grad(wide_y, [wide_x, *wide.values()], grad.double())
    for got, want in zip(found, expected, strict=True):
        assert torch.equal(got, narrow(want, kind))


@pytest.mark.parametrize(
    ("name", "config", "first", "second"),
    [
        ("silu", {"beta": 2.0}, (0.0, 1.0), (0.0, 0.0)),
        ("sigmoid", {}, (0.0, 0.0), (0.0, 0.0)),
        ("softplus", {}, (0.0, 1.0), (0.0, 0.0)),
        ("elu", {}, (0.0, 1.0), (0.0, 0.0)),
        ("tanh", {}, (0.0, 0.0), (0.0, 0.0)),
    ],
)
def test_ends_and_nan(name: str, config: dict[str, Any], first: Any, second: Any) -> None:
    """At ±inf both orders have their limits, where autograd of a formula has NaN; NaN gives NaN."""
    act = actreg.get(name, **config)
    x = torch.tensor([-math.inf, math.inf, math.nan], requires_grad=True)
    (slope,) = torch.autograd.grad(formula.value(act, x, {}).sum(), x, create_graph=True)
    (bend,) = torch.autograd.grad(slope[:2].sum(), x, retain_graph=True)
    assert tuple(slope[:2].tolist()) == first
    assert tuple(bend[:2].tolist()) == second
    assert torch.isnan(slope[2])
    (whole,) = torch.autograd.grad(slope.sum(), x)
    assert torch.isnan(whole[2])


def test_only_x_is_saved() -> None:
    """The graph of a formula keeps x itself and nothing else."""
    x = torch.randn(1000, requires_grad=True)
    saved: list[torch.Tensor] = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: (saved.append(t), t)[1], lambda t: t):
        formula.value(actreg.get("silu", beta=2.0), x, {})
    assert [tensor.data_ptr() for tensor in saved] == [x.data_ptr()]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_layout_changes_no_bit(layout: torch.memory_format) -> None:
    """The same values in another order of memory give the same bits."""
    x = torch.randn(2, 3, 4, 5)
    act = actreg.get("silu", beta=2.0)
    assert torch.equal(formula.value(act, x.contiguous(memory_format=layout), {}), formula.value(act, x, {}))
