"""The table of layer kinds that are one node each: every family's rows by name.

Requirements:

- One table, so that the reader, the planner, the schema and the documentation know the same layers.
"""

from __future__ import annotations

from typing import Final

from actreg.model.families import conv, dense, norm, pool, shape, tokens
from actreg.model.families.base import Fitted, LayerKind, Misfit, Shape

__all__ = ["FAMILIES", "KINDS", "Fitted", "LayerKind", "Misfit", "Shape"]

FAMILIES: Final = {
    "affine": dense.KINDS,
    "convolution": conv.KINDS,
    "pooling": pool.KINDS,
    "normalisation and dropout": norm.KINDS,
    "tokens": tokens.KINDS,
    "shape": shape.KINDS,
}
"""The rows of every family, in the order in which documents list them."""

KINDS: Final[dict[str, LayerKind]] = {kind.name: kind for family in FAMILIES.values() for kind in family}
"""Every kind of layer that stands for one node of a plan; containers and activations are read apart."""
