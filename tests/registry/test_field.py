"""Activations as fields of anybody's pydantic model."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

import actreg


class Model(BaseModel):
    """Somebody's config."""

    act: actreg.ActivationField = actreg.default("silu")
    width: int = 3


@pytest.mark.parametrize(
    "value", ["elu", {"elu": {"alpha": 0.5}}, {"elu": 0.5}, actreg.get("elu", alpha=2.0), "keras:leaky_relu"]
)
def test_every_form_is_taken_and_round_trips(value: Any) -> None:
    """Name, mapping, shorthand, instance; JSON reads back to an equal model."""
    model = Model(act=value)
    assert model.act == actreg.get(value)
    assert Model.model_validate_json(model.model_dump_json()) == model


def test_the_default_is_made_by_name() -> None:
    """And validated."""
    assert Model().act == actreg.get("silu")

    class Bad(BaseModel):
        act: actreg.ActivationField = actreg.default("sillu")

    with pytest.raises((ValidationError, actreg.UnknownNameError), match="did you mean 'silu'"):
        Bad()


@pytest.mark.parametrize(
    ("value", "words"), [("relo", "did you mean 'relu'"), ({"elu": {"alfa": 1}}, "did you mean 'alpha'"), (3, "3")]
)
def test_a_mistake_is_a_validation_error_with_our_words(value: Any, words: str) -> None:
    """Located by pydantic, beside other fields' mistakes."""
    with pytest.raises(ValidationError, match=words) as caught:
        Model(act=value, width="x")
    assert [error["loc"] for error in caught.value.errors()] == [("act",), ("width",)]


def test_the_schema_agrees_with_the_model() -> None:
    """A valid JSON Schema, which takes what the model takes and refuses what it refuses."""
    schema = Model.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for good in ({"act": "relu"}, {"act": {"elu": {"alpha": 0.5}}}, {}):
        validator.validate(good)
    for bad in (
        {"act": "relo"},
        {"act": {"elu": {"alfa": 0.5}}},
        {"act": {"elu": {"alpha": "x"}}},
        {"act": {"elu": {}, "relu": {}}},
    ):
        assert not validator.is_valid(bad)
