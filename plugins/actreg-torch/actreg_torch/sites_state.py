"""Running a model as if it had not been run.

Requirements:

- Evaluation mode, no gradients, random numbers of its own; afterwards modes, buffers, attributes, hooks and generators
  are what they were, whatever the model's forward did.
- The example survives: a model that works in place gets copies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

_TABLES = ("_parameters", "_buffers", "_modules")


@contextmanager
def unchanged(model: nn.Module, *, training: bool = False) -> Iterator[None]:
    """The model in one mode; afterwards everything as it was."""
    modes = [(module, module.training) for module in model.modules()]
    # The state of a torch.jit module is out of reach but for its mode.
    modules = [module for module, _ in modes if not isinstance(module, torch.jit.ScriptModule)]
    attributes = [(module, dict(module.__dict__)) for module in modules]
    tables = [(module, name, dict(module.__dict__[name])) for module in modules for name in _TABLES]
    values = [(buffer, buffer.clone()) for buffer in model.buffers()]
    devices = sorted({tensor.device.index for tensor in model.parameters() if tensor.device.type == "cuda"})
    try:
        with torch.random.fork_rng(devices=devices):
            model.train(training)
            yield
    finally:
        for module, before in attributes:
            module.__dict__.clear()
            module.__dict__.update(before)
        for module, name, table in tables:
            module.__dict__[name].clear()
            module.__dict__[name].update(table)
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, value in values:
                buffer.copy_(value)


def call(model: nn.Module, example: Any) -> Any:
    """The model of an example: a tensor, a tuple of arguments or a mapping of keyword arguments; all copied."""
    copied = _copied(example)
    if isinstance(copied, Mapping):
        return model(**copied)
    return model(*copied) if isinstance(copied, tuple) else model(copied)


def _copied(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        return type(value)(_copied(item) for item in value)
    if isinstance(value, Mapping):
        return {key: _copied(item) for key, item in value.items()}
    return value
