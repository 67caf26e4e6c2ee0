"""The entry point: what this distribution gives to actreg. Importing it loads no torch."""

from __future__ import annotations

from actreg import Backend, Kernel, hookimpl
from actreg_torch.backend import TorchBackend
from actreg_torch.kernels import KERNELS


@hookimpl
def actreg_backends() -> list[type[Backend]]:
    """torch, on the CPU, CUDA and whatever else it finds."""
    return [TorchBackend]


@hookimpl
def actreg_kernels() -> list[Kernel]:
    """torch's own functions, where they are the same mathematics."""
    return list(KERNELS)
