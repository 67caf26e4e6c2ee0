"""A whole network to ONNX: its outputs judged, and each of its activations by itself.

Requirements:

- Each activation is judged at the edges with the very parameters that it has: in a network's output an error in a tail
  is lost among others.
- The batch axis is proved free: the outputs are compared for two sizes of batch, neither that of the example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from actreg.contracts.bindings import config_key
from actreg.contracts.plan import INPUT, Plan
from actreg.errors import CapabilityError
from actreg.exporting import judge
from actreg.exporting.runtime import OnnxRun
from actreg.exporting.single import Single, export_single, judge_single, single

if TYPE_CHECKING:
    from actreg.registry import Registry

Array = np.ndarray[Any, Any]
SCALES: Final = (("network", 1, 1.0), ("network, inputs ±20", 3, 20.0), ("network, inputs ±100", 5, 100.0))
"""What a finding is called, the size of the batch, and the size of the inputs."""

TOKENS: Final = (("network", 1, 1.0), ("network, a batch of three", 3, 1.0))
"""The same for networks of token ids, which have no size."""


def export_network(
    plan: Plan, weights: Mapping[str, Array], *, backend: str, native: bool, registry: Registry
) -> tuple[bytes, list[judge.Finding], str]:
    """The ONNX file of a network, what was found when it ran, and the version of onnxruntime."""
    owner = registry.backend(backend)
    narrow = {name: np.asarray(value, dtype=np.float32) for name, value in weights.items()}
    model = owner.network(plan, narrow, dtype="float32")
    content = owner.onnx(model, _inputs(plan, 2, 1.0), find=registry.get, native=native)
    run = OnnxRun(content)
    findings = judge.network({name: _outputs(plan, narrow, run, x, registry) for name, x in _scaled(plan)})
    for given in singles(plan, narrow):
        alone = OnnxRun(export_single(given, backend=backend, native=native, registry=registry))
        findings.append(judge_single(given, alone, registry))
    return content, findings, run.version


def singles(plan: Plan, weights: Mapping[str, Array]) -> list[Single]:
    """Every activation of a network; those of one config and without parameters once."""
    shapes = {INPUT: tuple(plan.input_shape), **{node.name: tuple(node.shape) for node in plan.nodes}}
    found: dict[Any, Single] = {}
    for node in plan.nodes:
        if node.activation is None:
            continue
        own = {spec.name: weights[f"{node.name}.{spec.name}"] for spec in node.parameters}
        given = single(node.activation, (2, *shapes[node.inputs[0]]), own)
        key = (config_key(node.activation), given.shape if node.activation.kind != "elementwise" else len(given.shape))
        named = Single(f"{node.name} {given.label}", given.act, given.shape, given.parameters)
        found.setdefault((*key, node.name if own else ""), named)
    return list(found.values())


def _scaled(plan: Plan) -> Iterator[tuple[str, Array]]:
    for name, batch, scale in SCALES if plan.input_dtype is None else TOKENS:
        yield name, _inputs(plan, batch, scale)


def _inputs(plan: Plan, batch: int, scale: float) -> Array:
    rng = np.random.Generator(np.random.Philox(key=batch))
    if plan.input_dtype is not None:
        return rng.integers(0, plan.vocabulary or 1, (batch, *plan.input_shape), dtype=np.int64)
    return (rng.standard_normal((batch, *plan.input_shape)) * scale).astype(np.float32)


def _outputs(
    plan: Plan, weights: Mapping[str, Array], run: OnnxRun, x: Array, registry: Registry
) -> tuple[Array, Array, Array]:
    reference = registry.backend("numpy")
    if "networks" not in reference.capabilities:
        raise CapabilityError("an exported network is judged against the numpy backend's, which builds none here")
    found = []
    for dtype in ("float32", "float64"):
        exact = {name: value.astype(dtype) for name, value in weights.items()}
        network = reference.network(plan, exact, dtype=dtype)
        given = x if plan.input_dtype is not None else x.astype(dtype)
        found.append(reference.outputs(network, given, [plan.output])[plan.output])
    return run(x), found[0], found[1]
