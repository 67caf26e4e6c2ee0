"""The NumPy backend: a plugin like any other, and the embedded default. Importing this loads no array library."""

from __future__ import annotations

from actreg.backends.numpy.backend import NumpyBackend
from actreg.backends.numpy.kernels import KERNELS
from actreg.contracts.backend import Backend
from actreg.contracts.kernel import Kernel
from actreg.hookspecs import hookimpl


@hookimpl
def actreg_backends() -> list[type[Backend]]:
    """NumPy, on the CPU."""
    return [NumpyBackend]


@hookimpl
def actreg_kernels() -> list[Kernel]:
    """Activations that need no wider arithmetic and so no blocks."""
    return list(KERNELS)
