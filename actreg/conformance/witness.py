"""The worst inputs of a finding, in hex and decimal, each with what was expected and what came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from actreg.conformance.checks.finding import Finding
from actreg.conformance.formats import Array

MOST = 3


@dataclass(frozen=True)
class Witness:
    """One input and its result. expected: the truth, rounded to float64. expected, got: decimal = hex.

    line: the whole line that went in, in hex, where the result depends on one; `input` is then an element of it.
    """

    input_hex: str
    input: str
    expected: str
    got: str
    ulp: float
    line: str = ""


def witnesses(found: Finding, covered: Array, most: int = MOST) -> tuple[Witness, ...]:
    """The inputs that fail outside of every listed deviation, then those that are furthest off; exact ones are none."""
    if not len(found.ulp):
        return ()
    failing = found.failed & ~covered
    rank = np.where(failing, 2.0, 0.0) + np.where(found.failed, 1.0, 0.0)
    order = np.lexsort((-np.nan_to_num(found.ulp, posinf=1e300), -rank))
    chosen: list[Witness] = []
    seen: set[tuple[str, str]] = set()
    for place in order.tolist():
        if len(chosen) == most or not (found.failed[place] or found.ulp[place] > 0):
            break
        witness = _witness(found, place)
        key = (witness.input_hex, witness.line)
        if key not in seen:
            seen.add(key)
            chosen.append(witness)
    return tuple(chosen)


def _witness(found: Finding, place: int) -> Witness:
    x = float(found.inputs[place])
    return Witness(
        input_hex=x.hex(),
        input=repr(x),
        expected=both(float(found.expected[place])),
        got=both(float(found.got[place])),
        ulp=float(found.ulp[place]),
        line=" ".join(float(v).hex() for v in found.lines[place]) if found.lines else "",
    )


def both(x: float) -> str:
    """One number, decimal and hex."""
    return f"{x!r} = {x.hex()}"
