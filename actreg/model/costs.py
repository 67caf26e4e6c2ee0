"""Multiply-adds of a node: the products of matrices in it, for one sample.

Elementwise work, biases, normalisation and pooling are not counted, as is usual in papers (M. Tan, Q. Le, 2019,
arXiv:1905.11946; A. Howard et al., 2019, arXiv:1905.02244).
"""

from __future__ import annotations

import math

from actreg.contracts.kinds import Projection
from actreg.contracts.plan import Node
from actreg.model.kinds import KINDS, Shape


def multiply_adds(node: Node, before: Shape) -> int:
    """Those of one sample; `before` is the shape of the node's first input, without the batch axis."""
    if node.kind in KINDS:
        return KINDS[node.kind].multiply_adds(node.options, before, node.shape)
    if isinstance(node.activation, Projection):
        # Its affine maps take every vector of features once.
        weights = sum(math.prod(spec.shape) for spec in node.parameters if spec.name == "weight")
        return math.prod(before[:-1]) * weights
    return 0
