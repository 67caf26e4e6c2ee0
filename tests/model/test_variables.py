"""What variables put in, and where it stands afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from actreg.model.places import Problems, Source
from actreg.model.reader import read_value
from actreg.model.values import MapValue, ScalarValue, data_of
from actreg.model.variables import Scope, read_variables


def scope_of(text: str, **overrides: str) -> tuple[Scope, Problems]:
    """The scope of a mapping of variables."""
    problems = Problems()
    source = Source("s.yaml", text)
    given = {}
    for name, value in overrides.items():
        read = read_value(Source("set", value), problems)
        assert read is not None
        given[name] = read.moved(source.place().came(f"--set {name}={value}"))
    return read_variables(read_value(source, problems), given, problems), problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{a: 3, b: $(a * 2)}", 6),
        ("{a: 3, b: $a}", 3),
        ("{a: [1, {c: x}], b: $a}", [1, {"c": "x"}]),
        ("{a: 3, b: [$a, {c: $(a + 1)}]}", [3, {"c": 4}]),
        ("{b: $$a}", "$a"),
        ("{b: $$(a)}", "$(a)"),
        ("{b: a$b}", "a$b"),
        ("{b: costs 3$}", "costs 3$"),
        ("{a: 2, b: '$(min(a, 3))'}", 2),
        ("{a: [$$x], b: {c: $a}}", {"c": ["$x"]}),
        ("{a: 7, b: $(a // 2)}", 3),
        ("{a: 7, b: $(a / 2)}", 3.5),
    ],
)
def test_what_a_variable_stands_for(text: str, value: Any) -> None:
    """Whole values, numbers, and text that only looks like either."""
    scope, problems = scope_of(text)
    assert not problems.found()
    assert data_of(scope.variables["b"]) == value


def test_an_override_reaches_what_depends_on_it() -> None:
    """Variables further down are computed from the value that was set."""
    scope, problems = scope_of("{a: 3, b: $(a * 2)}", a="5")
    assert not problems.found()
    assert data_of(scope.variables["b"]) == 10


def test_a_scalar_stands_where_it_is_used() -> None:
    """And says where it comes from, also through a second variable."""
    scope, problems = scope_of("a: silu\nb: $a\n")
    use = ScalarValue(Source("s.yaml", "").place(9, 9), "$b")
    found = scope.resolve(use)
    assert not problems.found()
    assert (found.place.line, found.place.column, found.place.origin) == (9, 9, "$a, line 1")


def test_a_mapping_stands_where_it_is_written() -> None:
    """A mistake inside it is shown there."""
    scope, _ = scope_of("a: {gelu: {approximate: tanh}}\n")
    found = scope.resolve(ScalarValue(Source("s.yaml", "").place(9, 9), "$a"))
    assert isinstance(found, MapValue)
    assert (found.place.line, found.place.column) == (1, 4)


def test_what_was_set_from_outside_stands_where_it_is_used() -> None:
    """Nothing of it is written in the file."""
    scope, _ = scope_of("a: relu\n", a="{gelu: {approximate: tanh}}")
    found = scope.resolve(ScalarValue(Source("s.yaml", "").place(9, 9), "$a"))
    assert isinstance(found, MapValue)
    assert found.entries[0].place.line == 9
    assert found.entries[0].place.origin == "--set a={gelu: {approximate: tanh}}"


def test_a_broken_variable_is_reported_once() -> None:
    """Its uses say nothing more."""
    _, problems = scope_of("a: $(1 +)\nb: $a\nc: $(a + 1)\nd: [$b, $c]\n")
    (found,) = problems.found()
    assert (found.line, found.column) == (1, 9)
