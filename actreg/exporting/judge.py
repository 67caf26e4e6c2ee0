"""What an exported file computes, against our own reference.

Requirements:

- An activation is judged in ulp of float32 at edge values, against the NumPy backend, whose own grade the conformance
  suite proves (0.51 ulp): two that are both right differ by one at most.
- Zeros of another sign are counted and told, and are no failure: ONNX leaves them open for Relu, Max and Where.
- A network is judged in ulp of its output's scale against NumPy in float64: rounding adds up along its layers, so the
  yardstick is the error of our own float32 network on the same inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]
MOST: Final = 1.0
"""ulp between two values that are each within 0.51 of the truth."""

FACTOR: Final = 4.0
"""How many times the error of our own float32 network an exported one may have: a runtime sums in another order."""


@dataclass(frozen=True)
class Finding:
    """How far one thing is off. subject: an activation with its options, or ``network``; worst, limit: in ulp;
    x, got, want: at the worst place; points: how many values were compared; signs: how many zeros have the other sign.
    """

    subject: str
    worst: float
    limit: float
    x: float | None
    got: float
    want: float
    points: int
    signs: int = 0

    @property
    def exact(self) -> bool:
        """Whether it is within its limit."""
        return self.worst <= self.limit

    def to_json(self) -> dict[str, Any]:
        """Plain data; numbers that JSON has not are text."""
        return {name: _written(value) for name, value in [*vars(self).items(), ("exact", self.exact)]}

    def __str__(self) -> str:
        at = (
            f" at x = {self.x!r}: {self.got!r}, not {self.want!r}" if self.x is not None else f" (limit {self.limit:g})"
        )
        return f"{self.subject}: {self.worst:g} ulp{at if not self.exact else ''} over {self.points} values"


def activation(subject: str, x: Array, got: Array, want: Array) -> Finding:
    """An activation's values. x, got, want: float32."""
    distance = ulp_between(got, want)
    signs = int(np.sum((got == 0) & (want == 0) & (np.signbit(got) != np.signbit(want))))
    worst = int(np.argmax(distance)) if distance.size else 0
    place = float(x.reshape(-1)[worst]) if x.shape == want.shape else None
    flat = got.reshape(-1), want.reshape(-1)
    values = float(flat[0][worst]), float(flat[1][worst])
    return Finding(subject, float(distance.reshape(-1)[worst]), MOST, place, *values, want.size, signs)


def network(pairs: Mapping[str, tuple[Array, Array, Array]]) -> list[Finding]:
    """A network's outputs, by kind of input: (exported, our own in float32, our own in float64)."""
    found = []
    for subject, (got, own, want) in pairs.items():
        with np.errstate(invalid="ignore"):
            error, yardstick = (_apart(part.astype(np.float64), want) for part in (got, own))
        finite = np.abs(want[np.isfinite(want)])
        unit = float(np.spacing(np.float32(np.max(finite)))) if finite.size else 1.0
        worst = int(np.argmax(error)) if np.isfinite(error).all() else int(np.argmax(~np.isfinite(error)))
        size = float(error.reshape(-1)[worst])
        limit = FACTOR * max(float(np.max(yardstick[np.isfinite(yardstick)], initial=0.0)) / unit, 1.0)
        worst_ulp = size / unit if np.isfinite(size) else float("inf")
        values = float(got.reshape(-1)[worst]), float(want.reshape(-1)[worst])
        found.append(Finding(subject, worst_ulp, limit, None, *values, want.size))
    return found


def _apart(a: Array, b: Array) -> Array:
    """The distance; none between equal infinities or two NaN."""
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    return np.asarray(np.where(same, 0.0, np.abs(a - b)))


def ulp_between(a: Array, b: Array) -> Array:
    """How many float32 lie between; infinite where one is NaN or infinite and the other is not the same."""
    steps = np.abs(_order(a) - _order(b)).astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    odd = ~np.isfinite(a) | ~np.isfinite(b)
    return np.asarray(np.where(same, 0.0, np.where(odd, np.inf, steps)))


def _written(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def _order(x: Array) -> Array:
    bits = np.ascontiguousarray(x, dtype=np.float32).view(np.int32).astype(np.int64)
    return np.asarray(np.where(bits < 0, -(bits & 0x7FFFFFFF), bits))
