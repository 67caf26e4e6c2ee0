"""Activations as torch modules.

Requirements:

- The canonical module wherever torch's own kernel won; any other kernel, and the formula, in a module of ours.
- A module of ours copies, pickles, moves, compiles and exports as any other; its parameters have the declared names.
- In place only where the derivative survives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

from actreg import Activation, Backend, CapabilityError, ConfigError, FieldProblem, checks, initial, interpret
from actreg_torch import formula
from actreg_torch.convert import find_device, find_dtype, from_numpy
from actreg_torch.native import Native
from actreg_torch.noise import draw

Shapes = dict[str, tuple[int, ...]]


class ActivationModule(nn.Module):
    """An activation that owns its parameters.

    activation: the instance. inplace: the input may be overwritten; it is not where autograd still needs it. A
    stochastic activation draws in training mode, from torch's own generator or the one it is called with.
    """

    def __init__(self, backend: Backend, act: Activation, shapes: Shapes, *, inplace: bool = False) -> None:
        super().__init__()
        self._backend = backend
        self.activation = act
        self.inplace = inplace
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape, device="meta")))

    def forward(self, x: torch.Tensor, *, generator: torch.Generator | None = None) -> torch.Tensor:
        """The activation of x."""
        act: Any = self.activation
        extras: dict[str, torch.Tensor] = dict(self.named_parameters(recurse=False))
        if torch.compiler.is_compiling() or (self.training and act.noise() is not None):
            checks.check_axis(act, tuple(x.shape))
            if self.training and act.noise() is not None:
                extras[interpret.NOISE] = draw(act, x, generator)
            return formula.value(act, x, extras)
        tracked = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in (x, *extras.values()))
        y: torch.Tensor = self._backend.apply(act, x, extras, out=x if self.inplace and not tracked else None)
        return y

    def extra_repr(self) -> str:
        """Name and options."""
        options = [f"{name}={value!r}" for name, value in self.activation.model_dump().items()]
        return ", ".join([self.activation.info.name, *options, *(["inplace=True"] if self.inplace else [])])


def make_layer(
    backend: Backend,
    act: Activation,
    *,
    features: int | None = None,
    device: str | None = None,
    dtype: str = "float32",
    seed: int = 0,
    inplace: bool = False,
) -> nn.Module:
    """What `TorchBackend.layer` gives."""
    place = find_device(device)
    chosen = find_dtype(dtype, place)
    try:
        values = initial.initial_values(act, features, seed)
    except ValueError as error:
        raise ConfigError(act.info.name, [FieldProblem("features", str(error))]) from None
    shapes = {name: value.shape for name, value in values.items()}
    module = activation_module(backend, act, shapes, place, dtype, inplace=inplace)
    fill(module, values, place, chosen)
    return module


def activation_module(
    backend: Backend, act: Activation, shapes: Shapes, device: torch.device, dtype: str, *, inplace: bool
) -> nn.Module:
    """The module for an activation, its parameters without memory yet; CapabilityError for an unsound `inplace`."""
    if inplace and not act.laws().derivative_from_output:
        raise CapabilityError(f"{act.info.name} can't run in place: its derivative is lost with its input")
    kernel = backend.kernels(act, str(device), str(dtype).removeprefix("torch."))
    if isinstance(kernel, Native):
        return kernel.module(shapes, inplace)
    return ActivationModule(backend, act, shapes, inplace=inplace)


def fill(
    module: nn.Module, values: Mapping[str, np.ndarray[Any, Any]], device: torch.device, dtype: torch.dtype
) -> None:
    """Gives a module's own parameters and buffers memory and values."""
    for name, value in values.items():
        tensor = from_numpy(value, device, dtype)
        if name in module._parameters:
            module._parameters[name] = nn.Parameter(tensor)
        else:
            module._buffers[name] = tensor
