"""Layers as JSON Schema: one object with every kind as an optional property, and the bare names.

Requirements:

- An editor offers each name once, knows a layer's options and their values, and says what is wrong with them. Other
  shapes were tried in the YAML language server: alternatives of one-key objects offer every item twice, a `type` key
  with conditions mixes the options of all types.
- Every layer has one kind, beside which stand site keys only: for each number of site keys a condition bounds the
  number of properties.
- A bare name is offered where the layer needs no option.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Final

from pydantic import BaseModel

from actreg.contracts.activation import Activation
from actreg.errors import ActregError
from actreg.model.catalogue import Catalogue
from actreg.model.containers import BESIDE, CONTAINERS, WORDS, Container
from actreg.model.kinds import KINDS
from actreg.model.schema.values import VARIABLE, Schema, documented, either, options_schema, types_of, words_of
from actreg.model.site import NAME, SITE_KEYS

LAYER: Final[Schema] = {"$ref": "#/definitions/layer"}
ACTIVATION: Final[Schema] = {"$ref": "#/definitions/activation"}
BRANCH: Final[Schema] = either([{"type": "array", "items": LAYER}, VARIABLE])
"""Layers, or none."""
LAYERS: Final[Schema] = either([{"type": "array", "items": LAYER, "minItems": 1}, VARIABLE])


def activations(registry: Catalogue) -> dict[str, type[Activation]]:
    """Every activation that can be used, by canonical name."""
    found = {}
    for name in registry.names():
        try:
            found[name] = registry.find(name)
        except ActregError:
            continue  # claimed by two distributions: asked for, it says so
    return found


def kind_schema(
    model: type[BaseModel], main: str | None, description: str, special: Mapping[str, Schema] | None = None
) -> Schema:
    """What may stand below the name of a layer: its options, its main option alone, or nothing."""
    options = options_schema(model, special)
    required = set(options.get("required", ()))
    ways = [options]
    if main is not None and required <= {main}:
        scalar = options["properties"][main]
        ways += scalar.get("anyOf") or [{k: v for k, v in scalar.items() if k not in ("description", "default")}]
    kinds = {kind for way in ways for kind in types_of(way)}
    if "string" not in kinds and not any("$ref" in way for way in ways):
        ways.append(VARIABLE)
    if not required and "null" not in kinds:
        ways.append({"type": "null"})
    # What has no options is offered as a bare name alone.
    return either(ways, description=description, **({} if options["properties"] else {"doNotSuggest": True}))


def definitions(registry: Catalogue) -> dict[str, Schema]:
    """``activation``, ``layer``, and every activation by itself."""
    classes = activations(registry)
    acts = {name: kind_schema(cls, cls.info.main, documented(cls)) for name, cls in classes.items()}
    plain = {name: kind_schema(row.options, row.main, documented(row.options)) for name, row in KINDS.items()}
    # Each is written once: a layer and an activation name it alike.
    named: dict[str, Schema] = {name: {"$ref": f"#/definitions/{_key(name)}"} for name in acts}
    kinds = {**named, **containers(), **plain}
    bare = [name for name, cls in classes.items() if not _required(cls)]
    bare_layers = [name for name, row in KINDS.items() if not _required(row.options)]
    sites = beside()
    layer = {**_object({**kinds, **sites}), "maxProperties": 1 + len(sites), "allOf": _one_kind(tuple(sites))}
    names = sorted([*bare_layers, *(name for name in bare if kinds[name] is named[name])])
    return {
        "activation": either([_names(bare, acts), {**_object(named), "maxProperties": 1}, VARIABLE]),
        "layer": either([_names(names, {**acts, **plain}), layer, VARIABLE]),
        **{_key(name): schema for name, schema in acts.items()},
    }


def _key(name: str) -> str:
    return f"activation_{name}"


def _names(names: Sequence[str], kinds: Mapping[str, Schema]) -> Schema:
    return words_of({name: kinds[name]["description"] for name in names})


def _required(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _object(properties: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "properties": dict(properties), "additionalProperties": False, "minProperties": 1}


def _one_kind(sites: Sequence[str]) -> list[Schema]:
    """With at most n site keys there are at most n + 1 keys."""
    found: list[Schema] = []
    for count in range(len(sites)):
        more = [{"required": list(keys)} for keys in combinations(sites, count + 1)]
        found.append({"if": {"not": {"anyOf": more}}, "then": {"maxProperties": count + 1}})
    return found


def containers() -> dict[str, Schema]:
    """The layers that are made of others, and the calls of blocks and activations."""
    found = {name: _container(row) for name, row in CONTAINERS.items()}
    found["use"] = {"type": "string", "description": "the block that stands here; with: gives its parameters"}
    found["act"] = {**ACTIVATION, "description": "an activation, as a variable may hold it"}
    return {name: found[name] for name in WORDS}


def _container(row: Container) -> Schema:
    special: dict[str, Schema] = dict.fromkeys(row.lists, LAYERS)
    special.update({name: {"type": "array", "items": BRANCH, "minItems": 2} for name in row.branches})
    special.update(dict.fromkeys(row.activations, ACTIVATION))
    return kind_schema(row.options, row.main, documented(row.options), special)


def beside() -> dict[str, Schema]:
    """What may stand beside a kind: the site keys, and the keys of one kind alone."""
    shapes: dict[str, Schema] = {
        "as": {"type": "string", "pattern": NAME.pattern.removesuffix(r"\Z").join(("^", "$"))},
        "inplace": either([{"type": "boolean"}, VARIABLE]),
    }
    text: Schema = {"type": "string"}
    found = {key: {**shapes.get(key, text), "description": words} for key, words in SITE_KEYS.items()}
    found.update({key: {"type": ["object", "null", "string"], "description": words} for key, words in BESIDE.items()})
    return found
