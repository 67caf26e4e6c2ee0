"""How far backends are from each other: the largest distance of two results at the same inputs, for every pair.

Requirements:

- Whoever moves a model from one backend to another learns what changes, whether or not either keeps its tolerance.
- Distances are in ulp of the larger of both results, at all finite inputs of the table, or of a sample of lines; a NaN
  against a number, or infinities of different signs, are infinitely far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from actreg.conformance import ulp
from actreg.conformance.exact import from_floats
from actreg.conformance.formats import Array
from actreg.conformance.plan import cells
from actreg.conformance.subject import Subject
from actreg.conformance.tables import PointTable
from actreg.conformance.witness import both


@dataclass(frozen=True)
class Agreement:
    """Of one configuration in one dtype on two backends; input, first_got and second_got where they are furthest."""

    activation: str
    config: str
    dtype: str
    first: str
    second: str
    direction: str
    max_ulp: float
    points: int
    input: str
    first_got: str
    second_got: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {**asdict(self), "max_ulp": self.max_ulp if np.isfinite(self.max_ulp) else "inf"}


def agreement(
    what: Any,
    backends: Sequence[str] | None = None,
    dtypes: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    registry: Any = None,
) -> list[Agreement]:
    """Every pair of backends, for every configuration, in every dtype that both have. Arguments: as `check`."""
    groups: dict[tuple[str, str], dict[str, Subject]] = {}
    for subject, _ in cells(what, registry, backends, dtypes, ("nan",)):
        groups.setdefault((str(subject.case), subject.dtype), {})[subject.backend] = subject
    found: list[Agreement] = []
    for done, group in enumerate(groups.values(), 1):
        for first, second in combinations(group.values(), 2):
            found += _compared(first, second)
        if progress is not None:
            progress(done, len(groups))
    return found


def worst(found: Iterable[Agreement]) -> list[Agreement]:
    """Of each activation, dtype, pair and direction the configuration that is furthest apart."""
    kept: dict[Any, Agreement] = {}
    for item in found:
        key = (item.activation, item.dtype, item.first, item.second, item.direction)
        if key not in kept or item.max_ulp > kept[key].max_ulp:
            kept[key] = item
    return list(kept.values())


def _compared(a: Subject, b: Subject) -> Iterator[Agreement]:
    for direction in ("value", "derivative") if a.kind == "elementwise" else ("value",):
        try:
            x, ours, theirs = _results(a, b, direction)
        except Exception as error:  # what is tested may raise anything; it is as far apart as can be
            why = f"{type(error).__name__}: {error}"
            yield Agreement(*_names(a, b), direction, max_ulp=np.inf, points=0, input=why, first_got="", second_got="")
            continue
        off = np.minimum(_distance(ours, theirs, a), _distance(theirs, ours, a))
        place = int(np.argmax(off))
        yield Agreement(
            *_names(a, b),
            direction,
            max_ulp=float(off[place]),
            points=len(off),
            input=both(float(x[place])),
            first_got=both(float(ours[place])),
            second_got=both(float(theirs[place])),
        )


def _names(a: Subject, b: Subject) -> tuple[str, str, str, str, str]:
    return a.case.name, a.case.options, a.dtype, a.backend, b.backend


def _distance(got: Array, other: Array, s: Subject) -> Array:
    return ulp.error(got, from_floats(other.astype(np.float64)), s.fmt)


def _results(a: Subject, b: Subject, direction: str) -> tuple[Array, Array, Array]:
    if a.kind == "elementwise" and a.case.scalars is not None:
        assert isinstance(a.table, PointTable)
        x = a.table.inputs[a.table.within(a.dtype) & np.isfinite(a.table.inputs)]
    else:
        x = a.sample()
    ours, theirs = (s.value(x) if direction == "value" else s.derivative(x) for s in (a, b))
    return np.resize(x.reshape(-1), ours.size), ours.reshape(-1), theirs.reshape(-1)
