"""The noise of stochastic activations."""

from __future__ import annotations

from typing import Any

import torch

from actreg import InputError

_NARROW = (torch.float16, torch.bfloat16)


def draw(act: Any, x: torch.Tensor, generator: torch.Generator | None) -> torch.Tensor:
    """Uniform or normal noise of x's shape, in float32 or wider; from torch's own generator where none is given."""
    dtype = torch.float32 if x.dtype in _NARROW else x.dtype
    if generator is not None and generator.device.type != x.device.type:
        raise InputError(f"{act.info.name}: the generator is on {generator.device}, x on {x.device}")
    make = torch.rand if act.noise() == "uniform" else torch.randn
    return make(x.shape, generator=generator, dtype=dtype, device=x.device)
