"""Configurations: round trips, refusals, schemas."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

from actreg.conformance.checks.finding import Finding
from actreg.conformance.subject import Subject
from actreg.errors import ConfigError


def round_trip(s: Subject) -> Finding:
    """JSON, pickle, deepcopy, model_copy and the YAML form give back an equal instance with the same hash."""
    act, cls = s.act, type(s.act)
    copies: dict[str, Callable[[], Any]] = {
        "JSON": lambda: cls.model_validate_json(act.model_dump_json()),
        "plain data": lambda: cls(**json.loads(json.dumps(act.model_dump()))),
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
    return Finding(broken=broken)


def refuses(s: Subject) -> Finding:
    """An unknown option, a string or NaN for a number are refused by a ConfigError that names the field."""
    cls = type(s.act)
    trials: list[tuple[str, Any]] = [("no_such_option", 1.0)]
    trials += [(name, value) for name in cls.model_fields for value in ("x!", float("nan"))]
    broken = []
    for name, value in trials:
        try:
            cls(**{**s.case.config, name: value})
        except ConfigError as error:
            if name not in [problem.field.split(".")[0] for problem in error.problems]:
                broken.append(f"{name}={value!r} is refused without being named: {error}")
        else:
            broken.append(f"{name}={value!r} is accepted")
    return Finding(broken=broken)


def schema(s: Subject) -> Finding:
    """The JSON Schema has every field, described, and is closed."""
    found = type(s.act).model_json_schema()
    fields = found.get("properties", {})
    broken = [f"{name} is not in the schema" for name in type(s.act).model_fields if name not in fields]
    broken += [f"{name} is not described" for name, field in fields.items() if not field.get("description")]
    if found.get("additionalProperties") is not False:
        broken.append("the schema admits unknown options")
    return Finding(broken=broken)
