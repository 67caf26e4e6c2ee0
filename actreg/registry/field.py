"""Activations as fields of anybody's pydantic model: an open union through the registry.

``act: ActivationField = default("gelu")`` takes a name, ``{name: {option: value}}`` or an instance, and dumps to the
mapping form, which reads back to an equal instance.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, PlainSerializer, PlainValidator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from actreg.contracts.activation import Activation
from actreg.errors import ActregError
from actreg.registry.default import default_registry


def _read(value: Any) -> Activation:
    try:
        return default_registry().get(value)
    except ActregError as error:
        # pydantic collects ValueErrors with their place; other errors would hide the rest of its findings.
        raise ValueError(str(error)) from error


def _write(act: Activation) -> Any:
    return act.as_config()


class _Schema:
    """The JSON Schema: a name, or one object with every activation as an optional property."""

    @staticmethod
    def __get_pydantic_json_schema__(core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return activation_schema()


def activation_schema() -> dict[str, Any]:
    """The JSON Schema of an activation in a config, with every installed one in it."""
    registry = default_registry()
    properties = {}
    for name in registry.names():
        cls = registry.find(name)
        schema = cls.model_json_schema()
        schema.pop("title", None)
        properties[name] = schema
    return {
        "anyOf": [
            {"type": "string", "enum": registry.spellings()},
            {
                "type": "object",
                "properties": properties,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }


ActivationField = Annotated[Activation, PlainValidator(_read), PlainSerializer(_write), _Schema]
"""The type of a field that holds an activation."""


def default(spec: Any, /, **config: Any) -> Any:
    """The default of an `ActivationField`, made when a model is: by name, so that no plugin need be loaded before."""
    return Field(default_factory=lambda: default_registry().get(spec, **config))
