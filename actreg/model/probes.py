"""Inputs and weights on which backends are compared: the same on every machine, from a fixed seed.

Requirements:

- Random samples, and samples at the edges: zeros of both signs, the smallest normal and subnormal numbers, ±1, ±20 and
  ±100, each filling a sample, and all of them mixed. Every value is finite, and no sum of products of them overflows a
  half precision by itself.
- Where the network reads token ids, the inputs are ids within its vocabulary.
- Initial weights that are equal by construction (ones, zeros) are spread, so that swapped channels, a forgotten bias
  and forgotten running statistics show.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

from actreg.contracts.param import Constant
from actreg.contracts.plan import Plan
from actreg.model.initial import initial_weights

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

EDGES: Final = (0.0, -0.0, 1.0, -1.0, 20.0, -20.0, 100.0, -100.0)
"""Edges beside those that depend on the dtype."""

SPREAD: Final = 0.25
"""How far, relative to itself and to one half, a weight that starts as a constant is spread."""


def machine(dtype: str) -> Any:
    """The facts of a floating-point dtype, half precisions included: eps, smallest_normal, …"""
    import ml_dtypes

    return ml_dtypes.finfo(dtype)  # type: ignore[no-untyped-call]


def samples(plan: Plan, dtype: str, random: int, seed: int) -> Array:
    """Samples of shape (n, *plan.input_shape): `random` random ones, then those at the edges.

    In the dtype, or where the network reads token ids int64, the first and the last id being the edges.
    """
    import numpy as np

    generator = _generator(seed, "samples")
    shape = tuple(plan.input_shape)
    if plan.vocabulary is not None:
        ids = generator.integers(0, plan.vocabulary, (random, *shape))
        return np.concatenate([ids, np.zeros((1, *shape), np.int64), np.full((1, *shape), plan.vocabulary - 1)])
    facts = machine(dtype)
    tiny = float(facts.smallest_normal)
    edges = np.array([*EDGES, tiny, -tiny, tiny / 4])
    drawn = generator.standard_normal((random, *shape))
    filled = np.broadcast_to(edges.reshape(-1, *(1 for _ in shape)), (len(edges), *shape))
    mixed = generator.choice(edges, (1, *shape))
    return np.concatenate([drawn, filled, mixed]).astype(numpy_dtype(dtype))


def spread_weights(plan: Plan, dtype: str, seed: int | None = None) -> dict[str, Array]:
    """Initial weights in a dtype, where every one that starts as a constant is moved; positive ones stay positive."""
    found = initial_weights(plan, seed=seed)
    for name, spec in plan.parameters():
        if isinstance(spec.init, Constant):
            # One sign for both terms: a variance stays above zero, a slope of zero becomes a small one.
            noise = _generator(seed or 0, name).uniform(-SPREAD, SPREAD, spec.shape)
            found[name] = found[name] * (1 + noise) + noise / 2
    return {name: array.astype(numpy_dtype(dtype)) for name, array in found.items()}


def moved(array: Array, seed: int, name: str) -> Array:
    """The array with every element moved by one ULP of its size, up or down at random."""
    import numpy as np

    signs = _generator(seed, name).choice(np.array([-1.0, 1.0]), array.shape)
    eps = float(machine(array.dtype.name).eps)
    wide: Array = array.astype(np.float64)
    with np.errstate(over="ignore"):
        result: Array = (wide * (1 + eps * signs)).astype(array.dtype)
    return result


def _generator(seed: int, name: str) -> Any:
    import numpy as np

    digest = hashlib.sha256(f"verify:{seed}:{name}".encode()).digest()
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))


def numpy_dtype(dtype: str) -> Any:
    """The NumPy dtype of that name, ml_dtypes' for bfloat16."""
    import ml_dtypes
    import numpy as np

    return np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
