"""The unit of work: one function over a range of bit patterns, value and derivative in one pass.

Requirements:

- A unit is small, frozen and picklable, so that any `concurrent.futures.Executor` can run it, in a process or on
  another machine where actreg and the same plugins are installed; its result is a handful of numbers.
- Memory is bounded by a block, whatever the range.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import process_time
from typing import Any, Final

import numpy as np

from actreg.conformance.cases import Case
from actreg.conformance.exhaustive import truth
from actreg.conformance.exhaustive.tally import Tally, tally
from actreg.conformance.formats import FORMATS, Array, Format
from actreg.conformance.subject import Subject
from actreg.formula.initial import initial_values

BLOCK: Final = 1 << 14
"""Elements in which truth is computed: its temporaries stay in the second-level cache."""
CALL: Final = 1 << 17
"""Elements that a backend gets at once."""

Function = Callable[[Array], tuple[Array, Array]]
"""From an array of the dtype to value and derivative, arrays of the same dtype."""


@dataclass(frozen=True)
class Job:
    """What is swept: a function of one variable on a backend in a dtype. config: sorted pairs. step: 1 for every bit
    pattern, k for every k-th; odd, so that the last bits vary."""

    activation: str
    config: tuple[tuple[str, Any], ...] = ()
    backend: str = "numpy"
    dtype: str = "float32"
    step: int = 1

    def __str__(self) -> str:
        options = ", ".join(f"{name}={value!r}" for name, value in self.config)
        return f"{self.activation}{f'({options})' if options else ''} on {self.backend} in {self.dtype}"

    @property
    def size(self) -> int:
        """How many bit patterns there are to go through."""
        return -(-(1 << (8 * FORMATS[self.dtype].dtype.itemsize)) // self.step)


@dataclass(frozen=True)
class Unit:
    """The job's bit patterns number start to stop, that one excluded."""

    job: Job
    start: int
    stop: int


@dataclass(frozen=True)
class Part:
    """What a unit found. seconds: processor time."""

    start: int
    stop: int
    value: Tally = field(default_factory=Tally)
    derivative: Tally = field(default_factory=Tally)
    seconds: float = 0.0

    def merge(self, other: Part) -> Part:
        """Two ranges that meet."""
        return Part(
            min(self.start, other.start),
            max(self.stop, other.stop),
            self.value.merge(other.value),
            self.derivative.merge(other.derivative),
            self.seconds + other.seconds,
        )


def measure(unit: Unit) -> Part:
    """Runs a unit in this process, with the activations and backends that are installed here."""
    subject = subject_of(unit.job)
    return measured(unit, subject.act, function_of(subject))


def measured(unit: Unit, act: Any, function: Function) -> Part:
    """Runs a unit on any function that claims to be `act`."""
    began = process_time()
    fmt = FORMATS[unit.job.dtype]
    value, slope = Tally(), Tally()
    for start in range(unit.start, unit.stop, CALL):
        x = patterns(fmt, start, min(start + CALL, unit.stop), unit.job.step)
        y, d = function(x)
        for place in range(0, len(x), BLOCK):
            block = slice(place, place + BLOCK)
            true, true_slope = truth.evaluate(act, _wide(x[block]))
            value = value.merge(tally(x[block], y[block], true, fmt, value=True))
            slope = slope.merge(tally(x[block], d[block], true_slope, fmt, value=False))
    return Part(unit.start, unit.stop, value, slope, process_time() - began)


def _wide(x: Array) -> Array:
    # A signalling NaN is an input like any other.
    with np.errstate(invalid="ignore"):
        return x.astype(np.float64)


def patterns(fmt: Format, start: int, stop: int, step: int = 1) -> Array:
    """The numbers whose bit patterns are start·step to (stop - 1)·step."""
    word = np.dtype(f"u{fmt.dtype.itemsize}")
    return (np.arange(start, stop, dtype=np.uint64) * np.uint64(step)).astype(word).view(fmt.dtype)


def subject_of(job: Job) -> Subject:
    """The job's function on its backend, from the installed plugins."""
    from actreg.registry import default_registry

    registry = default_registry()
    act = registry.get(job.activation, **dict(job.config))
    library = registry.backend(job.backend)
    case = Case(act, dict(job.config), initial_values(act, 1, 0))
    return Subject(case, registry, job.backend, library.devices()[0], job.dtype)


def function_of(s: Subject) -> Function:
    """Value and derivative of a subject, from an array of its dtype."""

    def function(x: Array) -> tuple[Array, Array]:
        native = s.library.from_numpy(x, device=s.device)
        return s.back(s.native_value(native)), s.back(s.library.derivative(s.act, native, s.parameters))

    return function
