"""Sweeps: the largest error over a million inputs and more, across all exponents of a dtype.

Requirements:

- 16-bit formats are swept whole; of float32 and float64 every k-th bit pattern, so that all exponents are met alike.
- The truth comes from formulas in a wider type, whose own error against mpmath's tables is part of the result.
- Memory stays bounded: chunks, not the whole sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from actreg.conformance import fast, tolerance, ulp
from actreg.conformance.cases import Case
from actreg.conformance.exact import from_longdouble
from actreg.conformance.formats import Array, Format
from actreg.conformance.subject import Subject
from actreg.conformance.tables import PointTable
from actreg.errors import CapabilityError

CHUNK: Final = 1 << 17
_DIRECTIONS: Final = ("value", "derivative")


@dataclass(frozen=True)
class SweepRow:
    """The largest error of one function on one backend in one dtype and direction, and where.

    reference_ulp: the largest error of the sweep's own truth, measured at the table's points.
    """

    activation: str
    backend: str
    dtype: str
    direction: str
    points: int
    max_ulp: float
    grade: str
    worst_input_hex: str
    worst_input: float
    reference_ulp: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.activation} on {self.backend} in {self.dtype}, {self.direction}: {self.max_ulp:.4f} ulp"
            f" at {self.worst_input_hex} over {self.points} points (reference good to {self.reference_ulp:.2g} ulp)"
        )


def sweep(
    names: Sequence[str] = (),
    points: int = 1_000_000,
    backends: Sequence[str] = ("numpy",),
    dtypes: Sequence[str] = ("float32",),
    registry: Any = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[SweepRow]:
    """Sweeps the named functions (all that have a fast truth by default), value and derivative.

    points: how many inputs of a wide dtype; 16-bit dtypes are swept whole. Raises CapabilityError where this machine
    has no type wider than float64, or for a function without a fast truth.
    """
    if fast.spare_bits() < 10:
        raise CapabilityError("a sweep needs a long double wider than float64; this machine has none: use check()")
    if registry is None:
        from actreg.registry import default_registry

        registry = default_registry()
    wanted = [(n, b, d, k) for n in names or fast.FORMULAS for b in backends for d in dtypes for k in (0, 1)]
    rows = []
    for done, (name, backend, dtype, order) in enumerate(wanted, 1):
        if name not in fast.FORMULAS:
            raise CapabilityError(f"{name} has no fast truth; use check(), or one of {', '.join(fast.FORMULAS)}")
        library = registry.backend(backend)
        case = Case(registry.get(name), {})
        rows.append(_sweep(Subject(case, registry, backend, library.devices()[0], dtype), order, points))
        if progress is not None:
            progress(done, len(wanted))
    return rows


def inputs(fmt: Format, points: int) -> Iterator[Array]:
    """Chunks of finite inputs, as float64: all of a 16-bit format, every k-th bit pattern of a wider one."""
    if fmt.precision <= 11:
        yield _finite(fmt.every())
        return
    word = np.uint32 if fmt.name == "float32" else np.uint64
    total = 1 << (8 * np.dtype(word).itemsize)
    # An odd stride, so that the last bits of the significand vary.
    stride = max(1, total // points) | 1
    count = total // stride
    for start in range(0, count, CHUNK):
        place = np.arange(start, min(start + CHUNK, count), dtype=np.uint64)
        yield _finite((place * np.uint64(stride)).astype(word).view(fmt.dtype))


def _sweep(s: Subject, order: int, points: int) -> SweepRow:
    worst, where, seen = -1.0, 0.0, 0
    for x in inputs(s.fmt, points):
        got = s.derivative(x) if order else s.value(x)
        errors = ulp.error(got, from_longdouble(fast.evaluate(s.act, x, order)), s.fmt)
        place = int(np.argmax(errors))
        seen += len(x)
        if errors[place] > worst:
            worst, where = float(errors[place]), float(x[place])
    return SweepRow(
        activation=str(s.case),
        backend=s.backend,
        dtype=s.dtype,
        direction=_DIRECTIONS[order],
        points=seen,
        max_ulp=worst,
        grade=tolerance.grade(worst),
        worst_input_hex=where.hex(),
        worst_input=where,
        reference_ulp=reference_error(s, order),
    )


def reference_error(s: Subject, order: int) -> float:
    """The largest error of the fast truth at the table's points, in ulp of the dtype."""
    assert isinstance(s.table, PointTable)
    rows = s.table.within(s.dtype) & np.isfinite(s.table.inputs)
    truth = s.table.columns[_DIRECTIONS[order]][rows]
    ours = from_longdouble(fast.evaluate(s.act, s.table.inputs[rows], order))
    shift = np.clip(truth.exponent - ulp.unit_exponent(truth, s.fmt), -2000, 200).astype(np.int32)
    apart = np.clip(ours.exponent - truth.exponent, -2000, 200).astype(np.int32)
    off = (np.ldexp(ours.hi, apart) - truth.hi) + (np.ldexp(ours.lo, apart) - truth.lo)
    # Beyond the format's largest number both are infinite, whatever they are.
    inside = np.abs(truth.as_float()) <= s.fmt.largest
    return float(np.max(np.abs(np.ldexp(off, shift))[inside], initial=0.0))


def _finite(x: Array) -> Array:
    with np.errstate(all="ignore"):
        wide = x.astype(np.float64)
    return wide[np.isfinite(wide)]
