"""The arrays that a network owns: checked against its plan, copied, rounded once to its dtype."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from actreg.backends.numpy.rounding import NAMES, cast
from actreg.contracts.plan import Plan
from actreg.errors import WeightsError, did_you_mean, suggest

Array = np.ndarray[Any, Any]


def owned_arrays(plan: Plan, weights: Mapping[str, Array], dtype: np.dtype[Any]) -> dict[str, dict[str, Array]]:
    """Copies of the weights by node and by parameter, in C order; nodes that share have the same arrays.

    Raises WeightsError with everything that is missing, unexpected or of another shape or no floating-point dtype.
    """
    problems = _problems(plan, weights)
    if problems:
        raise WeightsError("weights", "; ".join(problems))
    with np.errstate(all="ignore"):
        return _cast(plan, weights, NAMES[dtype])


def _cast(plan: Plan, weights: Mapping[str, Array], dtype: str) -> dict[str, dict[str, Array]]:
    owned: dict[str, dict[str, Array]] = {}
    for node in plan.nodes:
        if node.shares:
            owned[node.name] = {spec.name: owned[node.shares][spec.name] for spec in node.parameters}
        else:
            owned[node.name] = {s.name: cast(weights[f"{node.name}.{s.name}"], dtype) for s in node.parameters}
    return owned


def _problems(plan: Plan, weights: Mapping[str, Array]) -> list[str]:
    expected = {name: tuple(spec.shape) for name, spec in plan.parameters()}
    problems = []
    for name, shape in expected.items():
        if name not in weights:
            problems.append(f"{name} of shape {shape} is missing")
            continue
        array = np.asarray(weights[name])
        if array.shape != shape:
            problems.append(f"{name} must have shape {shape}, not {array.shape}")
        elif array.dtype not in NAMES:
            problems.append(f"{name} must be floating-point, not {array.dtype}")
    missing = [name for name in expected if name not in weights]
    for name in weights:
        if name not in expected:
            problems.append(f"{name} belongs to no node{did_you_mean(suggest(name, missing))}")
    return problems
