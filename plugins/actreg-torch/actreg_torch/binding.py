"""An activation bound to a device and a dtype: the kernel that won, or the formula; what a call runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from actreg import Activation, Bound, InputError, KernelFinder, Pullback, checks, interpret
from actreg_torch import formula
from actreg_torch.kernelled import run_kernel
from actreg_torch.native import Native
from actreg_torch.noise import draw
from actreg_torch.rounding import NAMES
from actreg_torch.tensors import check_differentiable, check_gradient, check_out, check_tensor

Tensor = torch.Tensor
Extras = dict[str, Tensor]
IN_PLACE = frozenset({"sigmoid", "tanh", "relu", "leaky_relu", "elu"})
"""Activations that torch differentiates in place."""


def bind(act: Activation, place: tuple[torch.device, torch.dtype], kernels: KernelFinder) -> BoundActivation:
    """Finds the kernel once, so that a call looks nothing up."""
    device, dtype = place
    name = NAMES.get(dtype)
    return BoundActivation(act, kernels(act, str(device), name) if name else None)


class BoundActivation:
    """What `TorchBackend` calls; one for each configuration, device and dtype."""

    def __init__(self, act: Activation, kernel: Bound | None) -> None:
        self.act: Any = act
        self.kernel: Any = kernel
        self.declared = act.parameters()
        self.native = isinstance(kernel, Native) or (kernel is not None and kernel.pullback is None)
        self.direct = self.native and not self.declared and act.kind == "elementwise"

    def apply(self, x: Tensor, parameters: Mapping[str, Any], out: Any, generator: Any) -> Tensor:
        """The value of x, differentiable."""
        if self.direct and out is None and not parameters and x.layout is torch.strided:
            return self.kernel.forward(x)  # type: ignore[no-any-return]
        extras = self._prepare(x, parameters, generator)
        if out is None:
            return self._value(x, extras)
        check_out(self.act, x, self._shape(x), out)
        keeps = self.native and self.act.info.name in IN_PLACE
        check_differentiable(self.act, x, extras.values(), out, keeps_gradient=keeps)
        return self._into(x, extras, out)

    def derivative(self, x: Tensor, parameters: Mapping[str, Any]) -> Tensor:
        """The derivative at x; of a native kernel, torch's own."""
        extras = self._prepare(x, parameters, None)
        if self.kernel is None:
            return formula.derivative(self.act, x, extras)
        y, pullback = self._kernel_vjp(x, extras)
        slope: Tensor = pullback(torch.ones_like(y))["x"]
        return slope

    def vjp(self, x: Tensor, parameters: Mapping[str, Any], generator: Any) -> tuple[Tensor, Pullback]:
        """The value of x and its pullback, which may be called again and again."""
        extras = self._prepare(x, parameters, generator)
        if self.kernel is not None:
            y, inner = self._kernel_vjp(x, extras)
            return y, lambda grad: inner(check_gradient(self.act, grad, y).to(y.dtype))
        y = self._value(x, extras)
        return y, lambda grad: formula.pullback(self.act, x, check_gradient(self.act, grad, y), extras)

    def _value(self, x: Tensor, extras: Extras) -> Tensor:
        if self.kernel is None:
            return formula.value(self.act, x, extras)
        if self.native:
            return self.kernel.forward(x, None, **extras)  # type: ignore[no-any-return]
        return run_kernel(self.act, self.kernel, x, extras)

    def _into(self, x: Tensor, extras: Extras, out: Tensor) -> Tensor:
        if self.kernel is not None:
            self.kernel.forward(x, out, **extras)
            return out
        with torch.no_grad():
            return out.copy_(formula.value(self.act, x, extras))

    def _kernel_vjp(self, x: Tensor, extras: Extras) -> tuple[Tensor, Pullback]:
        if not self.native:
            y = self._value(x, extras)
            return y, lambda grad: dict(self.kernel.pullback(x, y, grad, **extras))
        names = tuple(extras)
        tensors = [_trackable(tensor) for tensor in (x, *extras.values())]

        def forward(x: Tensor, *rest: Tensor) -> Tensor:
            return self.kernel.forward(x, None, **dict(zip(names, rest, strict=True)))  # type: ignore[no-any-return]

        with torch.inference_mode(False):
            found: Any = torch.func.vjp(forward, *tensors)
            y, pull = found

        def pullback(grad: Tensor) -> dict[str, Tensor]:
            with torch.inference_mode(False):
                return dict(zip(("x", *names), pull(_trackable(grad)), strict=True))

        return y, pullback

    def _prepare(self, x: Any, parameters: Mapping[str, Any], generator: Any) -> Extras:
        check_tensor(self.act, "x", x)
        checks.check_parameters(self.act, self.declared, parameters)
        checks.check_axis(self.act, tuple(x.shape))
        extras = {name: check_tensor(self.act, name, value, x.device) for name, value in parameters.items()}
        checks.check_shapes(self.act, self.declared, extras, tuple(x.shape))
        if self.act.kind == "elementwise":
            for name, value in extras.items():
                shapes = tuple(value.shape), tuple(x.shape)
                interpret.spread_shape(self.act, name, self.declared[name], *shapes)
        if generator is not None and self.act.noise() is not None:
            if not isinstance(generator, torch.Generator):
                raise InputError(
                    f"{self.act.info.name}: generator must be a torch.Generator, not {type(generator).__name__}"
                )
            extras[interpret.NOISE] = draw(self.act, x, generator)
        return extras

    def _shape(self, x: Tensor) -> tuple[int, ...]:
        shape = list(x.shape)
        if self.act.kind not in ("elementwise", "axiswise"):
            axis = -1 if self.act.kind == "projection" else self.act.axis
            shape[axis] = shape[axis] // 2 if self.act.kind == "gated" else self.act.output_size(shape[axis])
        return tuple(shape)


def _trackable(tensor: Tensor) -> Tensor:
    """The tensor, or a copy of one made in inference mode, which autograd does not follow."""
    if not tensor.is_inference():
        return tensor
    with torch.inference_mode(False):
        return tensor.clone()
