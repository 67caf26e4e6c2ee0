"""Initial values of parameters: the same on every backend, from a seed and a name.

Requirements:

- Independent of the order in which parameters are made, of the backend and of the dtype: every parameter has a
  counter-based generator (J. Salmon et al., 2011, doi:10.1145/2063384.2063405) keyed by seed and name, and is drawn
  in float64.
- NumPy, the common currency of backends, is imported when something is drawn.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from actreg.contracts.activation import Activation
from actreg.contracts.param import Constant, Normal, Uniform

if TYPE_CHECKING:
    import numpy as np


def draw(
    name: str, shape: tuple[int, ...], init: Constant | Uniform | Normal, seed: int, features: int | None = None
) -> np.ndarray:
    """A float64 array of `shape`, drawn for the parameter `name` under `seed`."""
    import numpy as np

    if isinstance(init, Constant):
        return np.full(shape, init.value)
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    generator = np.random.Generator(np.random.Philox(key=int.from_bytes(digest[:16], "little")))
    if isinstance(init, Normal):
        return init.std * generator.standard_normal(shape)
    bound = init.bound(features)
    return generator.uniform(-bound, bound, shape)


def initial_values(act: Activation, features: int | None, seed: int) -> dict[str, np.ndarray]:
    """The initial parameters of one activation, in float64; ValueError where `features` is needed and missing."""
    return {
        name: draw(name, param.sized(features), param.init, seed, features) for name, param in act.parameters().items()
    }
