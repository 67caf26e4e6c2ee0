"""The slot through which an activation finds its backend.

An instance is called as ``act(x)``, yet imports point down: contracts know no registry. So the default registry is put
into this slot: by itself when it is imported, and until then by the package's ``__init__``, as something that imports
it. Whoever wants another one calls `Registry.apply` itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

Pullback = Callable[[Any], dict[str, Any]]


class Host(Protocol):
    """What an activation needs of a registry."""

    def backend(self, name: str, /) -> Any:
        """The backend of that name."""

    def backend_of(self, x: Any) -> Any:
        """The backend that owns an array."""

    def blame(self, act: Any, error: Exception, /) -> None:
        """Adds to an error that came out of an activation which distribution that is from."""


class _Slot:
    provider: Callable[[], Host] | None = None


def install(provider: Callable[[], Host]) -> None:
    """Fills the slot; called by the package and by its default registry alone."""
    _Slot.provider = provider


def host() -> Host:
    """The installed host."""
    if _Slot.provider is None:
        raise RuntimeError("no registry is installed: import actreg, not its parts")
    return _Slot.provider()


def backend_named(name: str) -> Any:
    """The installed host's backend of that name; what a pickled backend becomes."""
    return host().backend(name)
