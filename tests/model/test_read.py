"""Specs as a whole: all mistakes at once, sources, overrides, round trips, and nothing but SpecError."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actreg.errors import Diagnostic, SpecError
from actreg.model import ModelSpec, plan_of, read_spec
from actreg.registry import Registry

GOOD = """\
actreg: 1
input: [1, 8, 8]
vars:
  width: 16
  act: {leaky_relu: {negative_slope: 0.1}}
  body: [linear: $(width * 2), act: $act, linear: $width]
layers:
  - flatten
  - {linear: $width, as: stem}
  - repeat: {times: 2, layers: [residual: $body]}
  - linear: 10
seed: 7
data: {file: data/digits.npz, inputs: x, targets: y, held_out: test, scale: 16}
train: {epochs: 3, batch: 32, optimizer: {sgd: {lr: 0.1, momentum: 0.9}}, dtype: float64}
"""

TEN = """\
actreg: 2
input: [8, 0]
vars:
  width: $(depht * 2)
  depth: 3
layers:
  - lineer: 10
  - {leaky_relu: {negative_slop: 0.1}}
  - linear: {out_features: ten, bias: true}
  - linear: "$(depth +)"
  - {tanh: , tanh: }
  - {relu: , as: 9}
  - linear: $dept
  - linear: $width
