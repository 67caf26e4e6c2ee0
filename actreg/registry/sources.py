"""Where plugins come from: which distribution, which version, and how to get at the object.

Requirements:

- Name, distribution and version are known before anything is imported.
- The built-in plugins take the same way as all others.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any, Final

from actreg.hookspecs import PROJECT
from actreg.version import __version__


@dataclass(frozen=True, order=True)
class Origin:
    """Where a plugin comes from. module: what its entry point names, or the object's own place."""

    distribution: str
    version: str
    entry_point: str
    module: str

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".rstrip()


@dataclass(frozen=True)
class Source:
    """A plugin not yet loaded; `load` may raise anything."""

    origin: Origin
    load: Callable[[], Any] = field(compare=False)


_BUILTIN: Final = (("activations", "actreg.activations"), ("numpy", "actreg.backends.numpy"))


def builtin_sources() -> list[Source]:
    """The plugins that come with the package."""
    return [
        Source(Origin(PROJECT, __version__, name, module), partial(importlib.import_module, module))
        for name, module in _BUILTIN
    ]


def explicit_sources(plugins: Iterable[Any]) -> list[Source]:
    """Plugins given as objects: modules, instances or namespaces with hooks, or activation classes themselves."""
    return [Source(_origin_of_object(plugin), partial(_itself, plugin)) for plugin in plugins]


def session_source(plugin: Any) -> Source:
    """A class registered in a notebook."""
    module = f"{plugin.__module__}:{plugin.__qualname__}"
    return Source(Origin("session", "", plugin.__qualname__, module), partial(_itself, plugin))


def _itself(plugin: Any) -> Any:
    return plugin


def _origin_of_object(plugin: Any) -> Origin:
    if isinstance(plugin, ModuleType):
        return Origin(plugin.__name__, _version(plugin), plugin.__name__, plugin.__name__)
    kind = plugin if isinstance(plugin, type) else type(plugin)
    return Origin(kind.__qualname__, _version(plugin), kind.__qualname__, f"{kind.__module__}:{kind.__qualname__}")


def _version(plugin: Any) -> str:
    version = getattr(plugin, "__version__", "")
    return version if isinstance(version, str) else ""
