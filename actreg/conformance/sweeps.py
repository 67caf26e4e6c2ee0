"""Sweeps: the largest error over a million inputs and more, across all exponents of a dtype.

Requirements:

- 16-bit formats are swept whole; of float32 every k-th bit pattern, so that all exponents are met alike. Nothing
  wider sweeps float64, which is measured at hard points against arbitrary precision.
- The truth is the exhaustive sweeps', and its own error is part of the result.
- Memory stays bounded: blocks, not the whole sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from actreg.conformance import tolerance
from actreg.conformance.cases import Case
from actreg.conformance.exhaustive import truth
from actreg.conformance.exhaustive.certify import certify
from actreg.conformance.exhaustive.hard import hard
from actreg.conformance.exhaustive.measure import Job, Unit, function_of, measured
from actreg.conformance.exhaustive.results import number
from actreg.conformance.subject import Subject
from actreg.formula.initial import initial_values

_CERTIFIED: Final = 500
"""Hard points at which the truth is measured, beside the table's."""


@dataclass(frozen=True)
class SweepRow:
    """The largest error of one function on one backend in one dtype and direction, and where.

    worst_input: NaN where every result is the nearest number. reference_ulp: the largest error of the sweep's own
    truth, in ulp of float32; 0 where that is arbitrary precision.
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
    """Sweeps the named functions (all of one variable by default), value and derivative.

    points: how many inputs of a wide dtype; 16-bit dtypes are swept whole. Raises CapabilityError for a function
    without a fast truth. Needs mpmath or gmpy2.
    """
    if registry is None:
        from actreg.registry import default_registry

        registry = default_registry()
    chosen = list(names) or sorted({*truth.FORMULAS} & {*registry.names()})
    wanted = [(name, backend, dtype) for name in chosen for backend in backends for dtype in dtypes]
    rows: list[SweepRow] = []
    for done, (name, backend, dtype) in enumerate(wanted, 1):
        truth.check(name)
        act, library = registry.get(name), registry.backend(backend)
        case = Case(act, {}, initial_values(act, 1, 0))
        rows += _sweep(Subject(case, registry, backend, library.devices()[0], dtype), points)
        if progress is not None:
            progress(done, len(wanted))
    return rows


def _sweep(s: Subject, points: int) -> Iterator[SweepRow]:
    if s.dtype == "float64":
        yield from _hard(s, points)
        return
    job = Job(s.case.name, (), s.backend, s.dtype)
    # An odd stride, so that the last bits of the significand vary.
    step = 1 if s.fmt.precision <= 11 else max(1, job.size // points) | 1
    job = Job(*(job.activation, job.config, job.backend, job.dtype), step)
    part = measured(Unit(job, 0, job.size), s.act, function_of(s))
    certificate = certify(s.case, _CERTIFIED)
    for direction, tally in (("value", part.value), ("derivative", part.derivative)):
        worst = number(tally.worst_bits, s.dtype)
        good = float("inf") if tally.not_nan else tally.max_ulp
        yield _row(s, direction, job.size, good, worst, getattr(certificate, f"{direction}_ulp"))


def _hard(s: Subject, points: int) -> Iterator[SweepRow]:
    found = hard(s, points)
    for direction, side in (("value", found.value), ("derivative", found.derivative)):
        yield _row(s, direction, side.points, side.max_ulp, float.fromhex(side.max_input), 0.0)


def _row(s: Subject, direction: str, points: int, error: float, worst: float | None, reference: float) -> SweepRow:
    return SweepRow(
        activation=str(s.case),
        backend=s.backend,
        dtype=s.dtype,
        direction=direction,
        points=points,
        max_ulp=error,
        grade=tolerance.grade(error),
        worst_input_hex="" if worst is None else worst.hex(),
        worst_input=float("nan") if worst is None else worst,
        reference_ulp=reference,
    )
