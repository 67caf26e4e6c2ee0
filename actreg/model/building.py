"""A spec to a network: read, plan, draw the weights, hand all to a backend."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actreg.errors import CapabilityError
from actreg.model.plan import plan_of
from actreg.model.read import read_spec
from actreg.model.spec import ModelSpec

if TYPE_CHECKING:
    from actreg.registry import Registry


def build(
    spec: str | Path | Mapping[str, Any] | ModelSpec,
    *,
    backend: str = "numpy",
    device: str | None = None,
    dtype: str | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
) -> Any:
    """The network that a spec describes, with initial weights; torch: an nn.Module.

    spec: a path, YAML text, a mapping, or a ModelSpec. device: the backend's default when None. dtype: the spec's
    ``train: dtype``, or float32. seed: of the initial weights, the spec's own when None. overrides: values of
    variables by name.

    Raises SpecError with every mistake of the spec, UnknownNameError for the backend, CapabilityError where it builds
    no networks.
    """
    from actreg.model.initial import initial_weights
    from actreg.registry import default_registry

    registry = registry or default_registry()
    if not isinstance(spec, ModelSpec) or overrides:
        spec = read_spec(spec, overrides=overrides, registry=registry)
    owner = registry.backend(backend)
    plan = plan_of(spec)
    chosen = dtype or (spec.train.dtype if spec.train else "float32")
    return owner.network(plan, initial_weights(plan, seed=seed), device=device, dtype=chosen)


def build_file(
    path: str | Path,
    spec: ModelSpec,
    *,
    dtype: str | None = None,
    seed: int | None = None,
    registry: Registry | None = None,
) -> int:
    """Writes a weight file with a spec's initial weights; the number of trainable ones.

    dtype: the spec's ``train: dtype``, or float32. seed: the spec's own when None. Raises SpecError, OSError, and
    CapabilityError for a dtype that weight files lack.
    """
    from actreg.model.initial import initial_weights
    from actreg.model.provenance import provenance
    from actreg.model.table import ITEMSIZE, total_parameters
    from actreg.model.weights import save
    from actreg.registry import default_registry

    registry = registry or default_registry()
    chosen = dtype or (spec.train.dtype if spec.train else "float32")
    if chosen not in ITEMSIZE:
        raise CapabilityError(f"weights are {', '.join(ITEMSIZE)}, not {chosen!r}")
    plan = plan_of(spec)
    weights = initial_weights(plan, seed=seed, dtype=chosen)
    facts = provenance(plan, registry, "numpy", weights_seed=spec.seed if seed is None else seed, trained=False)
    save(path, spec, plan, weights, facts)
    return total_parameters(plan)
