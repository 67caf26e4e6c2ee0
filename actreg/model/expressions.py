"""Arithmetic in a spec: what stands between ``$(`` and ``)``.

Requirements:

- Closed: numbers, names, ``+ - * / // % **``, signs, parentheses, ``min``, ``max``, ``round``, ``int``, and no more;
  nothing of Python is evaluated. Each means what it means in Python.
- Bounded in length, nesting, magnitude and exponent, so that no expression costs time or memory.
- An error says where in the text it is.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from typing import Final

from actreg.errors import did_you_mean, suggest
from actreg.model.limits import MAX_DIGITS, MAX_EXPONENT, MAX_EXPRESSION, MAX_EXPRESSION_DEPTH, MAX_NUMBER

Number = int | float
Lookup = Callable[[str, int], Number]
"""(name, offset) -> the number that a name stands for; raises ExpressionError."""

FUNCTIONS: Final[dict[str, Callable[..., Number]]] = {"min": min, "max": max, "round": round, "int": int}

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\*\*|//|[-+*/%(),])|(?P<end>\Z)|(?P<other>.))",
    re.DOTALL,
)
_SUMS: Final[dict[str, Callable[[Number, Number], Number]]] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Final[dict[str, Callable[[Number, Number], Number]]] = {
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


class ExpressionError(ValueError):
    """A mistake in an expression, at a character counted from 0."""

    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message


def evaluate(text: str, lookup: Lookup) -> Number:
    """The number that `text` stands for; raises ExpressionError."""
    if len(text) > MAX_EXPRESSION:
        raise ExpressionError(0, f"an expression of {len(text)} characters: at most {MAX_EXPRESSION}")
    parser = _Parser(text, lookup)
    value = parser.sum()
    if parser.token:
        raise parser.unexpected()
    return value


class _Parser:
    """Recursive descent; a method for each level of precedence, evaluating as it goes."""

    def __init__(self, text: str, lookup: Lookup) -> None:
        self.text = text
        self.lookup = lookup
        self.depth = 0
        self.end = 0
        self.advance()

    def advance(self) -> None:
        match = _TOKEN.match(self.text, self.end)
        assert match is not None  # the last alternative takes any character
        self.group = match.lastgroup or "end"
        self.token = match.group(self.group)
        self.start = match.start(self.group)
        self.end = match.end()

    def unexpected(self) -> ExpressionError:
        what = repr(self.token) if self.token else "the end"
        return ExpressionError(
            self.start,
            f"{what} is not expected here; allowed are numbers, variables, "
            "+ - * / // % **, parentheses, min, max, round, int",
        )

    def sum(self) -> Number:
        return self._chain(_SUMS, self.product)

    def product(self) -> Number:
        return self._chain(_PRODUCTS, self.signed)

    def _chain(self, operators: dict[str, Callable[[Number, Number], Number]], part: Callable[[], Number]) -> Number:
        value = part()
        while self.token in operators:
            function, at = operators[self.token], self.start
            self.advance()
            value = _apply(at, function, value, part())
        return value

    def signed(self) -> Number:
        if self.token not in ("-", "+"):
            return self.power()
        negative = self.token == "-"
        self._deeper()
        self.advance()
        value = self.signed()
        self.depth -= 1
        return -value if negative else value

    def power(self) -> Number:
        base = self.atom()
        if self.token != "**":
            return base
        at = self.start
        self._deeper()
        self.advance()
        exponent = self.signed()
        self.depth -= 1
        if abs(exponent) > MAX_EXPONENT:
            raise ExpressionError(at, f"the exponent {exponent} is beyond ±{MAX_EXPONENT}")
        return _apply(at, operator.pow, base, exponent)

    def atom(self) -> Number:
        group, token, start = self.group, self.token, self.start
        if group == "number":
            self.advance()
            return _number(token, start)
        if group == "name":
            self.advance()
            return self._call(token, start) if self.token == "(" else self._name(token, start)
        if token == "(":
            return self._inside()[0]
        raise self.unexpected()

    def _name(self, name: str, start: int) -> Number:
        if name in FUNCTIONS:
            raise ExpressionError(start, f"{name} is a function: write {name}(…)")
        return self.lookup(name, start)

    def _call(self, name: str, start: int) -> Number:
        if name not in FUNCTIONS:
            hint = did_you_mean(suggest(name, FUNCTIONS))
            raise ExpressionError(start, f"unknown function {name!r} (there are {', '.join(FUNCTIONS)}){hint}")
        values = self._inside(most=MAX_EXPRESSION if name in ("min", "max") else 1)
        if name in ("min", "max") and len(values) < 2:
            raise ExpressionError(start, f"{name} takes two numbers or more")
        return _apply(start, FUNCTIONS[name], *values)

    def _inside(self, most: int = 1) -> list[Number]:
        """What stands in parentheses, from ``(`` to after ``)``."""
        self._deeper()
        self.advance()
        values = [self.sum()]
        while self.token == "," and len(values) < most:
            self.advance()
            values.append(self.sum())
        if self.token != ")":
            raise self.unexpected()
        self.advance()
        self.depth -= 1
        return values

    def _deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_EXPRESSION_DEPTH:
            raise ExpressionError(self.start, f"nested deeper than {MAX_EXPRESSION_DEPTH} levels")


def _number(token: str, start: int) -> Number:
    if len(token) > MAX_DIGITS:
        raise ExpressionError(start, f"a number of {len(token)} characters: at most {MAX_DIGITS}")
    return _bounded(start, int(token) if token.isdigit() else float(token))


def _apply(at: int, function: Callable[..., Number], *values: Number) -> Number:
    try:
        result = function(*values)
    except ZeroDivisionError:
        raise ExpressionError(at, "division by zero") from None
    except OverflowError:
        raise ExpressionError(at, "the result is too large") from None
    if isinstance(result, complex):
        raise ExpressionError(at, "a root of a negative number is no real number")
    return _bounded(at, result)


def _bounded(at: int, value: Number) -> Number:
    if isinstance(value, int):
        if abs(value) > MAX_NUMBER:
            raise ExpressionError(at, "the result is beyond ±2**63")
    elif not math.isfinite(value):
        raise ExpressionError(at, "the result is too large")
    return value
