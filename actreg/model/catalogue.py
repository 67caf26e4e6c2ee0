"""What a spec's reader needs of a registry, and where the default one comes from.

Requirements:

- Any registry will do: an explicit one makes tests and embedding independent of what is installed.
- Each name is looked up once, however often a spec uses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from actreg.contracts.activation import Activation
from actreg.contracts.names import normalise
from actreg.errors import ActregError


class Catalogue(Protocol):
    """The part of a registry that specs use."""

    def names(self) -> list[str]:
        """The canonical names of all activations."""

    def find(self, name: str, /) -> type[Activation]:
        """The class behind a name or an alias; raises a LookupError of ours."""

    def get(self, spec: Mapping[str, Mapping[str, Any]], /) -> Activation:
        """The instance that ``{name: {option: value}}`` asks for; raises ConfigError."""


class Lookups:
    """The answers of one registry, kept while one spec is read. prefer: normalised name → distribution, the spec's."""

    def __init__(self, registry: Catalogue) -> None:
        self.registry = registry
        self.prefer: dict[str, str] = {}
        self._found: dict[str, type[Activation] | ActregError] = {}
        self._names: list[str] | None = None

    def find(self, name: str) -> type[Activation] | ActregError:
        """The class behind a name, or the error that says why there is none."""
        if name not in self._found:
            try:
                self._found[name] = self.registry.find(self._chosen(name))
            except ActregError as error:
                self._found[name] = error
        return self._found[name]

    def known(self, name: str) -> bool:
        """Whether a name leads to an activation."""
        return isinstance(self.find(name), type)

    def get(self, name: str, options: Mapping[str, Any]) -> Activation:
        """The instance of a name with options; raises ConfigError."""
        return self.registry.get({self._chosen(name): options})

    def _chosen(self, name: str) -> str:
        owner = self.prefer.get(normalise(name)) if self.prefer and "@" not in name else None
        return f"{name}@{owner}" if owner is not None else name

    def names(self) -> list[str]:
        """The canonical names of all activations."""
        if self._names is None:
            self._names = list(self.registry.names())
        return self._names


def default_catalogue() -> Catalogue:
    """The default registry, imported when first needed."""
    from actreg.registry import default_registry

    registry: Catalogue = default_registry()
    return registry
