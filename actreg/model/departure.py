"""How far two arrays that should be the same depart from each other, a sample at a time.

The unit is the *ULP of a layer's scale*: ``eps(dtype) · max|a|`` over one sample's output of the layer, `a` being the
reference's, and no less than the median of that over the samples. Elements are not measured in units of their own: a
sum whose terms cancel has no right digits of its own on any backend, yet is as exact as its terms are large.

What is allowed (`allowed`) is measured rather than guessed, in the same unit:

    4 · depth  +  16 · wobble

- *depth* is the number of nodes on the longest way to the layer. Each may be off by two ULP of its scale on either
  backend: kernels that are graded `tight` reach that at their largest values.
- *wobble* is what the reference itself moves by when every weight and every input is moved by one ULP, up or down at
  random: the largest of three such runs, and no less than its median over the samples. It says how ill-conditioned the
  layer is for the sample, rounding included. Two right backends add the same terms in different orders, whose errors
  are such movements: n terms in one chain err by about sqrt(n) of them, in n/256 interleaved ones by less, and 16 is
  the square root of 256.

A slope, a branch or an epsilon that is wrong departs by thousands of ULP and more in float32; a mistake below what the
dtype resolves (tanh-GELU in bfloat16) does not show: verify in float64.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from actreg.contracts.plan import INPUT, Plan
from actreg.model.probes import machine

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

PER_NODE: Final = 4.0
"""ULP of scale that each node on the way may add to the departure."""

PER_WOBBLE: Final = 16.0
"""How many times the reference's own movement two backends may differ by."""


@dataclass(frozen=True)
class Worst:
    """The sample that departs most for what it is allowed. ulp, allowed: in ULP of the layer's scale."""

    ulp: float
    allowed: float
    sample: int

    @property
    def ok(self) -> bool:
        """Whether even that is allowed."""
        return self.ulp <= self.allowed


def depths(plan: Plan) -> dict[str, int]:
    """The number of nodes on the longest way from the input to each node, itself counted."""
    found = {INPUT: 0}
    for node in plan.nodes:
        found[node.name] = 1 + max((found[name] for name in node.inputs), default=0)
    return found


def distance(a: Array, b: Array) -> Array:
    """max|a - b| of each sample; infinite where they differ in what is not finite."""
    import numpy as np

    left, right = _flat(a), _flat(b)
    with np.errstate(all="ignore"):
        gap = np.abs(left - right)
        same = (left == right) | (np.isnan(left) & np.isnan(right))
        gap = np.where(same, 0.0, np.where(np.isfinite(gap), gap, np.inf))
    return np.asarray(gap.max(axis=1, initial=0.0))


def sizes(a: Array) -> Array:
    """max|a| of each sample over its finite elements."""
    import numpy as np

    size = np.abs(_flat(a))
    return np.asarray(np.where(np.isfinite(size), size, 0.0).max(axis=1, initial=0.0))


def units(size: Array, dtype: str) -> Array:
    """One ULP of scale for each sample; at least the smallest subnormal. size: the samples' `sizes`."""
    import numpy as np

    facts = machine(dtype)
    scale = np.maximum(size, np.median(size))
    return np.asarray(float(facts.eps) * np.maximum(scale, float(facts.smallest_normal)))


def allowances(unit: Array, depth: int, wobble: Array) -> Array:
    """The distance that each sample is allowed. wobble: how far the reference moved, the largest of its runs."""
    import numpy as np

    finite = np.where(np.isfinite(wobble), wobble, 0.0)
    return np.asarray(PER_NODE * depth * unit + PER_WOBBLE * np.maximum(finite, np.median(finite)))


def worst(distances: Array, allowed: Array, unit: Array) -> Worst:
    """The worst sample of a layer."""
    import numpy as np

    index = int(np.argmax(distances / allowed))
    return Worst(float(distances[index] / unit[index]), float(allowed[index] / unit[index]), index)


def _flat(array: Array) -> Array:
    import numpy as np

    wide: Array = array.astype(np.float64)
    return wide.reshape(len(array), -1)
