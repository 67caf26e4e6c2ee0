"""The options of a model as JSON Schema, draft 7, in the shape that editors complete and report well.

Requirements:

- Wherever a value may stand, ``$name`` and ``$(…)`` may: text that begins with a dollar sign passes.
- One schema for a value where that can be: keywords of JSON Schema speak of one type each, so ``type: [integer,
  string]`` with ``minimum`` and ``pattern`` says what an ``anyOf`` says, but an editor's message about it is exact.
  Alternatives with an ``enum`` stay alternatives: they hold for every type.
- Descriptions and defaults are kept, titles are not: they would only repeat names.
- What pydantic's own schema does not know, that a scalar may stand for a list of equal ones, is told by the field:
  ``json_schema_extra={"scalar": True}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel

Schema = dict[str, Any]

VARIABLE: Final[Schema] = {"type": "string", "pattern": r"^\$"}
"""A variable or an expression."""

ANYTHING: Final[Schema] = {}

_TYPED: Final = {
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    "string": ("pattern", "minLength", "maxLength"),
    "array": ("items", "minItems", "maxItems"),
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"),
    "boolean": (),
    "null": (),
}
"""Which keywords speak of which type; those of integer are those of number."""

_MERGED: Final = {*(keyword for keywords in _TYPED.values() for keyword in keywords), "allOf"}
"""Keywords that a merged schema may have; conditions speak of objects alone."""

_CALLED: Final = {
    "object": "a mapping of options",
    "array": "a list",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
}
"""What a message calls a type, where text was given that is no variable."""


def options_schema(model: type[BaseModel], special: Mapping[str, Schema] | None = None) -> Schema:
    """The mapping of a model's options. special: the schemas of options that are no plain values."""
    whole = model.model_json_schema()
    inlined = _inlined(whole, whole.get("$defs", {}))
    properties = {name: _value(schema) for name, schema in inlined.get("properties", {}).items()}
    for name, schema in (special or {}).items():
        properties[name] = {"description": inlined["properties"][name].get("description", ""), **schema}
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if inlined.get("required"):
        found["required"] = list(inlined["required"])
    return found


def either(schemas: Sequence[Schema], **facts: Any) -> Schema:
    """A value that fits one of several schemas, merged into one where no keyword would speak of another's type.

    An enumeration of texts among others is an alternative to their bare types: so it holds for texts alone, editors
    offer its words, and what is wrong with an object is still said of the object.
    """
    merged: Schema = {"type": []}
    words: list[Schema] = []
    apart: list[Schema] = []
    for schema in schemas:
        if "type" not in schema and ("enum" in schema or all("const" in one for one in schema.get("anyOf", [{}]))):
            words += schema.get("anyOf", [schema])
        elif not _merge(merged, schema):
            apart.append(schema)
    if words and set(merged["type"]) - {"string"}:
        _admit(merged, words)
        words = []
    apart = [*words, *apart]
    if merged["type"]:
        apart.append(_finished(merged))
    return {**facts, **apart[0]} if len(apart) == 1 else {**facts, "anyOf": apart}


def words_of(described: Mapping[str, str]) -> Schema:
    """One of several words, each with its description."""
    return {"anyOf": [{"const": word, "description": text} for word, text in described.items()]}


def _admit(merged: Schema, words: Sequence[Schema]) -> None:
    """Lets a merged schema take words beside what it takes."""
    others = [kind for kind in merged["type"] if kind != "string"]
    texts: list[Schema] = [*words]
    if "string" in merged["type"]:
        texts.append({"type": "string", "pattern": merged.pop("pattern")})
    merged["type"] = [*others, "string"]
    merged["anyOf"] = [*texts, {"type": others[0] if len(others) == 1 else others}]


def _finished(merged: Schema) -> Schema:
    kinds = merged["type"]
    if len(kinds) == 1:
        return {**merged, "type": kinds[0]}
    if merged.get("pattern") != VARIABLE["pattern"]:
        return merged
    others = [_CALLED[kind] for kind in kinds if kind in _CALLED]
    # Of an object the general message would stand for every mistake in it.
    key = "patternErrorMessage" if "object" in kinds else "errorMessage"
    return {**merged, key: f"expected {', '.join(others)}, $name or $(…)"}


def documented(model: type[Any]) -> str:
    """What a class says about itself, as one text."""
    return "\n".join(line.strip() for line in (model.__doc__ or "").strip().splitlines()).replace("``", "`")


def _merge(into: Schema, schema: Schema) -> bool:
    """Puts a schema into a merged one; False where it has to stay apart."""
    kinds = types_of(schema)
    found = {key: value for key, value in schema.items() if key not in ("type", "errorMessage", "patternErrorMessage")}
    if not kinds or not set(found) <= _MERGED or set(found) & set(into):
        return False
    if {_base(kind) for kind in kinds} & {_base(kind) for kind in into["type"]}:
        return False
    into["type"] += kinds
    into.update(found)
    return True


def types_of(schema: Schema) -> list[str]:
    """The JSON types that a schema names."""
    kinds = schema.get("type", [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _base(kind: str) -> str:
    return "number" if kind == "integer" else kind


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            return _inlined({**definitions[schema["$ref"].rpartition("/")[2]], **rest}, definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items() if key != "$defs"}
    return [_inlined(item, definitions) for item in schema] if isinstance(schema, list) else schema


def _value(schema: Schema) -> Schema:
    """The schema of one value, a variable admitted."""
    facts: Schema = {key: schema[key] for key in ("description", "default") if key in schema}
    if facts.get("description") and facts.get("default") is not None:
        facts["description"] += f" (default: {json.dumps(facts['default'], ensure_ascii=False)})"
    branches = schema.get("anyOf") or schema.get("oneOf") or [schema]
    found: list[Schema] = []
    for branch in branches:
        found += _plain(branch, bool(schema.get("scalar")))
    if not found or any(not branch for branch in found):
        return facts  # anything goes
    if not any(types_of(branch) == ["string"] and set(branch) <= {"type", "minLength"} for branch in found):
        found.append(VARIABLE)
    return either(found, **facts)


def _plain(schema: Schema, scalar: bool = False) -> list[Schema]:
    """A branch without its facts; two where a scalar may stand for a list of it."""
    kinds = types_of(schema)
    if "enum" in schema or "const" in schema:
        return [{"enum": schema["enum"] if "enum" in schema else [schema["const"]]}]
    if kinds == ["array"]:
        item = schema.get("prefixItems", [schema.get("items", {})])[0]
        bounds: Schema = {key: schema[key] for key in ("minItems", "maxItems") if key in schema}
        array: Schema = {"type": "array", "items": _value(item), **bounds}
        return [array, *(_plain(item) if scalar or schema.get("scalar") else [])]
    if kinds == ["object"] and "properties" in schema:
        inner: Schema = {key: schema[key] for key in ("required", "additionalProperties") if key in schema}
        return [{"type": "object", "properties": {n: _value(s) for n, s in schema["properties"].items()}, **inner}]
    if not kinds:
        return [{}]
    wanted = {keyword for kind in kinds for keyword in _TYPED[_base(kind)]}
    return [{"type": kinds[0] if len(kinds) == 1 else kinds, **{k: v for k, v in schema.items() if k in wanted}}]
