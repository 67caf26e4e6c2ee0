"""The default registry's everyday questions, as plain functions: ``actreg.get`` and its like."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.sites import SiteReport, SwapReport
from actreg.registry.default import default_registry
from actreg.registry.explain import Explanation


def names(kind: str | None = None, backend: str | None = None) -> list[str]:
    """Canonical names of all activations, sorted; of one kind, or those that a backend can run."""
    return default_registry().names(kind, backend)


def get(spec: Any, /, **config: Any) -> Activation:
    """An activation: from a name and options, from ``{name: {option: value}}``, or an instance as it is.

    Raises UnknownNameError, NameCollisionError, BrokenPluginError, ConfigError.
    """
    return default_registry().get(spec, **config)


def layer(spec: Any, /, *, backend: str = "numpy", **options: Any) -> Any:
    """An activation as a layer that owns its parameters; torch: an nn.Module. See `Registry.layer`."""
    return default_registry().layer(spec, backend=backend, **options)


def explain(name: str) -> Explanation:
    """How a name resolves: alias, canonical name, distribution and version, kernel on each backend, and the losers."""
    return default_registry().explain(name)


def inspect(model: Any, example_input: Any) -> SiteReport:
    """Every place where a model applies an activation, found by running the example; the model stays as it was.

    model: a torch.nn.Module. example_input: a tensor, a tuple of arguments or a mapping of keyword arguments.
    """
    registry = default_registry()
    report: SiteReport = registry.backend_of(model).inspect(model, example_input, find=registry.get)
    return report


def swap(model: Any, mapping: Mapping[Any, Any], example_input: Any, *, split: bool = False) -> SwapReport:
    """Replaces activations of a model in place, and proves by running the example that the new ones are called.

    mapping: from the name of an activation, an activation, or the path of a site (``layer1.*``) to the new activation:
    ``{"relu": {"leaky_relu": {"negative_slope": 0.1}}}``. split: a module that serves several calls becomes one for
    each. Nothing is changed where anything fails.

    Raises SwapError, InputError for an example that does not run or a key that matches nothing, UnknownNameError,
    ConfigError.
    """
    registry = default_registry()
    report: SwapReport = registry.backend_of(model).swap(model, mapping, example_input, find=registry.get, split=split)
    return report
