"""Activations as fields of anybody's pydantic model."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Annotated, Any, Literal

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

import actreg
import actreg.registry


class Model(BaseModel):
    """Somebody's config."""

    act: actreg.ActivationField = actreg.default("silu")
    width: int = 3


class Branch(BaseModel):
    """A part that others tell apart by its kind."""

    kind: Literal["branch"] = "branch"
    act: actreg.ActivationField = actreg.default("tanh")


class Leaf(BaseModel):
    """Another."""

    kind: Literal["leaf"] = "leaf"


class Nested(BaseModel):
    """Every way to hold activations."""

    block: Model = Field(default_factory=Model)
    maybe: actreg.ActivationField | None = None
    several: list[actreg.ActivationField] = Field(default_factory=list)
    named: dict[str, actreg.ActivationField] = Field(default_factory=dict)
    part: Annotated[Branch | Leaf, Field(discriminator="kind")] = Field(default_factory=Leaf)


@dataclass
class Data:
    """A dataclass of pydantic's."""

    act: actreg.ActivationField = actreg.default("elu", alpha=0.5)


FORMS = ["elu", {"elu": {"alpha": 0.5}}, {"elu": 0.5}, {"elu": None}, actreg.get("elu", alpha=2.0), "keras:leaky_relu"]


@pytest.mark.parametrize("value", FORMS)
def test_every_form_is_taken_and_round_trips(value: Any) -> None:
    """Name, mapping, shorthand, instance; JSON, YAML, pickle and copies read back to an equal model."""
    model = Model(act=value)
    assert model.act == actreg.get(value)
    assert Model.model_validate_json(model.model_dump_json()) == model
    assert Model.model_validate(yaml.safe_load(yaml.safe_dump(model.model_dump()))) == model
    assert pickle.loads(pickle.dumps(model)) == model
    assert copy.deepcopy(model) == model
    assert model.model_copy(deep=True) == model


def test_nested_optional_listed_named_and_discriminated() -> None:
    """Wherever pydantic puts a type, this one works, and the whole round-trips."""
    model = Nested.model_validate(
        {
            "block": {"act": "relu"},
            "maybe": {"elu": 0.5},
            "several": ["relu", {"leaky_relu": {"negative_slope": 0.2}}],
            "named": {"a": "tanh"},
            "part": {"kind": "branch", "act": "sigmoid"},
        }
    )
    assert model.several[1] == actreg.get("leaky_relu", negative_slope=0.2)
    assert isinstance(model.part, Branch)
    assert model.part.act == actreg.get("sigmoid")
    assert Nested.model_validate_json(model.model_dump_json()) == model
    assert Nested().maybe is None
    jsonschema.Draft202012Validator(Nested.model_json_schema()).validate(model.model_dump(mode="json"))


def test_a_dataclass_and_an_adapter() -> None:
    """The default is the configured one; a bare annotation is a type as well."""
    assert Data().act == actreg.get("elu", alpha=0.5)
    assert Data(act="relu").act == actreg.get("relu")
    adapter = TypeAdapter(actreg.ActivationField)
    assert adapter.validate_python("relu") == actreg.get("relu")
    assert adapter.validate_json('{"elu": {"alpha": 2}}') == actreg.get("elu", alpha=2.0)
    assert adapter.dump_json(actreg.get("tanh")) == b'{"tanh":{}}'


def test_defaults_are_read_and_checked() -> None:
    """Through `default`; a plain name as a default is read where pydantic is told to."""

    class Plain(BaseModel):
        act: actreg.ActivationField = Field("gelu", validate_default=True)

    class Wrong(BaseModel):
        act: actreg.ActivationField = Field("sillu", validate_default=True)

    class Bad(BaseModel):
        act: actreg.ActivationField = actreg.default("sillu")

    assert Model().act == actreg.get("silu")
    assert Plain().act == actreg.get("gelu")
    for cls in (Wrong, Bad):
        with pytest.raises((ValidationError, actreg.UnknownNameError), match="did you mean 'silu'"):
            cls()


