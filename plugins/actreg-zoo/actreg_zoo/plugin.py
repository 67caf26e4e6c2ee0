"""The entry point: what this distribution gives to actreg. Importing it loads no array library."""

from __future__ import annotations

from actreg import Activation, hookimpl
from actreg_zoo import ACTIVATIONS

api = 1


@hookimpl
def actreg_activations() -> list[type[Activation]]:
    """All of them."""
    return list(ACTIVATIONS)
