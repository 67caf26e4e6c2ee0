"""How far apart backends are: the largest distance of any two, in ulp, for every activation and dtype.

Requirements:

- At the same inputs as the truth, so that the worst are among them; forward and backward.
- No backend is the judge: each pair is measured, and its own verdict comes from the suite.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from actreg.conformance import ulp
from actreg.conformance.cases import cases_of
from actreg.conformance.exact import from_floats
from actreg.conformance.formats import Array
from actreg.conformance.scope import scopes
from actreg.conformance.subject import Subject


@dataclass(frozen=True)
class Pair:
    """Two backends on one configuration in one dtype. forward, backward: the largest distances in ulp; infinite where
    one has NaN and the other a number. forward_input, backward_input: where, as hex."""

    activation: str
    config: str
    dtype: str
    first: str
    second: str
    forward: float
    forward_input: str
    backward: float
    backward_input: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return asdict(self)


def pairs(
    what: Any, registry: Any = None, backends: Sequence[str] | None = None, dtypes: Sequence[str] | None = None
) -> list[Pair]:
    """Every pair of backends that run an activation, in every dtype that both have; `what` as `check` takes it.

    Raises UnknownNameError.
    """
    found: list[Pair] = []
    for scope in scopes(what, registry):
        names = [name for name in scope.where(backends) if scope.cls.kind in scope.registry.backend(name).kinds]
        for number, case in enumerate(cases_of(scope.cls, scope.registry)):
            for first, second in combinations(names, 2):
                one, other = (scope.registry.backend(name) for name in (first, second))
                common = [d for d in one.dtypes(one.devices()[0]) if d in other.dtypes(other.devices()[0])]
                for dtype in common if dtypes is None else [d for d in common if d in dtypes]:
                    subjects = [
                        Subject(case, scope.registry, library.name, library.devices()[0], dtype, number)
                        for library in (one, other)
                    ]
                    found.append(_pair(*subjects))
    return found


def text(found: Sequence[Pair]) -> str:
    """A matrix, one line for every activation and dtype, one column for every pair of backends: forward/backward."""
    columns = list(dict.fromkeys(f"{p.first}/{p.second}" for p in found))
    rows: dict[tuple[str, str], dict[str, Pair]] = {}
    for p in found:
        name = p.activation if p.config == "default" else f"{p.activation}({p.config})"
        rows.setdefault((name, p.dtype), {})[f"{p.first}/{p.second}"] = p
    cells = [("activation", "dtype", *columns)]
    for (name, dtype), row in rows.items():
        shown = [f"{row[c].forward:.3g} / {row[c].backward:.3g}" if c in row else "-" for c in columns]
        cells.append((name, dtype, *shown))
    widths = [max(len(line[k]) for line in cells) for k in range(len(cells[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip() for line in cells)


def _pair(one: Subject, other: Subject) -> Pair:
    x = one.points()
    forward, backward = (_worst(one, x, *results) for results in zip(_results(one, x), _results(other, x), strict=True))
    return Pair(one.case.name, one.case.options, one.dtype, one.backend, other.backend, *forward, *backward)


def _results(s: Subject, x: Array) -> Iterator[Array]:
    y = s.value(x)
    yield y
    yield s.pull(x, np.ones(y.shape))["x"]


def _worst(s: Subject, x: Array, a: Array, b: Array) -> tuple[float, str]:
    distance = ulp.error(b.reshape(-1), from_floats(a.reshape(-1).astype(np.float64)), s.fmt)
    place = int(np.argmax(distance))
    where = float(np.resize(x.reshape(-1), distance.size)[place])
    return float(distance[place]), where.hex()
