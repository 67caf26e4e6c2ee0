"""actreg: name an activation in a YAML file, and get the same, proven mathematics on every backend, from any plugin.

Everything public is here; plugins use nothing else. Importing this loads no array library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actreg.contracts import resolver as _resolver
from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend, Find, KernelFinder, Optimizer, Trainer
from actreg.contracts.bindings import Bindings, config_key
from actreg.contracts.config import Finite, Positive
from actreg.contracts.info import Alias, Info, Laws
from actreg.contracts.kernel import Bound, Kernel
from actreg.contracts.kinds import Axiswise, Elementwise, Expanding, Gated, Projection
from actreg.contracts.param import FEATURES, Constant, Param, Uniform
from actreg.contracts.plan import INPUT, Node, ParamSpec, Plan
from actreg.contracts.resolver import Pullback
from actreg.contracts.sites import Call, Site, SiteReport, Swapped, SwapReport
from actreg.contracts.transforms import Transforms
from actreg.errors import (
    ActregError,
    BrokenPluginError,
    CapabilityError,
    ConfigError,
    DataError,
    DefinitionError,
    Diagnostic,
    DriftError,
    FieldProblem,
    InexactExportError,
    InputError,
    KernelConflictError,
    MissingExtraError,
    NameCollisionError,
    SpecError,
    SwapError,
    UnknownNameError,
    WeightsError,
    did_you_mean,
    suggest,
)
from actreg.formula import checks, dual, initial, interpret
from actreg.hookspecs import hookimpl
from actreg.registry import Explanation, Registry, default_registry, register
from actreg.registry.field import ActivationField, default
from actreg.version import __version__

if TYPE_CHECKING:
    from actreg import conformance
    from actreg.exporting.onnx import activation_onnx, export_onnx
    from actreg.model import build, load, verify

_resolver.install(default_registry)


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


def __getattr__(name: str) -> Any:
    # Building and loading networks reads YAML and weights, which a listing needs not.
    # From their own modules, which nothing shadows.
    if name == "build":
        from actreg.model.building import build

        return build
    if name == "load":
        from actreg.model.weights import load

        return load
    if name == "verify":
        from actreg.model.verifying import verify

        return verify
    if name == "conformance":
        import actreg.conformance as suite

        return suite
    if name in ("activation_onnx", "export_onnx"):
        from actreg.exporting import onnx

        return getattr(onnx, name)
    raise AttributeError(f"module 'actreg' has no attribute {name!r}")


__all__ = [
    "FEATURES",
    "INPUT",
    "Activation",
    "ActivationField",
    "ActregError",
    "Alias",
    "Axiswise",
    "Backend",
    "Bindings",
    "Bound",
    "BrokenPluginError",
    "Call",
    "CapabilityError",
    "ConfigError",
    "Constant",
    "DataError",
    "DefinitionError",
    "Diagnostic",
    "DriftError",
    "Elementwise",
    "Expanding",
    "Explanation",
    "FieldProblem",
    "Find",
    "Finite",
    "Gated",
    "InexactExportError",
    "Info",
    "InputError",
    "Kernel",
    "KernelConflictError",
    "KernelFinder",
    "Laws",
    "MissingExtraError",
    "NameCollisionError",
    "Node",
    "Optimizer",
    "Param",
    "ParamSpec",
    "Plan",
    "Positive",
    "Projection",
    "Pullback",
    "Registry",
    "Site",
    "SiteReport",
    "SpecError",
    "SwapError",
    "SwapReport",
    "Swapped",
    "Trainer",
    "Transforms",
    "Uniform",
    "UnknownNameError",
    "WeightsError",
    "__version__",
    "activation_onnx",
    "build",
    "checks",
    "config_key",
    "conformance",
    "default",
    "default_registry",
    "did_you_mean",
    "dual",
    "explain",
    "export_onnx",
    "get",
    "hookimpl",
    "initial",
    "inspect",
    "interpret",
    "layer",
    "load",
    "names",
    "register",
    "suggest",
    "swap",
    "verify",
]
