"""Our own reading of JSON Schema says what jsonschema says."""

from __future__ import annotations

from typing import Any

import pytest

import actreg
from actreg.conformance.checks import schemas

jsonschema = pytest.importorskip("jsonschema")
VALUES: list[Any] = [None, True, 0, 1, -1, 2.5, 1e300, "", "first", "none", [], [1], {}, {"a": 1}]


@pytest.mark.parametrize("name", actreg.Registry().names())
def test_both_judges_agree_on_every_activation(name: str) -> None:
    """On each option with values of every type, on a missing and on an unknown one."""
    schema = actreg.Registry().find(name).model_json_schema()
    judge = jsonschema.Draft202012Validator(schema)
    judge.check_schema(schema)
    assert schemas.own_faults(schema) == []
    base = {option: part.get("default") for option, part in schema.get("properties", {}).items()}
    instances = [{}, base, {**base, "no_such_option": 1}]
    instances += [{**base, option: value} for option in base for value in VALUES]
    for instance in instances:
        assert schemas.own_admits(schema, instance) == judge.is_valid(instance), instance


@pytest.mark.parametrize(
    "schema", [{"type": "real"}, {"minimum": "x"}, {"properties": {"a": {"enum": 3}}}, {"required": "a"}, {"foo": 1}]
)
def test_what_is_no_schema_is_told(schema: Any) -> None:
    """By our own rules, which know fewer keywords than JSON Schema has."""
    assert schemas.own_faults(schema)
