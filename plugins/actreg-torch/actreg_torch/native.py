"""torch's own functions and modules for activations, bound to a configuration.

Requirements:

- Differentiated by torch: what is graded is what is used.
- `out` is x itself where torch has the function in place, and a tensor of its own otherwise; whether either is sound
  under autograd was checked before.
- The module that a layer gets is the canonical one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from actreg import Bound

Tensor = torch.Tensor
_ATEN = torch.ops.aten


@dataclass(frozen=True)
class Native(Bound):
    """A kernel that is torch's own. module(shape of the parameters, in place) -> the canonical torch.nn module."""

    module: Callable[[dict[str, tuple[int, ...]], bool], nn.Module] = field(default=nn.Identity)


def native(act: Any) -> Native:
    """torch's function for `act`, whose mathematics is known to be the same."""
    return _MAKERS[act.info.name](act)


def _with_out(function: Callable[..., Tensor], into: Callable[..., Any], inplace: Any = None) -> Callable[..., Tensor]:
    """forward(x, out): `function` of x, `into` a tensor, or `inplace` where out is x."""

    def forward(x: Tensor, out: Tensor | None = None) -> Tensor:
        if out is None:
            return function(x)
        if out is not x:
            into(x, out)
        elif inplace is not None:
            inplace(x)
        else:
            x.copy_(function(x))
        return out

    return forward


def _sigmoid(act: Any) -> Native:
    forward = _with_out(torch.sigmoid, lambda x, out: torch.sigmoid(x, out=out), torch.sigmoid_)
    return Native(forward, module=lambda shapes, inplace: nn.Sigmoid())


def _tanh(act: Any) -> Native:
    forward = _with_out(torch.tanh, lambda x, out: torch.tanh(x, out=out), torch.tanh_)
    return Native(forward, module=lambda shapes, inplace: nn.Tanh())


def _relu(act: Any) -> Native:
    forward = _with_out(torch.relu, lambda x, out: _ATEN.relu.out(x, out=out), torch.relu_)
    return Native(forward, module=lambda shapes, inplace: nn.ReLU(inplace))


def _leaky_relu(act: Any) -> Native:
    slope = act.negative_slope
    forward = _with_out(
        lambda x: functional.leaky_relu(x, slope),
        lambda x, out: _ATEN.leaky_relu.out(x, slope, out=out),
        lambda x: functional.leaky_relu_(x, slope),
    )
    return Native(forward, module=lambda shapes, inplace: nn.LeakyReLU(slope, inplace))


def _elu(act: Any) -> Native:
    alpha = act.alpha
    forward = _with_out(
        lambda x: functional.elu(x, alpha),
        lambda x, out: _ATEN.elu.out(x, alpha, out=out),
        lambda x: functional.elu_(x, alpha),
    )
    return Native(forward, module=lambda shapes, inplace: nn.ELU(alpha))


def _softmax(act: Any) -> Native:
    axis = act.axis
    forward = _with_out(lambda x: torch.softmax(x, axis), lambda x, out: torch.softmax(x, axis, out=out))
    return Native(forward, module=lambda shapes, inplace: nn.Softmax(axis))


def _silu(act: Any) -> Native:
    forward = _with_out(functional.silu, lambda x, out: _ATEN.silu.out(x, out=out))
    return Native(forward, module=lambda shapes, inplace: nn.SiLU())


def _softplus(act: Any) -> Native:
    beta, threshold = act.beta, act.threshold
    forward = _with_out(
        lambda x: functional.softplus(x, beta, threshold),
        lambda x, out: _ATEN.softplus.out(x, beta, threshold, out=out),
    )
    return Native(forward, module=lambda shapes, inplace: nn.Softplus(beta, threshold))


def _celu(act: Any) -> Native:
    alpha = act.alpha
    forward = _with_out(
        lambda x: functional.celu(x, alpha),
        lambda x, out: _ATEN.celu.out(x, alpha, out=out),
        lambda x: functional.celu_(x, alpha),
    )
    return Native(forward, module=lambda shapes, inplace: nn.CELU(alpha))


def _selu(act: Any) -> Native:
    forward = _with_out(functional.selu, lambda x, out: out.copy_(functional.selu(x)), functional.selu_)
    return Native(forward, module=lambda shapes, inplace: nn.SELU())


def _gelu(act: Any) -> Native:
    form = act.approximate
    forward = _with_out(
        lambda x: functional.gelu(x, approximate=form),
        lambda x, out: _ATEN.gelu.out(x, approximate=form, out=out),
    )
    return Native(forward, module=lambda shapes, inplace: nn.GELU(form))


def _mish(act: Any) -> Native:
    forward = _with_out(functional.mish, lambda x, out: _ATEN.mish.out(x, out=out))
    return Native(forward, module=lambda shapes, inplace: nn.Mish())


def _log_sigmoid(act: Any) -> Native:
    forward = _with_out(functional.logsigmoid, lambda x, out: _ATEN.log_sigmoid.out(x, out=out))
    return Native(forward, module=lambda shapes, inplace: nn.LogSigmoid())


def _softsign(act: Any) -> Native:
    forward = _with_out(functional.softsign, lambda x, out: out.copy_(functional.softsign(x)))
    return Native(forward, module=lambda shapes, inplace: nn.Softsign())


def _tanh_shrink(act: Any) -> Native:
    forward = _with_out(functional.tanhshrink, lambda x, out: out.copy_(functional.tanhshrink(x)))
    return Native(forward, module=lambda shapes, inplace: nn.Tanhshrink())


def _hard_swish(act: Any) -> Native:
    forward = _with_out(functional.hardswish, lambda x, out: _ATEN.hardswish.out(x, out=out))
    return Native(forward, module=lambda shapes, inplace: nn.Hardswish())


def _identity(act: Any) -> Native:
    # The module hands its input on, as people expect of torch; a function's result is its own.
    forward = _with_out(torch.clone, lambda x, out: out.copy_(x))
    return Native(forward, module=lambda shapes, inplace: nn.Identity())


def _log_softmax(act: Any) -> Native:
    axis = act.axis
    forward = _with_out(lambda x: torch.log_softmax(x, axis), lambda x, out: torch.log_softmax(x, axis, out=out))
    return Native(forward, module=lambda shapes, inplace: nn.LogSoftmax(axis))


def _prelu(act: Any) -> Native:
    init = act.init

    def forward(x: Tensor, out: Tensor | None = None, *, weight: Tensor) -> Tensor:
        y = functional.prelu(x, weight.to(x.dtype).reshape(-1))
        return y if out is None else out.copy_(y)

    return Native(forward, module=lambda shapes, inplace: nn.PReLU(shapes["weight"][0], init, device="meta"))


_MAKERS: dict[str, Callable[[Any], Native]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "elu": _elu,
    "prelu": _prelu,
    "softmax": _softmax,
    "silu": _silu,
    "softplus": _softplus,
    "celu": _celu,
    "selu": _selu,
    "gelu": _gelu,
    "mish": _mish,
    "log_sigmoid": _log_sigmoid,
    "softsign": _softsign,
    "tanh_shrink": _tanh_shrink,
    "hard_swish": _hard_swish,
    "identity": _identity,
    "log_softmax": _log_softmax,
}
