"""Checks of activations' definitions: options, schema, parameters and shapes as built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from actreg.authoring import latex
from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, line_of
from actreg.contracts.activation import Activation
from actreg.errors import ActregError, BrokenPluginError, CapabilityError, ConfigError, MissingExtraError
from actreg.registry import Registry
from actreg.registry.faults import said
from actreg.registry.guard import watched

_NONE = compile("", "nothing", "exec")
FEATURES = 6
"""The size of the axis along which layers are built on trial."""


def options(s: Subject) -> Iterator[Finding]:
    """Every option is described, its default is one that the config accepts, and the JSON Schema can be exported."""
    for cls in s.things("activations"):
        for name, field in cls.model_fields.items():
            if not field.description:
                fix = 'write Field(…, description="…")'
                yield Finding("options", f"{name} is not described", fix, "error", *line_of(cls, f"{name}:"))
        if not any(field.is_required() for field in cls.model_fields.values()):
            try:
                cls(**{name: field.get_default(call_default_factory=True) for name, field in cls.model_fields.items()})
            except ConfigError as error:
                fix = "give it a default that it accepts"
                yield Finding("options", f"a default is refused: {error}", fix, "error", *line_of(cls))
        try:
            cls.model_json_schema()
        except Exception as error:  # pydantic raises several kinds
            message = f"its JSON Schema can't be exported: {said(error)}"
            yield Finding("options", message, "use types that JSON has", "error", *line_of(cls))
        yield from _documented(cls)


def _documented(cls: type[Activation]) -> Iterator[Finding]:
    place = line_of(cls)
    if not (cls.__doc__ or "").strip():
        yield Finding("options", f"{cls.__name__} has no docstring", "say what it computes", "warning", *place)
    if not cls.info.latex:
        yield Finding("options", f"{cls.info.name} shows no formula", "give info.latex", "warning", *place)
    elif wrong := latex.fault(cls.info.latex):
        message = f"the formula of {cls.info.name} can't be set: {wrong}"
        yield Finding("options", message, "correct info.latex", "error", *line_of(cls, "latex", "info"))
    if not cls.info.paper:
        yield Finding("options", f"{cls.info.name} names no source", "give info.paper", "warning", *place)
    if not callable(getattr(cls, "reference", None)):
        message = f"{cls.info.name} has no reference: nothing can judge it"
        yield Finding("options", message, "define reference(self, mp, x)", "error", *place)
    elif {"forward", "derivative_formula"} & set(getattr(getattr(cls, "reference", None), "__code__", _NONE).co_names):
        message = f"the reference of {cls.info.name} calls its formula, which so judges itself"
        yield Finding("options", message, "write it by definition, in mpmath", "error", *line_of(cls, "def reference"))


def shapes(s: Subject, registry: Registry) -> Iterator[Finding]:
    """Layers have the parameters that are declared, results the shape that the kind and `output_size` promise, and a
    call changes nothing."""
    for cls in s.things("activations"):
        try:
            act: Any = cls(**required(cls))
        except ConfigError:
            continue  # reported with the options, or needs what only its author knows
        for name in registry.backend_names():
            try:
                backend = registry.backend(name)
            except (MissingExtraError, ActregError):
                continue
            if act.kind in backend.kinds:
                yield from _shape(act, name, backend)


def _shape(act: Any, name: str, backend: Any) -> Iterator[Finding]:
    import numpy as np

    place = line_of(type(act))
    try:
        expected = {n: p.sized(FEATURES) for n, p in act.parameters().items()}
        layer = backend.layer(act, features=FEATURES)
        owned = {n: tuple(backend.to_numpy(array).shape) for n, array in backend.parameters_of(layer).items()}
        if owned != expected:
            message = f"on {name} its layer owns {owned}, and parameters() declares {expected}"
            yield Finding("shapes", message, "make them equal", "error", *place)
        x = backend.from_numpy(np.zeros((2, FEATURES)), dtype="float32")
        before = _attributes(type(act))
        with watched() as impact:
            y = backend.to_numpy(layer(x)).shape
        changed = [*impact.changed, *sorted(f"{type(act).__name__}.{n}" for n in _attributes(type(act)) ^ before)]
        if changed:
            message = f"on {name} a call of it changes {', '.join(dict.fromkeys(changed))}"
            yield Finding("shapes", message, "keep no state: an activation is a value", "error", *place)
        wanted = (2, _size(act))
        if tuple(y) != wanted:
            message = f"on {name} it makes {tuple(y)} of (2, {FEATURES}), and declares {wanted}"
            yield Finding("shapes", message, "correct output_size() or forward()", "error", *place)
    except (CapabilityError, BrokenPluginError):
        return  # no failure, or a kernel's, which is reported as that
    except Exception as error:  # the plugin's code: whatever it raises is a finding
        message = f"on {name} a layer of it fails on an input of shape (2, {FEATURES}): {said(error)}"
        fix = "write it over arrays: xp.where for a condition, xp's functions for math's"
        if isinstance(error, ActregError):
            fix = "make forward(), parameters() and output_size() agree"
        yield Finding("shapes", message, fix, "error", *place)


def _attributes(cls: type) -> frozenset[str]:
    """The attributes of a class, with what they hold."""
    return frozenset(f"{name} = {value!r}" for name, value in vars(cls).items() if not name.startswith("_"))


def _size(act: Any) -> int:
    if act.kind == "gated":
        return FEATURES // 2
    return int(act.output_size(FEATURES)) if act.kind in ("expanding", "projection") else FEATURES


def required(cls: type[Activation]) -> dict[str, Any]:
    """A value for every option that has no default."""
    from typing import Literal, get_args, get_origin

    found: dict[str, Any] = {}
    for name, field in cls.model_fields.items():
        if field.is_required():
            literal = get_origin(field.annotation) is Literal
            found[name] = get_args(field.annotation)[0] if literal else next(iter(field.examples or (2,)))
    return found