@pytest.mark.parametrize(
    ("value", "place", "words"),
    [
        ("relo", ("act",), "did you mean 'relu'"),
        ({"elu": {"alfa": 1}}, ("act", "elu", "alfa"), "did you mean 'alpha'"),
        ({"elu": {"alpha": "1e-3"}}, ("act", "elu", "alpha"), "not '1e-3'"),
        ({"ELU": {"alpha": float("nan")}}, ("act", "ELU", "alpha"), "finite"),
        (3, ("act",), "not 3"),
        ({"elu": {}, "relu": {}}, ("act",), "a mapping of one name"),
        (None, ("act",), "not None"),
    ],
)
def test_a_mistake_is_a_validation_error_with_our_words(value: Any, place: tuple[str, ...], words: str) -> None:
    """Located by pydantic to the option, beside other fields' mistakes."""
    with pytest.raises(ValidationError, match=words) as caught:
        Model(act=value, width="x")
    assert [error["loc"] for error in caught.value.errors()] == [place, ("width",)]


def test_every_wrong_option_is_told_at_once() -> None:
    """Two options, two findings, with suggestions for tools."""
    with pytest.raises(ValidationError) as caught:
        Nested.model_validate({"several": ["relu", {"softplus": {"bta": 1.0, "threshold": "x"}}]})
    errors = caught.value.errors()
    assert sorted(error["loc"] for error in errors) == [
        ("several", 1, "softplus", "bta"), ("several", 1, "softplus", "threshold"),
    ]  # fmt: skip
    assert {"beta"} <= {name for error in errors for name in error["ctx"]["suggestions"]}


PLUGIN = '''
from typing import Any, ClassVar
from actreg import Elementwise, Info, hookimpl

class Act(Elementwise):
    """A test activation."""
    info: ClassVar[Info] = Info(name="{name}")
    def forward(self, xp: Any, x: Any) -> Any:
        return x * 2.0

@hookimpl
def actreg_activations():
    return [Act]
'''


def test_a_plugin_activation_is_taken_though_the_model_was_defined_before(install: Callable[..., None]) -> None:
    """An open union: pydantic asks the registry, and does not refuse what it has not heard of; schemas follow."""
    with pytest.raises(ValidationError, match="unknown activation 'doubled'"):
        Model(act="doubled")
    install("doubles", PLUGIN.format(name="doubled"))
    assert Model(act="doubled").act.info.name == "doubled"
    assert "doubled" in Model.model_json_schema()["properties"]["act"]["anyOf"][0]["enum"]


def test_a_collision_is_told_and_settled_by_distribution(install: Callable[..., None]) -> None:
    """Both sides with their versions; ``name@distribution`` chooses; the schema offers no quarrel."""
    install("one", PLUGIN.format(name="contested"))
    install("two", PLUGIN.format(name="contested"), version="2.0")
    with pytest.raises(
        ValidationError, match=r"claimed by one 1\.0 .* and by two 2\.0 .*contested@one or contested@two"
    ):
        Model(act="contested")
    assert Model(act="contested@two").act.info.name == "contested"


def test_the_schema_agrees_with_the_model() -> None:
    """A valid JSON Schema, which takes what the model takes and refuses what it refuses."""
    schema = Model.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    goods = ["relu", {"elu": {"alpha": 0.5}}, {"elu": 0.5}, {"elu": None}, {"glu": {"gate": "first"}}]
    for good in goods:
        validator.validate({"act": good})
        Model(act=good)
    validator.validate({})
    for bad in ("relo", {"elu": {"alfa": 0.5}}, {"elu": {"alpha": "x"}}, {"elu": {}, "relu": {}}, "glu", {"glu": None}):
        assert not validator.is_valid({"act": bad})
        with pytest.raises(ValidationError):
            Model(act=bad)
