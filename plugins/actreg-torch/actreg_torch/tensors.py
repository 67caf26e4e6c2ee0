"""What the torch backend takes: checks of inputs, parameters, gradients and `out`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from actreg import Activation, CapabilityError, InputError
from actreg_torch.overlap import overlap, same_elements
from actreg_torch.rounding import DTYPES, NAMES


def check_tensor(act: Activation, name: str, tensor: Any, device: torch.device | None = None) -> torch.Tensor:
    """A tensor of a floating-point dtype that the backend takes, on `device`; InputError otherwise."""
    if not isinstance(tensor, torch.Tensor):
        raise InputError(f"{act.info.name}: {name} must be a torch tensor like x, not {type(tensor).__name__}")
    if tensor.dtype not in NAMES or tensor.layout != torch.strided:
        given = tensor.dtype if tensor.layout == torch.strided else tensor.layout
        raise InputError(
            f"{act.info.name}: {name} must be a dense floating-point tensor ({', '.join(DTYPES)}), not {given};"
            f" convert it first: {name}.to(torch.float32)"
        )
    if device is not None and tensor.device != device:
        raise InputError(
            f"{act.info.name}: {name} is on {tensor.device}, x on {device}; move it first: {name}.to({str(device)!r})"
        )
    return tensor


def check_gradient(act: Activation, grad: Any, y: torch.Tensor) -> torch.Tensor:
    """The incoming gradient, of y's shape; InputError otherwise."""
    checked = check_tensor(act, "the gradient", grad, y.device)
    if checked.shape != y.shape:
        raise InputError(f"{act.info.name}: the gradient has shape {tuple(grad.shape)}, the output {tuple(y.shape)}")
    return checked


def check_out(act: Activation, x: torch.Tensor, shape: tuple[int, ...], out: Any) -> None:
    """Refuses an `out` that is neither x itself nor a disjoint tensor of the result's form; InputError."""
    if not isinstance(out, torch.Tensor) or tuple(out.shape) != shape or (out.dtype, out.device) != (x.dtype, x.device):
        is_tensor = isinstance(out, torch.Tensor)
        given = f"{out.dtype} {tuple(out.shape)} on {out.device}" if is_tensor else type(out).__name__
        raise InputError(f"{act.info.name}: out must be a tensor of {x.dtype} {shape} on {x.device}, not {given}")
    if any(stride == 0 and size > 1 for size, stride in zip(out.shape, out.stride(), strict=True)):
        raise InputError(f"{act.info.name}: elements of out share memory")
    if not same_elements(out, x) and overlap(out, x):
        raise InputError(f"{act.info.name}: out overlaps x without being x; copy x first")


def check_differentiable(
    act: Activation, x: torch.Tensor, others: Iterable[torch.Tensor], out: torch.Tensor, *, keeps_gradient: bool
) -> None:
    """Refuses an `out` that would break autograd; CapabilityError.

    keeps_gradient: torch differentiates the function in place.
    """
    if not torch.is_grad_enabled():
        return
    name = act.info.name
    if same_elements(out, x):
        if x.requires_grad and x.is_leaf:
            raise CapabilityError(f"{name} can't overwrite a leaf that requires a gradient: use torch.no_grad()")
        if (x.requires_grad and not (keeps_gradient and out is x)) or any(other.requires_grad for other in others):
            raise CapabilityError(f"{name} can't run in place where a gradient is wanted: it would lose its input")
    elif any(tensor.requires_grad for tensor in (x, out, *others)):
        raise CapabilityError(f"{name} into out= has no gradient: use torch.no_grad(), or no out")
