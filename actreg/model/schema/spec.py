"""The JSON Schema of a whole spec."""

from __future__ import annotations

import json
from typing import Any, Final

from actreg.model.catalogue import Catalogue, default_catalogue
from actreg.model.limits import MAX_ELEMENTS, MAX_RANK
from actreg.model.read import KEYS
from actreg.model.schema.layers import LAYERS, definitions, kind_schema
from actreg.model.schema.values import VARIABLE, Schema, documented, either, options_schema, words_of
from actreg.model.sections import VERSION
from actreg.model.training import OPTIMIZERS, DataSpec, TrainSpec

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""Draft 7, which editors' servers know best."""

FILE: Final = "actreg.schema.json"
"""What the file is called beside the shipped specs."""

_NAMES: Final = {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_BLOCKS: Final[Schema] = {
    "type": "object",
    "propertyNames": _NAMES,
    "additionalProperties": {"$ref": "#/definitions/block"},
}


def spec_schema(registry: Catalogue | None = None) -> dict[str, Any]:
    """The JSON Schema of specs with every activation of a registry, the default one by default."""
    sections = _sections()
    return {
        "$schema": DRAFT,
        "description": "a model spec of actreg",
        "type": "object",
        "properties": {key: sections[key] for key in KEYS},
        "required": ["actreg", "input", "layers"],
        "additionalProperties": False,
        "definitions": {"block": _block(), **definitions(registry or default_catalogue())},
    }


def schema_text(registry: Catalogue | None = None) -> str:
    """The same as a file's text; equal registries give equal texts."""
    return json.dumps(spec_schema(registry), indent=1, ensure_ascii=False) + "\n"


def _sections() -> dict[str, Schema]:
    size: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_ELEMENTS}
    sizes: Schema = {"type": "array", "items": either([size, VARIABLE]), "minItems": 1, "maxItems": MAX_RANK}
    tokens: Schema = {
        "type": "object",
        "properties": {
            "shape": either([sizes, size, VARIABLE], description="sizes, without the batch axis"),
            "dtype": {"enum": ["int64"], "description": "token ids, which embeddings read"},
        },
        "required": ["shape"],
        "additionalProperties": False,
    }
    whole = "the shape of one sample, without the batch axis; {shape: …, dtype: int64} for token ids"
    train = options_schema(TrainSpec, {"optimizer": _optimizer()})
    return {
        "actreg": {"enum": [VERSION], "description": "the version of the grammar"},
        "input": either([tokens, sizes, size, VARIABLE], description=whole),
        "requires": _texts("distributions and the versions that the spec needs, like actreg-torch: '>=0.1'"),
        "prefer": _texts("names that two distributions claim, and whose is meant"),
        "vars": {
            "type": "object",
            "propertyNames": _NAMES,
            "description": "variables: $name stands for a value, $(…) for an expression; --set changes them",
        },
        "blocks": {**_BLOCKS, "description": "named lists of layers, which use: puts in"},
        "layers": {**LAYERS, "description": "the network"},
        "seed": either([{"type": "integer", "minimum": 0}, VARIABLE], description="of the initial weights", default=0),
        "data": {**options_schema(DataSpec), "description": documented(DataSpec)},
        "train": {**train, "description": documented(TrainSpec)},
    }


def _texts(description: str) -> Schema:
    return {"type": "object", "additionalProperties": {"type": "string"}, "description": description}


def _block() -> Schema:
    properties: dict[str, Schema] = {
        "params": {
            "type": ["object", "null"],
            "propertyNames": _NAMES,
            "description": "parameters with their defaults; nothing where they must be given",
        },
        "blocks": {**_BLOCKS, "description": "blocks that it has for itself"},
        "layers": {**LAYERS, "description": "what the block is made of; $in is the size that enters it"},
        "include": {
            "type": "string",
            "pattern": r"\.ya?ml$",
            "description": "another spec, by its path from this file, in place of params and layers",
        },
    }
    options: Schema = {
        "type": "object",
        "properties": properties,
        "allOf": [{"if": {"required": ["include"]}, "then": {"maxProperties": 1}, "else": {"required": ["layers"]}}],
        "additionalProperties": False,
    }
    return either([options, LAYERS])


def _optimizer() -> Schema:
    kinds = {name: kind_schema(cls, "lr", documented(cls)) for name, cls in OPTIMIZERS.items()}
    one: Schema = {"type": "object", "properties": kinds, "additionalProperties": False}
    names = words_of({name: kind["description"] for name, kind in kinds.items()})
    return either([names, {**one, "minProperties": 1, "maxProperties": 1}, VARIABLE], default="adamw")
