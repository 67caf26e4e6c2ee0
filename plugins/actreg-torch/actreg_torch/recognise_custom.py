"""Modules that people wrote themselves: which of our activations they compute, found by trying them.

Requirements:

- Only what cannot be anything else is tried: no parameters, buffers or children, one tensor in, the same shape out,
  each element by itself, and no straight line (a dropout in evaluation is the identity).
- A match is a claim about the whole real line: it is compared over [-12, 12] in double, to the precision of the
  constants that people copy from papers.
- Trying changes nothing: the module's attributes and random numbers are as before.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import torch
from torch import nn

from actreg import ActregError, Find
from actreg_torch.recognise import KNOWN, MODULES, Recognised
from actreg_torch.sites_state import unchanged

CANDIDATES: Final = (
    *({name: {}} for name in (known.name for known in KNOWN.values())),
    *({name: {}} for name in ("gelu_tanh", "gelu_quick", "relu_squared", "swish", "laplace", "sine")),
    {"gelu": {"approximate": "tanh"}},
    {"leaky_relu": {"negative_slope": 0.1}},
    {"leaky_relu": {"negative_slope": 0.2}},
)
"""What is tried, the first match counts."""

CLOSE: Final = 1e-6
"""How far a match may be off, of max(1, |y|): people write sqrt(2/pi) to eight digits."""


def custom(module: nn.Module, find: Find) -> Recognised | None:
    """What an elementwise module of somebody's own computes; nameless where it is none of ours; None for others."""
    if type(module) in MODULES or type(module).__module__.startswith("torch.") or not _plain(module):
        return None
    x = torch.linspace(-12.0, 12.0, 97, dtype=torch.float64)
    with unchanged(module), torch.no_grad():
        y = _tried(module, x)
        if y is None or not _elementwise(module, x, y):
            return None
    name = type(module).__name__
    for config in CANDIDATES:
        try:
            act = find(config)
            same = act.kind == "elementwise" and not act.parameters() and _close(act(x), y)
        except ActregError:
            continue
        if same:
            return Recognised(name, act.info.name, act.model_dump(), act)
    return Recognised(name, "", {}, None)


def _plain(module: nn.Module) -> bool:
    if (
        any(True for _ in module.children())
        or any(True for _ in module.parameters())
        or any(True for _ in module.buffers())
    ):
        return False
    if isinstance(module, torch.jit.ScriptModule):
        return False
    wanted = [p for p in inspect.signature(module.forward).parameters.values() if p.default is p.empty]
    return len(wanted) == 1 and wanted[0].kind in (wanted[0].POSITIONAL_ONLY, wanted[0].POSITIONAL_OR_KEYWORD)


def _tried(module: nn.Module, x: torch.Tensor) -> torch.Tensor | None:
    try:
        y: Any = module.forward(x.clone())
    except Exception:  # whatever somebody's code raises: it is no activation of one vector
        return None
    fits = isinstance(y, torch.Tensor) and y.shape == x.shape and y.dtype == x.dtype
    return y if fits and bool(torch.isfinite(y).all()) else None


def _elementwise(module: nn.Module, x: torch.Tensor, y: torch.Tensor) -> bool:
    turned = _tried(module, x.flip(0))
    if turned is None or not torch.equal(turned.flip(0), y):
        return False
    bend = torch.diff(y, n=2).abs().max()
    return bool(bend > 1e-9)


def _close(a: torch.Tensor, b: torch.Tensor) -> bool:
    return bool(((a - b).abs() <= CLOSE * b.abs().clamp(min=1.0)).all())
