"""YAML text to located values: places, aliases, duplicate keys, hostile texts."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from actreg.errors import Diagnostic
from actreg.model.places import Problems, Source
from actreg.model.reader import LOADER, read_value
from actreg.model.values import ListValue, MapValue, ScalarValue, Value, data_of, paths

LOADERS = [pytest.param(LOADER, id="preferred"), pytest.param(yaml.SafeLoader, id="pure")]


def read(text: str, loader: Any = LOADER) -> tuple[Value | None, list[Diagnostic]]:
    """The value of a text and what was found wrong with it."""
    problems = Problems()
    value = read_value(Source("s.yaml", text), problems, loader=loader)
    return value, problems.found()


@pytest.mark.parametrize("loader", LOADERS)
def test_every_value_and_key_knows_line_and_column(loader: Any) -> None:
    """Both parsers count alike, from 1, in characters."""
    text = "a: 1\nbé:\n  - x\n  - {c: 'q', d: [1, 2]}\n"
    value, found = read(text, loader)
    assert not found
    assert value is not None
    places: dict[str, set[tuple[int, int]]] = {}
    for place, path in paths(value):
        places.setdefault(path, set()).add(place)
    assert places["a"] == {(1, 1), (1, 4)}
    assert places["bé"] == {(2, 1), (3, 3)}
    assert places["bé[0]"] == {(3, 5)}
    assert places["bé[1]"] == {(4, 5)}
    assert places["bé[1].c"] == {(4, 6), (4, 9)}
    assert places["bé[1].d[1]"] == {(4, 21)}


@pytest.mark.parametrize("loader", LOADERS)
def test_only_plain_scalars_are_resolved(loader: Any) -> None:
    """Quoted and block scalars are strings, with either parser's idea of a plain style."""
    value, _ = read("[1, '1', \"1\", on, ~, 1e-3]", loader)
    assert value is not None
    assert data_of(value) == [1, "1", "1", "on", None, 1e-3]
    value, _ = read("a: |\n  12\n", loader)
    assert value is not None
    assert data_of(value) == {"a": "12\n"}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "line", "column", "fragment"),
    [
        ("", 1, 1, "nothing in it"),
        ("# only a comment\n", 1, 1, "nothing in it"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "duplicate key 'a', first given at line 1, column 1"),
        ("x: {b: 1, 'b': 2}", 1, 11, "duplicate key 'b', first given at line 1, column 5"),
        ("a: !!python/object:os.system 1", 1, 4, "the tag !!python/object:os.system is refused"),
        ("a: !!int '1'", 1, 4, "the tag !!int is refused"),
        ("a: ! x", 1, 4, "the tag ! is refused"),
        ("a: !mine [1]", 1, 4, "the tag !mine is refused"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a: *x", 1, 4, "the alias *x names nothing"),
        ("a: &x [1, *x]", 1, 11, "stands inside the value"),
        ("1: a", 1, 1, "a key is a name, not 1"),
        ("~: a", 1, 1, "a key is a name, not nothing"),
        ("? [a]\n: b", 1, 3, "a key is a name, not a list"),
        ("<<: 3", 1, 5, "<< merges mappings, not 3"),
        ("a: " + "1" * 70, 1, 4, "70 characters"),
        ("a: b\0", 1, 5, "U+0000"),
        ("a: b\nc: \ud800", 2, 4, "U+D800"),
        ("a: [1, 2", 1, 9, "this is not YAML"),
        ("a: b: c", 1, 5, "this is not YAML"),
        ("{b: ${c}}", 1, 6, "write $(…) or $name instead of ${…}"),
    ],
)
def test_a_mistake_of_yaml_is_located(loader: Any, text: str, line: int, column: int, fragment: str) -> None:
    """One diagnostic, at the line and column, with either parser (a syntax error's column is the parser's own)."""
    _, found = read(text, loader)
    assert len(found) == 1
    assert fragment in found[0].message
    if "not YAML" not in found[0].message:
        assert (found[0].line, found[0].column) == (line, column)
    assert found[0].line == line or "not YAML" in found[0].message


