"""The JSON Schema of specs: valid, complete, and of one mind with `check`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from actreg.errors import SpecError
from actreg.model.containers import WORDS
from actreg.model.kinds import KINDS
from actreg.model.places import Problems, Source
from actreg.model.read import read_spec
from actreg.model.reader import read_value
from actreg.model.schema.spec import FILE, schema_text, spec_schema
from actreg.model.site import SITE_KEYS
from actreg.model.values import data_of
from actreg.registry import Registry

ROOT = Path(__file__).parents[3]
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
SCHEMA = spec_schema(Registry())
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
LAYER = SCHEMA["definitions"]["layer"]
HEAD = "actreg: 1\ninput: [8]\n"


def accepted(text: str) -> bool:
    """Whether the schema takes a text, read as the reader reads it."""
    value = read_value(Source("spec", text), Problems())
    assert value is not None
    return bool(VALIDATOR.is_valid(data_of(value)))


def checked(text: str) -> bool:
    """Whether `check` takes it."""
    try:
        read_spec(text, registry=Registry())
    except SpecError:
        return False
    return True


def test_the_schema_is_one() -> None:
    """Draft 7 by its own meta-schema; every reference leads somewhere."""
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    found = set(json.dumps(SCHEMA).split('"$ref": "')[1:])
    assert {text.partition('"')[0] for text in found} <= {f"#/definitions/{name}" for name in SCHEMA["definitions"]}


def test_the_committed_copy_is_this_schema() -> None:
    """Remedy: actreg schema --builtins --output configs/actreg.schema.json"""
    assert (ROOT / "configs" / FILE).read_text("utf-8") == schema_text(Registry())


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_specs_name_and_fit_it(path: Path) -> None:
    """Their first line leads an editor to the schema beside them; nothing in them is refused."""
    text = path.read_text("utf-8")
    assert text.splitlines()[0] == f"# yaml-language-server: $schema=./{FILE}"
    value = read_value(Source(str(path), text), Problems())
    assert value is not None
    assert [error.message for error in VALIDATOR.iter_errors(data_of(value))] == []


def test_every_layer_and_option_is_in_it() -> None:
    """Every kind, container, word, activation and site key, with every option's description and default."""
    registry = Registry()
    assert set(LAYER["properties"]) >= {*KINDS, *WORDS, *registry.names(), *SITE_KEYS}
    for name in registry.names():
        fields = registry.find(name).model_fields
        options = SCHEMA["definitions"][f"activation_{name}"]["properties"]
        assert set(options) == set(fields)
        for option, field in fields.items():
            assert field.description in options[option]["description"]
            if not field.is_required() and field.default is not None:
                assert json.dumps(options[option]["default"]) == json.dumps(field.default)


def test_an_activation_of_somebody_else_is_in_it(registry: Registry) -> None:
    """With its options and main option."""
    found = spec_schema(registry)["definitions"]
    assert found["layer"]["properties"]["learned"] == {"$ref": "#/definitions/activation_learned"}
    learned = found["activation_learned"]
    assert learned["properties"]["axis"]["description"].startswith("where they run")
    assert "integer" in learned["type"]


RIGHT = [
    "layers: [relu]",
    "layers:\n  - linear: 3\n  - {gelu: tanh, as: last}\n  - act: {leaky_relu: {negative_slope: 1e-3}}",
    "layers: [linear: $w, {relu: , as: a, inplace: true}, prelu: each, leaky_relu: $(w / 8)]\nvars: {w: 4}",
    "layers: [linear: {out_features: $w, bias: $b}]\nvars: {w: 4, b: false}",
    "layers: [residual: [linear: 8], repeat: {times: 2, layers: [tanh]}]",
    "layers: [branches: {merge: sum, of: [[linear: 8], []]}, gated: {hidden: 4, act: silu}]",
    "layers: [use: b, {use: c, with: {n: 3}}]\nblocks: {b: [relu], c: {params: {n: }, layers: [linear: $n]}}",
    "layers: [{linear: 8, as: x}, {linear: 8, share: x}, add: x, {relu: , inplace: false}]",
    "layers: [linear: 8]\nseed: 3\ntrain: {epochs: 2, optimizer: {sgd: {lr: 0.1}}, loss: mse}",
    "layers: [linear: 8]\ndata: {file: a.npz, inputs: x, targets: y, held_out: {fraction: 0.5}}",
    "layers: [linear: 8]\ntrain: {optimizer: adamw}",
    "layers: $l\nvars: {l: [relu]}",
    "layers: [use: b]\nblocks: {b: {blocks: {c: [relu]}, layers: [use: c]}}",
    "layers: [relu]\nrequires: {actreg: '>=0.1'}",
]


def test_token_ids_are_taken() -> None:
    """The input's other form, and what is wrong with it."""
    text = "actreg: 1\ninput: {shape: [5], dtype: int64}\nlayers: [embedding: {rows: 7, features: 4}]\n"
    assert checked(text)
    assert accepted(text)
    for wrong in ("int32", "int64, size: 3"):
        assert not checked(text.replace("int64", wrong))
        assert not accepted(text.replace("int64", wrong))