"""

TOP = [
    ("[1]\n", 1, 1, "a spec is a mapping that begins with actreg: 1, not a list"),
    ("x: 1\n", 1, 1, "unknown key 'x'"),
    ("actreg: 1\ninput: [8]\nlayer: [relu]\nlayers: [relu]\n", 3, 1, "did you mean 'layers'?"),
    ("actreg: 2\ninput: [8]\nlayers: [relu]\n", 1, 9, "this version reads specs with actreg: 1, not 2"),
    ("actreg: true\ninput: [8]\nlayers: [relu]\n", 1, 9, "not True"),
    ("input: [8]\nlayers: [relu]\n", 1, 1, "begin the spec with actreg: 1"),
    ("actreg: 1\nlayers: [relu]\n", 1, 1, "the key input is missing"),
    ("actreg: 1\ninput: [8]\n", 1, 1, "the key layers is missing"),
    ("actreg: 1\ninput: []\nlayers: [relu]\n", 2, 8, "1 to 8 sizes"),
    ("actreg: 1\ninput: [1, 1, 1, 1, 1, 1, 1, 1, 1]\nlayers: [relu]\n", 2, 8, "1 to 8 sizes"),
    ("actreg: 1\ninput: [8, x]\nlayers: [relu]\n", 2, 12, "input: a size is an integer from 1"),
    ("actreg: 1\ninput: [8.0]\nlayers: [relu]\n", 2, 9, "not 8.0"),
    ("actreg: 1\ninput: [true]\nlayers: [relu]\n", 2, 9, "not True"),
    ("actreg: 1\ninput: {shape: [8, 0]}\nlayers: [relu]\n", 2, 20, "input: a size is an integer from 1"),
    ("actreg: 1\ninput: {dtype: int64}\nlayers: [relu]\n", 2, 8, "input: shape: field required"),
    ("actreg: 1\ninput: {shape: [8], type: int64}\nlayers: [relu]\n", 2, 21, "unknown option 'type'"),
    ("actreg: 1\ninput: {shap: [8], shape: [8]}\nlayers: [relu]\n", 2, 9, "did you mean 'shape'?"),
    ("actreg: 1\ninput: {shape: [8], dtype: int32}\nlayers: [embedding: {rows: 9, features: 2}]\n", 2, 28, "int64"),
    ("actreg: 1\ninput: {shape: [8], dtype: int64}\nlayers: [relu]\n", 3, 10, "an embedding reads them"),
    ("actreg: 1\ninput: {shape: [8], dtype: int64}\nlayers: [residual: [flatten]]\n", 3, 21, "an embedding reads"),
    ("actreg: 1\ninput: [8]\nlayers: [embedding: {rows: 9, features: 2}]\n", 3, 10, "embedding reads token ids"),
    ("actreg: 1\ninput: [8]\nlayers: [relu]\nseed: -1\n", 4, 7, "seed is an integer from 0"),
    ("actreg: 1\ninput: [8]\nlayers: [relu]\nseed: 1.5\n", 4, 7, "not 1.5"),
    ("actreg: 1\ninput: [8]\nvars: [a]\nlayers: [relu]\n", 3, 7, "vars is a mapping"),
    ("actreg: 1\ninput: [8]\nvars: {a-b: 1}\nlayers: [relu]\n", 3, 8, "'a-b' is no name for a variable"),
    ("actreg: 1\ninput: [8]\nvars: {a: $b, b: 1}\nlayers: [relu]\n", 3, 12, "$b is defined after this, on line 3"),
    ("actreg: 1\ninput: [8]\nvars: {a: $a}\nlayers: [relu]\n", 3, 12, "$a is defined after this"),
    ("actreg: 1\ninput: [8]\nvars: {width: 3}\nlayers: [linear: $widht]\n", 4, 19, "did you mean 'width'?"),
    ("actreg: 1\ninput: [8]\nvars: {w: x}\nlayers: [linear: $(w * 2)]\n", 4, 20, "$w is 'x', no number"),
    ("actreg: 1\ninput: [8]\nvars: {w: true}\nlayers: [linear: $(w * 2)]\n", 4, 20, "$w is True, no number"),
    ("actreg: 1\ninput: [8]\nvars: {w: 0}\nlayers: [linear: $w]\n", 4, 18, "not 0 (from $w, line 3)"),
    ("actreg: 1\ninput: [8]\nvars: {a: reluu}\nlayers: [act: $a]\n", 4, 15, "unknown activation 'reluu'"),
]


@pytest.mark.parametrize(("text", "line", "column", "fragment"), TOP, ids=[text for text, *_ in TOP])
def test_a_mistake_at_the_top(
    mistakes: Callable[..., list[str]], text: str, line: int, column: int, fragment: str
) -> None:
    """Located, and said in words that help."""
    found = mistakes(text)
    assert any(item.startswith(f"{line}:{column}: ") and fragment in item for item in found), found


def test_ten_mistakes_are_ten_messages_in_order(read: Callable[..., ModelSpec]) -> None:
    """All in one run, by line, nothing besides."""
    with pytest.raises(SpecError) as caught:
        read(TEN, file="ten.yaml")
    found = [(d.line, d.column) for d in caught.value.diagnostics]
    places = [(1, 9), (2, 12), (4, 12), (7, 5), (8, 19), (9, 28), (10, 23), (11, 14), (12, 18), (13, 14)]
    assert found == places
    assert str(caught.value.diagnostics[3]).startswith("ten.yaml:7:5: unknown layer 'lineer'; did you mean 'linear'")
    assert caught.value.diagnostics[3].source == "  - lineer: 10"


def test_a_cause_used_often_is_one_message(mistakes: Callable[..., list[str]]) -> None:
    """A variable with a wrong value, used three times, and repeated."""
    layers = "[act: $act, act: $act, {repeat: {times: 9, layers: [act: $act]}}]"
    assert len(mistakes(f"actreg: 1\ninput: [8]\nvars: {{act: reluu}}\nlayers: {layers}\n")) == 1


def test_a_mistake_in_a_repeated_layer_is_one_message(mistakes: Callable[..., list[str]]) -> None:
    """However often it is repeated, and though the shapes differ each time."""
    text = "actreg: 1\ninput: [96]\nlayers: [repeat: {times: 99, layers: [halver]}]\n"
    (found,) = mistakes(text)
    assert found == "3:39: halver: it halves axis -1, whose size 3 is odd"


def test_a_good_spec_is_read_whole(read: Callable[..., ModelSpec], tmp_path: Path) -> None:
    """Every section, with what the variables stand for."""
    path = tmp_path / "net.yaml"
    path.write_text(GOOD, encoding="utf-8")
    spec = read(path)
    assert spec.input == (1, 8, 8)
    assert spec.seed == 7
    assert spec.vars["width"] == 16
    assert spec.file == str(path)
    assert spec.folder == tmp_path
    assert spec.text == GOOD
    assert spec.data is not None
    assert (spec.data.file, spec.data.held_out, spec.data.scale) == ("data/digits.npz", "test", 16.0)
    assert spec.train is not None
    assert spec.train.settings().name == "sgd"
    assert spec.train.settings().settings == {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.0}
    assert plan_of(spec).output_shape == (10,)


def test_text_and_overrides_read_back_to_the_same_spec(read: Callable[..., ModelSpec]) -> None:
    """So a weight file that carries both rebuilds the same plan."""
    spec = read(GOOD, overrides={"act": "silu", "width": "32"})
    again = read(spec.text, overrides=spec.overrides, file="other")
    assert again == spec
    assert [(n.name, n.shape, n.activation) for n in plan_of(again).nodes] == [
        (n.name, n.shape, n.activation) for n in plan_of(spec).nodes
    ]
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_overrides_replace_variables(read: Callable[..., ModelSpec]) -> None:
    """Values are YAML, or Python data; dependents follow; a read spec can be read again with others."""
    spec = read(GOOD, overrides={"width": 24, "act": "{leaky_relu: {negative_slope: 0.5}}"})
    assert spec.overrides == {"width": "24", "act": "{leaky_relu: {negative_slope: 0.5}}"}
    nodes = {node.name: node for node in plan_of(spec).nodes}
    assert nodes["stem"].shape == (24,)
    assert nodes["repeat_1.1.residual_1.linear_1"].shape == (48,)
    assert nodes["repeat_1.1.residual_1.leaky_relu_1"].activation.negative_slope == 0.5  # type: ignore[union-attr]
    again = read(spec, overrides={"act": {"elu": {"alpha": 2.0}}})
    assert {"elu_1", "stem"} <= {node.name.rpartition(".")[2] for node in plan_of(again).nodes}
    assert plan_of(again).nodes[1].shape == (24,)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"act": "sillu"}, "6:37: unknown activation 'sillu'; did you mean 'silu'"),
        ({"act": "sillu"}, "(from --set act=sillu)"),
        ({"widht": "3"}, "4:3: no variable or layer 'widht' to set: vars has width, act, body; layers are named stem"),
        ({"width": "1.5"}, "input should be a valid integer, not 1.5 (from --set width=1.5)"),
        ({"act": "[a"}, "--set act=[a: this is not YAML"),
        ({"act": "!!python/name:os.system"}, "--set act=!!python/name:os.system: the tag"),
        ({"width": "$(depth)"}, "unknown variable 'depth'"),
        ({"width": object()}, "--set width: the spec is a object, which is no plain data"),
    ],
)
def test_a_mistake_in_an_override(mistakes: Callable[..., list[str]], overrides: dict[str, Any], expected: str) -> None:
    """At the first use, and named as what came from the command line."""
    found = mistakes(GOOD, overrides=overrides)
    assert any(expected in item for item in found), found


def test_an_override_without_vars_is_refused(mistakes: Callable[..., list[str]]) -> None:
    """A setting without effect is a mistake."""
    (found,) = mistakes("actreg: 1\ninput: [8]\nlayers: [relu]\n", overrides={"act": "silu"})
    assert found == "1:1: no variable 'act' to set: the spec has no vars (--set act=silu)"


MAPPING: dict[str, Any] = {
    "actreg": 1,
    "input": (8,),
    "layers": ["flatten", {"linear": 4}, {"leaky_relu": {"negative_slope": 1e-3}}],
}


def test_a_mapping_is_a_spec(read: Callable[..., ModelSpec]) -> None:
    """And keeps a text that reads back to the same."""
    spec = read(MAPPING)
    assert spec.file == "<mapping>"
    assert read(spec.text, file="x") == spec


def test_a_mistake_in_a_mapping_gives_its_path(read: Callable[..., ModelSpec]) -> None:
    """Lines mean nothing there."""
    repeat = {"repeat": {"times": 1, "layers": ["rel"]}}
    bad = {**MAPPING, "layers": ["flatten", {"linear": {"out_features": "4"}}, repeat]}
    with pytest.raises(SpecError) as caught:
        read(bad)
    first, second = (d.message for d in caught.value.diagnostics)
    assert first.endswith("(at layers[1].linear.out_features)")
    assert second.endswith("(at layers[2].repeat.layers[0])")


@pytest.mark.parametrize(
    ("spec", "fragment"),
    [
        ("nowhere.yaml", "cannot be read: No such file"),
        (".", "cannot be read: Is a directory"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
        ({"actreg": 1, "layers": {1: 2}}, "layers has the key 1, which is no name"),
        ({"actreg": object}, "actreg is a type, which is no plain data"),
    ],
)
def test_what_cannot_be_read_is_a_spec_error(read: Callable[..., ModelSpec], spec: Any, fragment: str) -> None:
    """With the file's name and the system's reason."""
    with pytest.raises(SpecError) as caught:
        read(spec)
    assert fragment in str(caught.value)


def test_a_misspelt_file_gets_a_suggestion(read: Callable[..., ModelSpec], tmp_path: Path) -> None:
    """From the specs that lie beside it."""
    (tmp_path / "digits_mlp.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(SpecError, match=r"did you mean 'digits_mlp.yaml'\?"):
        read(tmp_path / "digit_mlp.yaml")


def test_bytes_that_are_no_text(read: Callable[..., ModelSpec], tmp_path: Path) -> None:
    """UTF-8 with or without a byte order mark, nothing else."""
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="not UTF-8: byte 0"):
        read(path)
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read(path).seed == 7


def test_ring_and_bomb_in_python_data(read: Callable[..., ModelSpec]) -> None:
    """A list that holds itself, and one that holds the same list a thousand times over."""
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(SpecError, match="nests deeper"):
        read({"layers": ring})
    wide: Any = [1] * 100
    for _ in range(10):
        wide = [wide] * 100
    with pytest.raises(SpecError, match="more than 500000 values"):
        read({"layers": wide})


def test_variables_cannot_multiply_without_bound(mistakes: Callable[..., list[str]]) -> None:
    """The bomb made of variables instead of aliases."""
    lines = ["  a0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"  a{n}: [{', '.join([f'$a{n - 1}'] * 10)}]" for n in range(1, 30)]
    start = time.perf_counter()
    found = mistakes("actreg: 1\ninput: [8]\nvars:\n" + "\n".join(lines) + "\nlayers: [relu]\n")
    assert time.perf_counter() - start < 5.0
    assert len(found) == 1
    assert "variables expand the spec" in found[0]


def test_variables_cannot_nest_without_bound(mistakes: Callable[..., list[str]]) -> None:
    """A chain of a thousand, each a list of the one before."""
    lines = ["  a0: [1]"] + [f"  a{n}: [$a{n - 1}]" for n in range(1, 1000)]
    (found,) = mistakes("actreg: 1\ninput: [8]\nvars:\n" + "\n".join(lines) + "\nlayers: [relu]\n")
    assert "variables nest this deeper than 64 levels" in found


def test_reading_stops_at_five_hundred_problems(mistakes: Callable[..., list[str]]) -> None:
    """Ten thousand misspelt layers take no minute."""
    start = time.perf_counter()
    found = mistakes("actreg: 1\ninput: [8]\nlayers:\n" + "".join(f"  - lin{n}: 3\n" for n in range(10_000)))
    assert time.perf_counter() - start < 10.0
    assert len(found) == 501
    assert sum("what follows is not looked at" in item for item in found) == 1


def test_ten_thousand_layers_are_read_quickly(read: Callable[..., ModelSpec]) -> None:
    """Under a second of processor time, the best of three on a machine that may be busy."""
    body = "".join(f"  - {{linear: 64, as: l{n}}}\n  - leaky_relu: {{negative_slope: 0.1}}\n" for n in range(5_000))
    times = []
    for _ in range(3):
        start = time.process_time()
        spec = read("actreg: 1\ninput: [64]\nlayers:\n" + body)
        times.append(time.process_time() - start)
        assert len(spec.plan.nodes) == 10_000
    assert min(times) < 1.0, times


def test_a_message_is_one_line_of_bounded_length(read: Callable[..., ModelSpec]) -> None:
    """Whatever stands in the text."""
    with pytest.raises(SpecError) as caught:
        read(f'actreg: 1\ninput: [8]\nlayers: ["a\\nb{"x" * 5000}", linear: [{"1, " * 5000}]]\n')
    for found in caught.value.diagnostics:
        assert "\n" not in found.message
        assert len(found.message) < 1000


GRAMMAR = """actreg input layers vars train data seed linear relu residual repeat times layers act $a $(a*2) $( ) ${a}
    1 8 0.5
    -3 ~ true leaky_relu negative_slope softmax axis as inplace from conv2d kernel out_channels file x.npz ../x.npz sgd
    optimizer adamw lr held_out fraction prelu each maxout units learned halver doubler faulty << *a &a !!int ? |
    'q' "q" # --- %YAML 9e999 .inf 0o7 1e-3"""
