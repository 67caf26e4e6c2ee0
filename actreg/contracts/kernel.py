"""The contract of a kernel: a hand-written or vendor's implementation of one activation on one backend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.names import CANONICAL
from actreg.errors import DefinitionError


@dataclass(frozen=True)
class Bound:
    """A kernel bound to one activation, device and dtype.

    forward(x, out, **parameters) -> y; `out` is None, x itself, or disjoint from x.
    pullback(x, y, grad, **parameters) -> {"x": …, and each parameter}; None where the library itself
    differentiates `forward`.
    """

    forward: Callable[..., Any]
    pullback: Callable[..., dict[str, Any]] | None = None


@dataclass(frozen=True)
class Kernel:
    """A declaration: who could do this work, and how to get it done.

    activation: canonical name. backend: its name. bind(activation, device, dtype) -> Bound, or None to decline this
    configuration. provider: what it is, for listings (``torch.nn.functional.silu``). devices, dtypes: where it
    applies; None is everywhere. priority: the highest wins; equal priorities are an error.
    vendor: the mathematics is a library's own, so its listed deviations apply. of: the distribution whose activation
    it implements, since another one's of the same name is other mathematics; None is the kernel's own distribution
    where that has the name, and actreg otherwise.
    """

    activation: str
    backend: str
    bind: Callable[[Activation, str, str], Bound | None]
    provider: str
    devices: frozenset[str] | None = None
    dtypes: frozenset[str] | None = None
    priority: int = 10
    vendor: bool = False
    of: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.activation, str) or not CANONICAL.fullmatch(self.activation):
            raise DefinitionError(f"a kernel names its activation canonically, not {self.activation!r}")
        if not callable(self.bind):
            raise DefinitionError(f"kernel {self.provider!r}: bind must be callable")

    def applies(self, device: str, dtype: str) -> bool:
        """Whether it claims this device and dtype; ``cuda:1`` is a ``cuda``."""
        if self.devices is not None and device.partition(":")[0] not in self.devices:
            return False
        return self.dtypes is None or dtype in self.dtypes
