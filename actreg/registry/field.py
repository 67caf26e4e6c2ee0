"""Activations as fields of anybody's pydantic model: an open union through the registry.

``act: ActivationField = default("gelu")`` takes a name, ``{name: {option: value}}`` or an instance, and dumps to the
mapping form, which reads back to an equal instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, GetJsonSchemaHandler, PlainSerializer, PlainValidator, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticCustomError

from actreg.contracts.activation import Activation
from actreg.errors import ActregError, ConfigError
from actreg.registry.default import default_registry
from actreg.registry.registry import Registry


def _read(value: Any) -> Activation:
    try:
        return default_registry().get(value)
    except ConfigError as error:
        # As findings of pydantic's own, each at its option: act.elu.alfa.
        raise ValidationError.from_exception_data(error.subject, _findings(value, error)) from error
    except ActregError as error:
        # pydantic collects ValueErrors with their place; other errors would hide the rest of its findings.
        raise ValueError(str(error)) from error


def _findings(value: Any, error: ConfigError) -> list[InitErrorDetails]:
    name = next(iter(value)) if isinstance(value, Mapping) and value else error.subject
    return [
        InitErrorDetails(
            type=PydanticCustomError(
                "activation_option", "{message}", {"message": str(problem), "suggestions": list(problem.suggestions)}
            ),
            loc=(name, problem.field),
            input=value,
        )
        for problem in error.problems
    ]


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
    return {
        "anyOf": [
            {"type": "string", "enum": [name for name in registry.spellings() if _stands_alone(name, registry)]},
            {
                "type": "object",
                "properties": {name: _options(registry.find(name)) for name in registry.names()},
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }


def _options(cls: type[Activation]) -> dict[str, Any]:
    """What may stand behind a name: its options, its main option alone, nothing where it needs none."""
    schema = cls.model_json_schema()
    schema.pop("title", None)
    forms = [schema]
    if cls.info.main is not None:
        forms.append(schema["properties"][cls.info.main])
    if not schema.get("required"):
        forms.append({"type": "null"})
    return {"anyOf": forms} if len(forms) > 1 else schema


def _stands_alone(name: str, registry: Registry) -> bool:
    """Whether a bare name is a whole config: nothing is left to choose, and it is nobody's quarrel."""
    try:
        found = registry.resolve(name)
    except ActregError:
        return False
    required = {option for option, field in found.activation.model_fields.items() if field.is_required()}
    return required <= {*found.defaults, *found.pinned}


ActivationField = Annotated[Activation, PlainValidator(_read), PlainSerializer(_write), _Schema]
"""The type of a field that holds an activation."""


def default(spec: Any, /, **config: Any) -> Any:
    """The default of an `ActivationField`, made when a model is: by name, so that no plugin need be loaded before."""
    return Field(default_factory=lambda: default_registry().get(spec, **config))
