"""Kernels that bring a pullback of their own, under autograd.

Requirements:

- The kernel runs on the plain path, forward and backward; where a transform (vmap, forward mode, a second derivative, a
  compiler) needs more than it can give, the formula takes over.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.autograd import Function

from actreg_torch import formula

Tensor = torch.Tensor


class Kernelled(Function):
    """A kernel's forward and pullback."""

    @staticmethod
    def forward(act: Any, kernel: Any, names: tuple[str, ...], x: Tensor, *extras: Tensor) -> Any:
        """The kernel's value."""
        return kernel.forward(x, None, **dict(zip(names, extras, strict=True)))

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
        """Saves x, the parameters and the output."""
        ctx.act, ctx.kernel, ctx.names, x, *extras = inputs
        ctx.save_for_backward(x, *extras, output)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """The kernel's pullback; the formula's where it must be differentiated again."""
        x, *extras, y = ctx.saved_tensors
        named = dict(zip(ctx.names, extras, strict=True))
        if torch.is_grad_enabled():
            found = formula.pullback(ctx.act, x, grads[0], named)
        else:
            found = ctx.kernel.pullback(x, y, grads[0], **named)
        return (None, None, None, *(found.get(name) for name in ("x", *ctx.names)))


def run_kernel(act: Any, kernel: Any, x: Tensor, extras: Mapping[str, Tensor]) -> Tensor:
    """The kernel's value, differentiable."""
    if torch.compiler.is_compiling() or _transformed((x, *extras.values())):
        return formula.value(act, x, extras)
    return Kernelled.apply(act, kernel, tuple(extras), x, *extras.values())  # type: ignore[no-any-return, no-untyped-call]


def _transformed(tensors: tuple[Tensor, ...]) -> bool:
    """Whether a transform of `torch.func`, or forward mode, holds any of the tensors."""
    functorch = torch._C._functorch
    if functorch.peek_interpreter_stack() is not None:
        return True
    unpack: Any = torch.autograd.forward_ad.unpack_dual
    return any(unpack(tensor).tangent is not None for tensor in tensors)
