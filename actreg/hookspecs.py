"""The hooks that a plugin implements. One pluggy project, ``actreg``; the entry-point group has the same name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from actreg.contracts.activation import Activation
    from actreg.contracts.backend import Backend
    from actreg.contracts.info import Alias
    from actreg.contracts.kernel import Kernel

PROJECT = "actreg"
API = 1
"""The version of this interface. A plugin may say ``api = 1``; without, it means 1."""
OLDEST_API = 1
"""The oldest version that is still spoken."""
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def actreg_activations() -> Iterable[type[Activation]]:  # type: ignore[empty-body]
    """The activation classes that this plugin provides."""


@hookspec
def actreg_aliases() -> Iterable[Alias]:  # type: ignore[empty-body]
    """Names for activations, this plugin's or others'."""


@hookspec
def actreg_backends() -> Iterable[type[Backend]]:  # type: ignore[empty-body]
    """The backend classes that this plugin provides; constructed when first asked for."""


@hookspec
def actreg_kernels() -> Iterable[Kernel]:  # type: ignore[empty-body]
    """Implementations of activations on backends."""
