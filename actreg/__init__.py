"""actreg: name an activation in a YAML file, and get the same, proven mathematics on every backend, from any plugin.

Everything public is here; plugins use nothing else.

Requirements:

- Importing this costs some milliseconds however much is installed: it loads no array library and no pydantic, and
  reads no distribution's metadata. Each name brings its module when it is first used, and is a global from then on.
- Type checkers and editors see exactly what each name is, and that there are no others.
- An activation finds the default registry however its class was come by: none of these names need have been used.
- Threads may use the names for the first time together. Left alone they would stop each other: one that imports a
  package waits for a module of it that another imports, which waits for the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from actreg.contracts import resolver as _resolver
from actreg.version import __version__

if TYPE_CHECKING:
    from actreg import conformance
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
    from actreg.exporting.onnx import activation_onnx, export_onnx
    from actreg.formula import checks, dual, initial, interpret
    from actreg.hookspecs import hookimpl
    from actreg.model.building import build
    from actreg.model.verifying import verify
    from actreg.model.weights import load
    from actreg.registry.default import default_registry, register
    from actreg.registry.explain import Explanation
    from actreg.registry.field import ActivationField, default
    from actreg.registry.registry import Registry
    from actreg.registry.shortcuts import explain, get, inspect, layer, names, swap
else:
    from importlib import import_module as _import_module
    from threading import RLock as _RLock

    _NAMES = {
        "contracts.activation": ("Activation",),
        "contracts.backend": ("Backend", "Find", "KernelFinder", "Optimizer", "Trainer"),
        "contracts.bindings": ("Bindings", "config_key"),
        "contracts.config": ("Finite", "Positive"),
        "contracts.info": ("Alias", "Info", "Laws"),
        "contracts.kernel": ("Bound", "Kernel"),
        "contracts.kinds": ("Axiswise", "Elementwise", "Expanding", "Gated", "Projection"),
        "contracts.param": ("FEATURES", "Constant", "Param", "Uniform"),
        "contracts.plan": ("INPUT", "Node", "ParamSpec", "Plan"),
        "contracts.resolver": ("Pullback",),
        "contracts.sites": ("Call", "Site", "SiteReport", "Swapped", "SwapReport"),
        "contracts.transforms": ("Transforms",),
        "errors": (
            *("ActregError", "BrokenPluginError", "CapabilityError", "ConfigError", "DataError", "DefinitionError"),
            *("Diagnostic", "DriftError", "FieldProblem", "InexactExportError", "InputError", "KernelConflictError"),
            *("MissingExtraError", "NameCollisionError", "SpecError", "SwapError", "UnknownNameError"),
            *("WeightsError", "did_you_mean", "suggest"),
        ),
        "exporting.onnx": ("activation_onnx", "export_onnx"),
        "hookspecs": ("hookimpl",),
        "model.building": ("build",),
        "model.verifying": ("verify",),
        "model.weights": ("load",),
        "registry.default": ("default_registry", "register"),
        "registry.explain": ("Explanation",),
        "registry.field": ("ActivationField", "default"),
        "registry.registry": ("Registry",),
        "registry.shortcuts": ("explain", "get", "inspect", "layer", "names", "swap"),
    }
    _MODULES = {
        "checks": "formula.checks",
        "dual": "formula.dual",
        "initial": "formula.initial",
        "interpret": "formula.interpret",
        # Not all public, yet at hand as after any import of a package: actreg.errors, actreg.registry.
        **{part: part for part in ("conformance", "contracts", "errors", "formula", "hookspecs", "registry")},
    }
    _HOMES = {name: home for home, names in _NAMES.items() for name in names}
    _LOCK = _RLock()

    def __getattr__(name):
        home = _MODULES.get(name) or _HOMES.get(name)
        if home is None:
            raise AttributeError(f"module 'actreg' has no attribute {name!r}")
        with _LOCK:
            module = _import_module(f"actreg.{home}")
        found = globals()[name] = module if name in _MODULES else getattr(module, name)
        return found

    def __dir__():
        return sorted({*globals(), *__all__})

    # Holds the slot until the registry is imported, which fills it itself.
    _resolver.install(lambda: __getattr__("default_registry")())

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
