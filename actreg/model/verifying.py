"""The same weights on several backends, compared layer by layer.

Requirements:

- Says which layer is the first to depart, in the order in which they run, and by how many ULP of its scale.
- The same question gives the same answer: inputs, weights and their movements come from a fixed seed.
- What is allowed is derived, not chosen: see `actreg.model.departure`.
- Memory is bounded by a batch, however many samples are compared.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from actreg.contracts.backend import Backend
from actreg.contracts.plan import Plan
from actreg.errors import CapabilityError, InputError, MissingExtraError
from actreg.model import departure, probes
from actreg.model.plan import plan_of
from actreg.model.read import read_spec
from actreg.model.spec import ModelSpec
from actreg.model.table import kind_text
from actreg.model.verification import Comparison, LayerRecord, Verification
from actreg.model.weights import is_weight_file, open_model

if TYPE_CHECKING:
    import numpy as np

    from actreg.registry import Registry

    Array = np.ndarray[Any, Any]

MOVES: Final = 3
"""Runs of the reference with weights and inputs moved by one ULP."""

BATCH: Final = 2**25
"""Numbers of a batch: all outputs of its samples together, on one backend."""

RANDOM: Final = 8
"""Random samples, beside those at the edges."""


def verify(
    model: str | Path | Mapping[str, Any] | ModelSpec,
    *,
    backends: Sequence[str] = (),
    dtypes: Sequence[str] = (),
    inputs: np.ndarray | None = None,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
    accept_drift: bool | Collection[str] = False,
    registry: Registry | None = None,
) -> Verification:
    """Compares what several backends make of the same weights, layer by layer.

    model: a weight file, or a spec as `actreg.build` takes it, which gets initial weights, spread where they would be
    equal. backends: names, the reference first; ``torch:cuda`` runs on a device; by default NumPy and every other
    installed one that builds networks. dtypes: the file's or the spec's by default. inputs: samples of shape
    (n, *input), in place of random ones and edges.

    Raises SpecError or WeightsError for the model, UnknownNameError and MissingExtraError for a backend, InputError
    where there are fewer than two or the inputs do not fit.
    """
    from actreg.registry import default_registry

    registry = registry or default_registry()
    plan, weights, own = _model(model, overrides, accept_drift, registry)
    runners = _runners(backends, registry)
    found: list[Comparison] = []
    for dtype in dtypes or (own,):
        cast = _cast(weights, plan, dtype, seed)
        x = probes.samples(plan, dtype, RANDOM, seed) if inputs is None else _checked(plan, inputs, dtype)
        found += _compare(plan, cast, x, dtype, runners, seed)
    return Verification(tuple(found))


@dataclass(frozen=True)
class _Runner:
    """A backend, where on it, and what the reader called it."""

    label: str
    backend: Backend
    device: str | None

    def network(self, plan: Plan, weights: Mapping[str, Array], dtype: str) -> Any:
        return self.backend.network(plan, weights, device=self.device, dtype=dtype)


def _model(
    model: str | Path | Mapping[str, Any] | ModelSpec,
    overrides: Mapping[str, Any] | None,
    accept_drift: bool | Collection[str],
    registry: Registry,
) -> tuple[Plan, dict[str, Array] | None, str]:
    if isinstance(model, (str, Path)) and is_weight_file(model):
        if overrides:
            raise InputError("a weight file has its variables set: overrides are for specs")
        opened = open_model(model, registry=registry, accept_drift=accept_drift)
        weights = dict(opened.stored.weights)
        return opened.plan, weights, next((str(array.dtype) for array in weights.values()), "float32")
    spec = (
        model
        if isinstance(model, ModelSpec) and not overrides
        else read_spec(model, overrides=overrides, registry=registry)
    )
    return plan_of(spec), None, spec.train.dtype if spec.train else "float32"


def _cast(weights: dict[str, Array] | None, plan: Plan, dtype: str, seed: int) -> dict[str, Array]:
    if weights is None:
        return probes.spread_weights(plan, dtype)
    return {name: array.astype(probes.numpy_dtype(dtype)) for name, array in weights.items()}


def _checked(plan: Plan, inputs: Array, dtype: str) -> Array:
    import numpy as np

    shape = tuple(plan.input_shape)
    if inputs.ndim != len(shape) + 1 or inputs.shape[1:] != shape or not len(inputs):
        sizes = ", ".join(("n", *map(str, shape)))
        raise InputError(f"the samples have shape {inputs.shape}: the network takes ({sizes}), at least one")
    if plan.vocabulary is None:
        return inputs.astype(probes.numpy_dtype(dtype))
    if (inputs != np.floor(inputs)).any() or inputs.min() < 0 or inputs.max() >= plan.vocabulary:
        raise InputError(f"the network takes token ids, whole numbers from 0 to {plan.vocabulary - 1}")
    return inputs.astype(np.int64)


def _runners(names: Sequence[str], registry: Registry) -> list[_Runner]:
    found = [_runner(name, registry) for name in names] if names else _installed(registry)
    if len(found) < 2:
        have = ", ".join(runner.label for runner in found) or "none"
        raise InputError(f"two backends are needed to compare, and there is {have}: name more, or install one")
    return found


def _runner(name: str, registry: Registry) -> _Runner:
    plain, _, device = name.partition(":")
    backend = registry.backend(plain)
    if "networks" not in backend.capabilities:
        raise CapabilityError(f"backend {plain!r} builds no networks, only activations and layers of them")
    return _Runner(name, backend, device or None)


def _installed(registry: Registry) -> list[_Runner]:
    names = sorted(registry.backend_names(), key=lambda name: name != "numpy")
    found = []
    for name in names:
        try:
            found.append(_runner(name, registry))
        except (MissingExtraError, CapabilityError):
            continue
    return found


def _compare(
    plan: Plan, weights: Mapping[str, Array], x: Array, dtype: str, runners: Sequence[_Runner], seed: int
) -> list[Comparison]:
    reference, *others = runners
    network = reference.network(plan, weights, dtype)
    movers = [reference.network(plan, _moved(weights, seed, run), dtype) for run in range(MOVES)]
    networks = [other.network(plan, weights, dtype) for other in others]
    facts: list[_Batch] = []
    distances: list[list[dict[str, Array]]] = [[] for _ in others]
    step = max(1, BATCH // max(1, sum(math.prod(node.shape) for node in plan.nodes)))
    for start in range(0, len(x), step):
        batch = x[start : start + step]
        a = reference.backend.outputs(network, batch)
        facts.append(_Batch.of(a, _moving(reference.backend, movers, plan, batch, seed, start)))
        for found, other, theirs in zip(distances, others, networks, strict=True):
            b = other.backend.outputs(theirs, batch)
            found.append({name: departure.distance(a[name], b[name]) for name in a})
    return [
        Comparison(other.label, reference.label, dtype, len(x), tuple(_layers(plan, facts, found, dtype)))
        for other, found in zip(others, distances, strict=True)
    ]


@dataclass(frozen=True)
class _Batch:
    """What the reference says of each layer and each sample of a batch: its size, and how far it moved."""

    sizes: dict[str, Array]
    wobbles: dict[str, Array]

    @classmethod
    def of(cls, a: Mapping[str, Array], moved: Iterator[Mapping[str, Array]]) -> _Batch:
        import numpy as np

        wobbles = {name: np.zeros(len(array)) for name, array in a.items()}
        for b in moved:
            for name, array in a.items():
                wobbles[name] = np.maximum(wobbles[name], departure.distance(array, b[name]))
        return cls({name: departure.sizes(array) for name, array in a.items()}, wobbles)


def _moved(weights: Mapping[str, Array], seed: int, run: int) -> dict[str, Array]:
    return {name: probes.moved(array, seed, f"{run}:{name}") for name, array in weights.items()}


def _moving(
    backend: Backend, networks: Sequence[Any], plan: Plan, batch: Array, seed: int, start: int
) -> Iterator[Mapping[str, Array]]:
    for run, network in enumerate(networks):
        x = batch if plan.vocabulary is not None else probes.moved(batch, seed, f"{run}:{start}:input")
        yield backend.outputs(network, x)


def _layers(
    plan: Plan, facts: Sequence[_Batch], distances: Sequence[Mapping[str, Array]], dtype: str
) -> Iterator[LayerRecord]:
    import numpy as np

    depth = departure.depths(plan)
    for node in plan.nodes:
        unit = departure.units(np.concatenate([batch.sizes[node.name] for batch in facts]), dtype)
        wobble = np.concatenate([batch.wobbles[node.name] for batch in facts])
        far = np.concatenate([found[node.name] for found in distances])
        worst = departure.worst(far, departure.allowances(unit, depth[node.name], wobble), unit)
        yield LayerRecord(
            node.name, kind_text(node), tuple(node.shape), worst.ulp, worst.allowed, worst.sample, worst.ok
        )
