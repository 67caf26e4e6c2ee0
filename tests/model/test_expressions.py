"""The closed arithmetic: Python's meanings, bounded, with located errors."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actreg.model.expressions import ExpressionError, Number, evaluate

NAMES: dict[str, Number] = {"a": 3, "b": -2, "half": 0.5, "width": 256}


def lookup(name: str, offset: int) -> Number:
    """The names above."""
    if name not in NAMES:
        raise ExpressionError(offset, f"unknown variable {name!r}")
    return NAMES[name]


leaves = st.one_of(
    st.integers(0, 99).map(str), st.sampled_from([*NAMES, "0.25", "1e-3", ".5", "2."]), st.integers(0, 5).map(str)
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**", " + ", " ** "]), inner).map("".join),
        inner.map(lambda e: f"({e})"),
        inner.map(lambda e: f"-{e}"),
        inner.map(lambda e: f"+{e}"),
        inner.map(lambda e: f"round({e})"),
        inner.map(lambda e: f"int( {e} )"),
        st.tuples(st.sampled_from(["min", "max"]), inner, inner).map(lambda t: f"{t[0]}({t[1]}, {t[2]})"),
    ),
    max_leaves=8,
)


@given(expressions)
def test_a_value_is_pythons_value(text: str) -> None:
    """Whatever is accepted has Python's value and type; whatever Python refuses is refused."""
    try:
        ours = evaluate(text, lookup)
    except ExpressionError:
        return
    theirs = eval(text, {"__builtins__": {}, "min": min, "max": max, "round": round, "int": int}, dict(NAMES))
    assert ours == theirs
    assert type(ours) is type(theirs)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2**3**2", 512), ("-2**2", -4), ("2**-1", 0.5), ("7//2", 3), ("-7//2", -4), ("-7%3", 2), ("7/2", 3.5),
        ("1-2-3", -4), ("8/4/2", 1.0), ("--3", 3), ("2*-3", -6), ("min(a, b, 0)", -2), ("round(2.5)", 2),
        ("int(-1.7)", -1), (" ( width * 4 ) ", 1024), ("round(width / 3)", 85), ("a\n+\nb", 1),
    ],
)  # fmt: skip
def test_precedence_and_functions(text: str, value: Number) -> None:
    """Hand-computed values."""
    assert evaluate(text, lookup) == value


@pytest.mark.parametrize(
    ("text", "offset", "fragment"),
    [
        ("", 0, "the end is not expected"),
        ("a +", 3, "the end is not expected"),
        ("a b", 2, "'b' is not expected"),
        ("(a", 2, "the end is not expected"),
        ("a)", 1, "')' is not expected"),
        ("widht * 2", 0, "unknown variable 'widht'"),
        ("a + foo(1)", 4, "unknown function 'foo'"),
        ("a + mim(1, 2)", 4, "did you mean 'min'?"),
        ("min", 0, "min is a function"),
        ("min(1)", 0, "two numbers or more"),
        ("round(1, 2)", 7, "',' is not expected"),
        ("a / 0", 2, "division by zero"),
        ("0 ** -1", 2, "division by zero"),
        ("(-8) ** 0.5", 5, "no real number"),
        ("2 ** 65", 2, "the exponent 65 is beyond ±64"),
        ("9 ** 9 ** 9", 2, "beyond ±64"),
        ("2 ** 64", 2, "beyond ±2**63"),
        ("1e308 * 10", 6, "too large"),
        ("10.0 ** 64 ** 1 * 1e300", 16, "too large"),
        ("99999999999999999999", 0, "beyond ±2**63"),
        ("9" * 65, 0, "65 characters"),
        ("1e999", 0, "too large"),
        ("a.real", 1, "'.' is not expected"),
        ("__import__('os')", 0, "unknown function '__import__'"),
        ("[1]", 0, "'[' is not expected"),
        ("a if a else b", 2, "'if' is not expected"),
        ("'x'", 0, "is not expected"),
        ("a == b", 2, "'=' is not expected"),
        ("lambda: 1", 0, "unknown variable 'lambda'"),
        ("1_000", 1, "'_000' is not expected"),
    ],
)
def test_a_mistake_is_refused_at_its_character(text: str, offset: int, fragment: str) -> None:
    """Syntax, names, values and everything of Python that is not in the grammar."""
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, lookup)
    assert fragment in caught.value.message
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text", ["(" * 40 + "1" + ")" * 40, "-" * 200 + "1", "2**" * 80 + "1", "1+" * 200 + "1", "max(" * 50 + "1"]
)
def test_length_and_depth_are_bounded(text: str) -> None:
    """Refused at once, whatever nests."""
    start = time.perf_counter()
    with pytest.raises(ExpressionError, match=r"nested deeper|characters"):
        evaluate(text, lookup)
    assert time.perf_counter() - start < 0.1


@given(st.text(alphabet="0123456789.eE+-*/%(), abminxroud_$'\n\t\x00é", max_size=60))
def test_nothing_but_an_expression_error_comes_out(text: str) -> None:
    """Any text is a number or an ExpressionError with an offset in the text."""
    try:
        found: object = evaluate(text, lookup)
    except ExpressionError as error:
        found = error
    assert 0 <= found.offset <= len(text) if isinstance(found, ExpressionError) else type(found) in (int, float)