@pytest.mark.parametrize("text", RIGHT)
def test_what_check_takes_the_schema_takes(text: str) -> None:
    """Bare names, options, variables, containers, blocks, site keys, sections."""
    assert checked(HEAD + text + "\n")
    assert accepted(HEAD + text + "\n")


WRONG = [
    ("layers: [rleu]", "an unknown bare name"),
    ("layers: [lienar: 3]", "an unknown layer"),
    ("layers: [linear]", "a bare name that needs options"),
    ("layers: [linear: ]", "nothing where an option is needed"),
    ("layers: [leaky_relu: {negativ_slope: 0.1}]", "an unknown option"),
    ("layers: [leaky_relu: {negative_slope: '0.1'}]", "text for a number"),
    ("layers: [leaky_relu: {negative_slope: true}]", "a boolean for a number"),
    ("layers: [linear: 2.5]", "a broken number of features"),
    ("layers: [linear: 0]", "no features"),
    ("layers: [linear: {out_features: 3, bias: 1}]", "a number for a boolean"),
    ("layers: [gelu: {approximate: tan}]", "an unknown choice"),
    ("layers: [gelu: tan]", "an unknown choice as a scalar"),
    ("layers: [dropout: 1.5]", "a share above one"),
    ("layers: [{linear: 3, relu: }]", "two kinds"),
    ("layers: [{linear: 3, relu: , as: x}]", "two kinds and a name"),
    ("layers: [{linear: 3, as: 1x}]", "a name that is none"),
    ("layers: [linear: {bias: true}]", "a missing option"),
    ("layers: [repeat: {layers: [relu]}]", "a missing option of a container"),
    ("layers: [repeat: {times: 2, layers: [rleu]}]", "a mistake inside a container"),
    ("layers: [residual: []]", "an empty residual"),
    ("layers: [branches: {merge: plus, of: [[relu], []]}]", "an unknown merge"),
    ("layers: [gated: 4]", "a gate without an activation"),
    ("layers: [act: rleu]", "an unknown activation"),
    ("layers: [act: linear]", "a layer as an activation"),
    ("layers: []", "no layers"),
    ("layers: relu", "text for layers"),
    ("layers: [3]", "a number for a layer"),
    ("layers: [relu]\nsede: 3", "an unknown key"),
    ("layers: [relu]\nseed: -1", "a negative seed"),
    ("layers: [relu]\ntrain: {epoch: 3}", "an unknown setting"),
    ("layers: [relu]\ntrain: {optimizer: {sgd: {lrr: 3}}}", "an unknown option of an optimiser"),
    ("layers: [relu]\ntrain: {optimizer: adam}", "an unknown optimiser"),
    ("layers: [relu]\ndata: {file: a.npz, inputs: x}", "data without targets"),
    ("layers: [relu]\nvars: {1x: 3}", "a variable that is no name"),
    ("layers: [relu]\nblocks: {b: {layer: [relu]}}", "a block without layers"),
    ("layers: [relu]\nblocks: {b: {params: {n: 1}}}", "a block with parameters alone"),
    ("layers: [relu]\nblocks: {b: {blocks: {c: 3}, layers: [relu]}}", "a number for an inner block"),
    ("layers: [relu]\nblocks: {b: {include: b.yaml, layers: [relu]}}", "layers beside an include"),
]


@pytest.mark.parametrize(("text", "what"), WRONG, ids=[what for _, what in WRONG])
def test_what_check_refuses_the_schema_refuses(text: str, what: str) -> None:
    """Each a mistake that can be seen without shapes."""
    assert not checked(HEAD + text + "\n")
    assert not accepted(HEAD + text + "\n")


@pytest.mark.parametrize("name", sorted({*KINDS, *Registry().names()}))
def test_bare_names_are_those_that_check_reads(name: str) -> None:
    """A name that stands alone is offered just where the layer needs no option."""
    offered = {way.get("const") for way in LAYER["anyOf"]}
    try:
        read_spec(f"actreg: 1\ninput: [4, 8, 8]\nlayers: [{name}]\n", registry=Registry())
        refused = False
    except SpecError as error:
        refused = "required" in str(error)
    assert (name in offered) is not refused


def test_no_array_library_is_loaded() -> None:
    """In a process of its own."""
    code = (
        "import sys; from actreg.cli import main; sys.stdout = open('/dev/null', 'w'); status = main(['schema']);"
        "print(status, sorted({'numpy', 'torch', 'rich'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "0 []"


def test_values_merge_only_where_keywords_speak_of_one_type() -> None:
    """Two numbers stay alternatives; a number and a list become one."""
    from actreg.model.schema.values import either

    number: dict[str, Any] = {"type": "integer", "minimum": 1}
    assert either([number, {"type": "array", "maxItems": 2}]) == {
        "type": ["integer", "array"],
        "minimum": 1,
        "maxItems": 2,
    }
    assert either([number, {"type": "number", "maximum": 0.5}])["anyOf"]
