"""The namespace: complete, stable at the ends, bound to its dtype, differentiable."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import pytest
import torch
from actreg_torch.namespace import TorchNamespace

from actreg.contracts.namespace import ALONG_AXES, ELEMENTWISE

XP = TorchNamespace(torch.float64, torch.device("cpu"))
INF = math.inf


def t(*values: float) -> torch.Tensor:
    """A float64 vector."""
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("name", [*ELEMENTWISE, *ALONG_AXES])
def test_it_has_every_operation(name: str) -> None:
    """Whatever a formula may use is there."""
    assert callable(getattr(XP, name))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda: XP.sigmoid(t(-INF, 0.0, INF)), [0.0, 0.5, 1.0]),
        (lambda: XP.sigmoid_pair(t(-INF, 0.0, INF))[1], [0.0, 0.25, 0.0]),
        (lambda: XP.tanh_pair(t(-INF, 0.0, INF))[1], [0.0, 1.0, 0.0]),
        (lambda: XP.atan(t(-INF, -0.0, 1.0, INF)), [-math.pi / 2, -0.0, math.pi / 4, math.pi / 2]),
        (lambda: XP.softplus(t(-INF, 0.0, INF)), [0.0, math.log(2.0), INF]),
        (lambda: XP.normal_pair(t(-INF, 0.0, INF))[0], [0.0, 0.5, 1.0]),
        (lambda: XP.normal_pair(t(-INF, INF))[1], [0.0, 0.0]),
        (lambda: XP.gate(t(-INF, INF), t(0.0, 0.0)), [-0.0, 0.0]),
        (lambda: XP.gate(t(-INF, 3.0), 0.0), [-0.0, 0.0]),
        (lambda: XP.gate(t(-INF, 3.0), 2.0), [-INF, 6.0]),
        (lambda: XP.maximum(t(1.0, math.nan, 2.0), t(2.0, 0.0, math.nan)), [2.0, math.nan, math.nan]),
        (lambda: XP.minimum(t(1.0, math.nan, 2.0), 1.5), [1.0, math.nan, 1.5]),
        (lambda: XP.sign(t(-2.0, 0.0, math.nan)), [-1.0, 0.0, math.nan]),
        (lambda: XP.where(t(1.0, -1.0) > 0, 0.1, 0.2), [0.1, 0.2]),
        (lambda: XP.max(t(), axis=-1), [-INF]),
        (lambda: XP.sum(t(1.0, 2.0)), [3.0]),
        (lambda: XP.cumsum(t(1.0, 2.0)), [1.0, 3.0]),
        (lambda: XP.flip(t(1.0, 2.0)), [2.0, 1.0]),
        (lambda: XP.sort(t(2.0, 1.0)), [1.0, 2.0]),
        (lambda: XP.concat([t(1.0), t(2.0)]), [1.0, 2.0]),
    ],
)
def test_values(call: Any, expected: list[float]) -> None:
    """Values at the ends, on ties and of constants; signs of zeros count, and nothing is rounded to float32."""
    got = call()
    assert got.dtype == torch.float64
    want = t(*expected)
    assert torch.equal(torch.signbit(got), torch.signbit(want)) or math.nan in expected or torch.isnan(want).any()
    torch.testing.assert_close(got, want, rtol=1e-15, atol=0.0, equal_nan=True)


@pytest.mark.parametrize("values", [[1.0, 3.0, 3.0], [math.nan, 1.0, math.nan], [-INF, -INF, -INF], [INF, 1.0, INF]])
def test_pick_max_takes_the_first_winner(values: list[float]) -> None:
    """Value and mask agree; on ties the first wins, and a NaN wins over all."""
    x = t(*values)
    top, won = XP.pick_max(x)
    first = next(i for i, v in enumerate(values) if v == max(values) or math.isnan(v))
    assert won.tolist() == [i == first for i in range(3)]
    torch.testing.assert_close(top, x[first], equal_nan=True)


@pytest.mark.parametrize("x", [-800.0, -30.0, -1.0, 0.0, 0.5, 40.0])
@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("sigmoid", lambda x: 1 / (1 + mpmath.exp(-x))),
        ("softplus", lambda x: mpmath.log1p(mpmath.exp(x))),
        ("tanh", mpmath.tanh),
    ],
)
def test_autograd_agrees_with_the_truth(name: str, truth: Any, x: float) -> None:
    """Differentiated by torch, the primitives are right at 0 and in the tails too."""
    point = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(getattr(XP, name)(point), point)
    with mpmath.workdps(800):
        true = float(mpmath.diff(truth, mpmath.mpf(x)))
    # torch's own tanh has the slope 1 - y², which cancels.
    assert float(slope) == pytest.approx(true, rel=1e-9, abs=1e-15 if name == "tanh" else 1e-300)