def test_a_tab_as_indentation_is_named() -> None:
    """The most common syntax error says what to do."""
    _, found = read("layers:\n\t- relu\n")
    assert "spaces, not tabs" in found[0].message
    assert found[0].source == "\t- relu"


def test_an_alias_is_the_anchors_value() -> None:
    """The same object, wherever it is used."""
    value, found = read("a: &x {k: [1]}\nb: *x\n")
    assert not found
    assert isinstance(value, MapValue)
    assert value.entries[0].value is value.entries[1].value


def test_merge_keys_give_way_to_what_is_written() -> None:
    """Keys beside << win, then earlier mappings of a list."""
    value, found = read("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 0}\n")
    assert not found
    assert value is not None
    assert data_of(value)["z"] == {"a": 0, "b": 1, "c": 2}


def bomb(levels: int) -> str:
    """Each level holds the one before ten times."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


def merge_bomb() -> str:
    """A thousand mappings, each merging the one before and adding a key: half a million entries."""
    lines = ["m0: &m0 {k0: 1}"]
    lines += [f"m{n}: &m{n} {{<<: *m{n - 1}, k{n}: 1}}" for n in range(1, 2000)]
    return "\n".join(lines)


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        (bomb(9), "aliases expand this"),
        ("\n".join(["a0: &a0 [1]"] + [f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 3000)]), "aliases nest this deeper"),
        ("[" * 100_000, "nested deeper than 64"),
        ("{a: " * 100_000, "nested deeper than 64"),
        ("- " * 100_000 + "x", "nested deeper than 64"),
        ("x" * (4 * 1024 * 1024 + 1), "at most"),
    ],
    ids=["aliases", "alias chain", "lists", "mappings", "block lists", "size"],
)
def test_hostile_text_is_refused_at_once(loader: Any, text: str, fragment: str) -> None:
    """One diagnostic, in milliseconds (the pure parser looks further ahead), whatever it would expand to."""
    start = time.process_time()
    _, found = read(text, loader)
    assert time.process_time() - start < (0.5 if loader is LOADER else 3.0)
    assert len(found) == 1
    assert fragment in found[0].message


def test_merge_keys_are_bounded() -> None:
    """What merging copies is counted."""
    start = time.perf_counter()
    _, found = read(merge_bomb())
    assert time.perf_counter() - start < 3.0
    assert any("merge keys copy more" in item.message for item in found)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[linear: $(min(a, b))]", 10),
        ("[relu, linear: $(min(a, 3)), tanh]", 16),
        ("[{linear: $(max(a, b, c))}, tanh]", 11),
        ("{times: $(min(1, 2)), layers: []}", 9),
        ("[$(min(a, b))]", 2),
    ],
)
def test_an_expression_that_yaml_split_is_one_mistake(text: str, column: int) -> None:
    """Reported at the expression, with the advice to quote it; its pieces are gone."""
    value, found = read(text)
    assert len(found) == 1
    assert (found[0].line, found[0].column) == (1, column)
    assert "quote the whole expression" in found[0].message
    assert isinstance(value, (ListValue, MapValue))
    leftovers = [path for _, path in paths(value) if ")" in path]
    assert not leftovers


def test_a_quoted_expression_is_left_alone() -> None:
    """As the advice says."""
    value, found = read('[linear: "$(min(a, b))"]')
    assert not found
    assert value is not None
    assert data_of(value) == [{"linear": "$(min(a, b))"}]


@given(st.text(alphabet=st.sampled_from("ab:,[]{}-?&*!|>'\"%@`#<$() \n\t0.1~é\x00\u2028\ufeff"), max_size=60))
def test_both_parsers_agree_or_refuse(text: str) -> None:
    """The same data from both, or a diagnostic; never an exception."""
    value, found = read(text)
    pure, pure_found = read(text, yaml.SafeLoader)
    if not found and not pure_found:
        assert value is not None
        assert pure is not None
        assert data_of(value) == data_of(pure) or "nan" in text


def test_scalars_keep_whether_they_were_quoted() -> None:
    """Only unquoted ones can be split expressions or merge keys."""
    value, _ = read("'<<': 1")
    assert isinstance(value, MapValue)
    assert value.entries[0].name == "<<"
    assert isinstance(value.entries[0].value, ScalarValue)
