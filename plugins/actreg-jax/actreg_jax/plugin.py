"""The entry point: what this distribution gives to actreg. Importing it loads no JAX."""

from __future__ import annotations

from actreg import Backend, hookimpl
from actreg_jax.backend import JaxBackend

api = 1


@hookimpl
def actreg_backends() -> list[type[Backend]]:
    """JAX, on whatever devices it finds."""
    return [JaxBackend]
