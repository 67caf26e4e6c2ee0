"""One activation to ONNX, as a network of one node, judged at edge values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from actreg.contracts.plan import INPUT, Node, ParamSpec, Plan
from actreg.exporting import edges, judge
from actreg.exporting.runtime import OnnxRun
from actreg.formula.initial import initial_values

if TYPE_CHECKING:
    from actreg.contracts.activation import Activation
    from actreg.registry import Registry

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Single:
    """An activation with parameters for inputs of `shape`, batch axis first. label: how findings call it."""

    label: str
    act: Activation
    shape: tuple[int, ...]
    parameters: Mapping[str, Array]


def single(
    act: Activation, shape: tuple[int, ...] | None = None, parameters: Mapping[str, Array] | None = None
) -> Single:
    """An activation ready for export; the shape is one that it takes and the parameters initial ones, if not given."""
    shape = edges.shortened(act, shape) if shape is not None else edges.example_shape(act)
    if parameters is None:
        sizes = [shape[param.axis] for param in act.parameters().values() if -len(shape) <= param.axis < len(shape)]
        parameters = initial_values(act, sizes[0] if sizes else None, 0)
    options = ", ".join(f"{name}={value!r}" for name, value in act.model_dump().items())
    exact = {name: np.asarray(value, dtype=np.float32) for name, value in parameters.items()}
    return Single(f"{act.info.name}({options})" if options else act.info.name, act, shape, exact)


def plan_of_single(given: Single, registry: Registry) -> tuple[Plan, dict[str, Array]]:
    """The network of that one node, and its weights."""
    declared = given.act.parameters()
    specs = tuple(ParamSpec(name, value.shape, declared[name].init) for name, value in given.parameters.items())
    result = registry.backend("numpy").apply(given.act, np.zeros(given.shape, np.float32), given.parameters)
    shape = tuple(np.shape(result))[1:]
    node = Node("act", "activation", (INPUT,), shape, parameters=specs, activation=given.act)
    return Plan(given.shape[1:], (node,)), {f"act.{name}": value for name, value in given.parameters.items()}


def export_single(given: Single, *, backend: str, native: bool, registry: Registry) -> bytes:
    """The ONNX file of the activation, float32."""
    owner = registry.backend(backend)
    plan, weights = plan_of_single(given, registry)
    model = owner.network(plan, weights, dtype="float32")
    return owner.onnx(model, np.zeros(given.shape, np.float32), find=registry.get, native=native)


def judge_single(given: Single, run: OnnxRun, registry: Registry) -> judge.Finding:
    """What the exported file computes at the edges, against the NumPy backend."""
    points = edges.inputs(given.act, given.shape)
    want = registry.backend("numpy").apply(given.act, points, given.parameters)
    return judge.activation(given.label, points, run(points), np.asarray(want))
