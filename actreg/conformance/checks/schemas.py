"""JSON Schema: what it says about an instance, and whether it is one.

Requirements:

- jsonschema judges where it is installed. Without it the part of JSON Schema that pydantic writes for configs is
  judged here: never skipped, and never guessed, since a keyword that is not known here is an error.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]
_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    # To JSON Schema 1.0 is an integer.
    "integer": lambda v: isinstance(v, int | float) and not isinstance(v, bool) and v == v // 1,
    "array": lambda v: isinstance(v, list),
    "object": lambda v: isinstance(v, dict),
}
_BOUNDS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "minimum": lambda v, bound: v >= bound,
    "maximum": lambda v, bound: v <= bound,
    "exclusiveMinimum": lambda v, bound: v > bound,
    "exclusiveMaximum": lambda v, bound: v < bound,
    "multipleOf": lambda v, bound: v % bound == 0,
}
_LENGTHS: Final[dict[str, Callable[[int, int], bool]]] = {
    "minLength": lambda n, bound: n >= bound,
    "maxLength": lambda n, bound: n <= bound,
    "minItems": lambda n, bound: n >= bound,
    "maxItems": lambda n, bound: n <= bound,
}
_TEXT: Final = frozenset({"title", "description", "default", "examples", "deprecated", "$defs", "$schema"})
_STRUCTURE: Final = frozenset(
    {"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "properties", "required", "additionalProperties"}
    | {"items", "prefixItems"}
)


def faults(schema: Schema) -> list[str]:
    """What makes it no JSON Schema; nothing for a good one."""
    if importlib.util.find_spec("jsonschema") is not None:
        judge = _validator(_validator(schema).META_SCHEMA)
        return [str(error.message) for error in judge.iter_errors(schema)]
    return own_faults(schema)


def admits(schema: Schema, instance: Any) -> bool:
    """Whether the schema admits an instance."""
    if importlib.util.find_spec("jsonschema") is not None:
        return bool(_validator(schema).is_valid(instance))
    return own_admits(schema, instance)


def own_faults(schema: Schema, path: str = "#") -> list[str]:
    """`faults`, by our own rules: keywords that are known, with values of the kind that they take."""
    found = [f"{path}: unknown keyword {word!r}" for word in schema if word not in _KNOWN]
    kinds = schema.get("type", [])
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind not in _TYPES:
            found.append(f"{path}: {kind!r} is no type")
    for word in (*_BOUNDS, *_LENGTHS):
        if word in schema and not _TYPES["number"](schema[word]):
            found.append(f"{path}: {word} is {schema[word]!r}, no number")
    if "enum" in schema and not isinstance(schema["enum"], list):
        found.append(f"{path}: enum is no list")
    if not isinstance(schema.get("required", []), list):
        found.append(f"{path}: required is no list")
    for below, part in _below(schema):
        found += own_faults(part, f"{path}/{below}") if isinstance(part, Mapping) else [f"{path}/{below} is no schema"]
    return found


def own_admits(schema: Schema, instance: Any, root: Schema | None = None) -> bool:
    """`admits`, by our own rules."""
    root = schema if root is None else root
    if "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        if not own_admits(found, instance, root):
            return False
    return all(test(schema, instance, root) for test in (_kind, _size, _choice, _members))


def _kind(schema: Schema, instance: Any, root: Schema) -> bool:
    kinds = schema.get("type")
    if kinds is not None and not any(_TYPES[kind](instance) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return False
    same = [
        v for v in schema.get("enum", [instance]) if v == instance and isinstance(v, bool) == isinstance(instance, bool)
    ]
    return bool(same) and schema.get("const", instance) == instance


def _size(schema: Schema, instance: Any, root: Schema) -> bool:
    if _TYPES["number"](instance):
        return all(test(instance, schema[word]) for word, test in _BOUNDS.items() if word in schema)
    if isinstance(instance, str | list):
        words = ("minLength", "maxLength") if isinstance(instance, str) else ("minItems", "maxItems")
        return all(_LENGTHS[word](len(instance), schema[word]) for word in words if word in schema)
    return True


def _choice(schema: Schema, instance: Any, root: Schema) -> bool:
    passed = {
        word: sum(own_admits(part, instance, root) for part in schema[word])
        for word in ("anyOf", "oneOf", "allOf")
        if word in schema
    }
    return (
        passed.get("anyOf", 1) >= 1
        and passed.get("oneOf", 1) == 1
        and passed.get("allOf", 0) == len(schema.get("allOf", ()))
    )


def _members(schema: Schema, instance: Any, root: Schema) -> bool:
    if isinstance(instance, list):
        heads = schema.get("prefixItems", [])
        pairs = list(zip(heads, instance, strict=False))
        rest = schema.get("items", True)
        pairs += [(rest, item) for item in instance[len(heads) :]]
        return all(own_admits(part, item, root) if isinstance(part, Mapping) else part for part, item in pairs)
    if not isinstance(instance, dict):
        return True
    known = schema.get("properties", {})
    if any(name not in instance for name in schema.get("required", ())):
        return False
    other = schema.get("additionalProperties", True)
    for name, value in instance.items():
        part = known.get(name, other)
        if not (own_admits(part, value, root) if isinstance(part, Mapping) else part):
            return False
    return True


def _below(schema: Schema) -> list[tuple[str, Any]]:
    found = [
        (f"{word}/{name}", part) for word in ("properties", "$defs") for name, part in schema.get(word, {}).items()
    ]
    for word in ("anyOf", "oneOf", "allOf", "prefixItems"):
        found += [(f"{word}/{k}", part) for k, part in enumerate(schema.get(word, ()))]
    found += [
        (word, schema[word]) for word in ("items", "additionalProperties") if isinstance(schema.get(word), Mapping)
    ]
    return found


_KNOWN: Final = _TEXT | _STRUCTURE | _BOUNDS.keys() | _LENGTHS.keys()


def _validator(schema: Schema) -> Any:
    return importlib.import_module("jsonschema").Draft202012Validator(schema)