WORDS = st.sampled_from(GRAMMAR.split())
SEPARATORS = st.sampled_from([": ", ", ", "\n", "\n  ", "\n    - ", "\n- ", " ", "[", "]", "{", "}", ":\n  "])


@pytest.fixture(scope="module")
def any_registry() -> Registry:
    """The built-in registry; hypothesis wants one that lasts."""
    return Registry()


def only_spec_errors(text: Any, registry: Registry, **options: Any) -> None:
    """Reads, and lets nothing but SpecError pass."""
    found: tuple[Diagnostic, ...] = ()
    try:
        plan_of(read_spec(text, registry=registry, **options))
    except SpecError as error:
        found = error.diagnostics or (Diagnostic("an empty error", 0, 0, ""),)
    assert all(d.line >= 1 and d.column >= 1 and d.message for d in found)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.lists(st.tuples(WORDS, SEPARATORS), max_size=30).map(lambda parts: "".join(a + b for a, b in parts)))
def test_any_words_of_the_grammar_give_a_spec_or_a_spec_error(text: str, any_registry: Registry) -> None:
    """Sequences of the grammar's own words, after a good beginning or not."""
    only_spec_errors("\n" + text, any_registry)
    only_spec_errors("actreg: 1\ninput: [8]\nvars: {a: 3}\nlayers:\n  - " + text, any_registry)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(at=st.integers(0, len(GOOD)), length=st.integers(0, 12), put=st.text(max_size=6) | WORDS)
def test_any_damage_to_a_good_spec_gives_a_spec_or_a_spec_error(
    at: int, length: int, put: str, any_registry: Registry
) -> None:
    """A piece of a good spec replaced by something."""
    only_spec_errors(GOOD[:at] + put + GOOD[at + length :], any_registry)


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(layers=json, extra=st.dictionaries(WORDS, json, max_size=3), override=st.text(max_size=8) | json)
def test_any_python_data_gives_a_spec_or_a_spec_error(
    layers: Any, extra: dict[str, Any], override: Any, any_registry: Registry
) -> None:
    """As layers, as other keys and as an override."""
    base = {"actreg": 1, "input": [8], "vars": {"a": 3}, "layers": layers}
    only_spec_errors({**base, **extra}, any_registry)
    only_spec_errors({**base, "layers": ["$a"]}, any_registry, overrides={"a": override})
