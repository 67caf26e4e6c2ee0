"""Configurations: round trips, refusals, schemas."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args, get_origin

from actreg.conformance import fresh
from actreg.conformance.checks import schemas
from actreg.conformance.checks.finding import Finding
from actreg.conformance.subject import Subject
from actreg.contracts.bindings import config_key
from actreg.errors import ConfigError


def round_trip(s: Subject) -> Finding:
    """JSON, YAML, pickle, copy, deepcopy, model_copy and plain data give back an equal instance, in every bit of every
    field, with the same hash."""
    act, cls = s.act, type(s.act)
    copies: dict[str, Callable[[], Any]] = {
        "JSON": lambda: cls.model_validate_json(act.model_dump_json()),
        "plain data": lambda: cls(**json.loads(json.dumps(act.model_dump()))),
        "YAML": lambda: fresh.from_yaml(fresh.yaml_of(s.act), cls),
        "copy": lambda: copy.copy(act),
        "deepcopy": lambda: copy.deepcopy(act),
        "model_copy": lambda: act.model_copy(),
        "pickle": lambda: pickle.loads(pickle.dumps(act)),
    }
    broken = []
    for name, make in copies.items():
        try:
            other = make()
        except (pickle.PicklingError, AttributeError) as error:
            # A class of a notebook or a function body has no address to be pickled by.
            if "<locals>" not in cls.__qualname__:
                broken.append(f"{name} failed: {error}")
            continue
        if other != act or hash(other) != hash(act) or repr(other) != repr(act):
            broken.append(f"{name} gave {other!r}")
        elif config_key(other) != config_key(act):
            broken.append(f"{name} changed the bits of a field: {other!r}")
    return Finding(broken=broken)


def elsewhere(s: Subject) -> Finding:
    """Written to YAML and read by a fresh process, it computes the same bits there, values and gradients."""
    here = fresh.digest(s.act, s.case.parameters)
    same = here == fresh.digest_elsewhere(s.case, s.registry)
    return Finding(broken=[] if same else [f"{fresh.yaml_of(s.act).strip()} computes other bits in a fresh process"])


def signed_zeros(s: Subject) -> Finding:
    """0.0 and -0.0 of an option that admits both are two configurations, and stay so through JSON and YAML."""
    cls = type(s.act)
    broken = []
    for name in number_fields(cls):
        try:
            zeros = [cls(**{**s.case.config, name: zero}) for zero in (0.0, -0.0)]
        except ConfigError:
            continue
        if config_key(zeros[0]) == config_key(zeros[1]):
            broken.append(f"{name}=0.0 and {name}=-0.0 are one")
        texts = [act.model_dump_json() for act in zeros]
        again = [cls.model_validate_json(text) for text in texts]
        again += [cls(**fresh.options_in(fresh.yaml_of(act))) for act in zeros]
        signs = [math.copysign(1.0, getattr(act, name)) for act in again]
        if signs != [1.0, -1.0, 1.0, -1.0]:
            broken.append(f"{name}=-0.0 loses its sign")
    return Finding(broken=broken)


def refuses(s: Subject) -> Finding:
    """Unknown options, values of another type, NaN, infinities and what lies beyond a bound are refused by a
    ConfigError that names the field."""
    cls = type(s.act)
    broken = []
    for name, value in wrong_options(cls):
        try:
            cls(**{**s.case.config, name: value})
        except ConfigError as error:
            if name not in [problem.field.split(".")[0] for problem in error.problems]:
                broken.append(f"{name}={value!r} is refused without being named: {error}")
        except Exception as error:
            broken.append(f"{name}={value!r} raises {type(error).__name__} instead of ConfigError: {error}")
        else:
            broken.append(f"{name}={value!r} is accepted")
    return Finding(broken=broken)


def schema(s: Subject) -> Finding:
    """The JSON Schema is one, has every field, described, is closed, and admits what the model does: every tested
    configuration, no unknown option, no value of another type or beyond a bound."""
    cls = type(s.act)
    found = cls.model_json_schema()
    fields = found.get("properties", {})
    broken = [f"the schema is none: {fault}" for fault in schemas.faults(found)]
    broken += [f"{name} is not in the schema" for name in cls.model_fields if name not in fields]
    broken += [f"{name} is not described" for name, field in fields.items() if not field.get("description")]
    if found.get("additionalProperties") is not False:
        broken.append("the schema admits unknown options")
    if broken:
        return Finding(broken=broken)
    given = json.loads(s.act.model_dump_json())
    if not schemas.admits(found, given):
        broken.append(f"the schema refuses {given}, which the model takes")
    for name, value in wrong_options(cls):
        if isinstance(value, float) and not math.isfinite(value):
            continue  # JSON has no such number
        if schemas.admits(found, {**given, name: value}):
            broken.append(f"the schema admits {name}={value!r}, which the model refuses")
    return Finding(broken=broken)


def wrong_options(cls: Any) -> Iterator[tuple[str, Any]]:
    """Options that no model may take: unknown, of another type, not finite, beyond the bounds of the schema."""
    yield "no_such_option", 1.0
    for name, field in cls.model_fields.items():
        others: tuple[Any, ...] = ([], {"a": 1}, None, "x!")
        yield from ((name, value) for value in others if not _takes(field.annotation, value))
        if name in number_fields(cls):
            yield from ((name, value) for value in (math.nan, math.inf, -math.inf, True))
        elif field.annotation is bool:
            yield from ((name, value) for value in (1, 0.5))
    for name, part in cls.model_json_schema().get("properties", {}).items():
        whole = part.get("type") == "integer"
        yield from ((name, part[word]) for word in ("exclusiveMinimum", "exclusiveMaximum") if word in part)
        for word, towards in (("minimum", -math.inf), ("maximum", math.inf)):
            if word in part:
                step = -1 if towards < 0 else 1
                yield name, part[word] + step if whole else math.nextafter(part[word], towards)


def number_fields(cls: Any) -> list[str]:
    """The options that are floats."""
    return [name for name, field in cls.model_fields.items() if field.annotation is float]


def _takes(annotation: Any, value: Any) -> bool:
    """Whether a value is of a type that the annotation names."""
    if get_origin(annotation) is Literal:
        return value in get_args(annotation)
    kinds = get_args(annotation) or (annotation,)
    return any(kind is Any or kind is type(value) or (get_origin(kind) or kind) is type(value) for kind in kinds)
