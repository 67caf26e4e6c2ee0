"""From installed plugins to an immutable catalogue, and from a name to an activation."""

from __future__ import annotations

from actreg.registry.catalogue import Claim, Resolution
from actreg.registry.default import default_registry, register, reset
from actreg.registry.explain import Explanation
from actreg.registry.plugin import Plugin
from actreg.registry.registry import Registry
from actreg.registry.sources import Origin

__all__ = [
    "Claim",
    "Explanation",
    "Origin",
    "Plugin",
    "Registry",
    "Resolution",
    "default_registry",
    "register",
    "reset",
]
