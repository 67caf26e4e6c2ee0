"""Variables: ``$name`` and ``$(expression)`` put into values.

Requirements:

- ``$name`` is the variable's whole value, a mapping too; ``$(…)`` is a number. Either is a whole scalar: text is not
  interpolated. ``$$`` begins a text that begins with a dollar sign.
- A variable may use the ones before it.
- A scalar that came through a variable stands, for messages, where it is used, and says where it comes from; so does
  whatever was set from outside. What is written inside a variable's list or mapping stands where it is written.
- ``$in`` is the size of what enters a layer. Where shapes are not known yet, a value that follows it is a `LateValue`.
- What variables expand to is bounded, whatever they multiply.
- Scopes nest: a block's parameters, say, stand over the spec's variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NoReturn, cast

from actreg.errors import did_you_mean, listed, suggest
from actreg.model.expressions import ExpressionError, Number, evaluate
from actreg.model.limits import MAX_DEPTH, MAX_VALUES
from actreg.model.places import Place, Problems, TooManyError
from actreg.model.split import balance
from actreg.model.values import BrokenValue, Entry, LateValue, ListValue, MapValue, ScalarValue, Value, kind_of

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")

ENTERING: Final = "in"
"""The name of the size of what enters a layer; no variable may have it."""


class _Reported(Exception):
    """A variable whose own mistake is reported already."""


class _NotYet(Exception):
    """The size of what enters is asked for before shapes are known."""


@dataclass
class _Spent:
    """The values that variables have put in so far, in all scopes of a spec together."""

    values: int = 0


class Scope:
    """The variables that a value may use. `later`: names defined further down, with their lines.

    entering: what ``$in`` is: a number; a `LateValue` while shapes are not known; None outside of layers.
    """

    def __init__(
        self, problems: Problems, variables: Mapping[str, Value], later: Mapping[str, int] | None = None
    ) -> None:
        self.problems = problems
        self.variables = dict(variables)
        self.later = dict(later or {})
        self.entering: Value | None = None
        self._spent = _Spent()

    def nested(self, entering: Value | None, variables: Mapping[str, Value] | None = None) -> Scope:
        """A scope within this one: with another ``$in``, and variables that stand over the ones here."""
        scope = Scope(self.problems, self.variables, self.later)
        scope.variables.update(variables or {})
        scope.entering = entering
        scope._spent = self._spent
        return scope

    def closed(self) -> Scope:
        """A scope that sees nothing of this one, and spends from the same bound."""
        scope = Scope(self.problems, {})
        scope._spent = self._spent
        return scope

    def resolve(self, value: Value) -> Value:
        """The value, or what it refers to; what it holds inside is left as it is."""
        if not isinstance(value, ScalarValue) or not isinstance(value.value, str) or "$" not in value.value:
            return value
        text = value.value
        try:
            if text.startswith("$$"):
                return ScalarValue(value.place, text[1:], plain=False)
            if "${" in text:
                raise ExpressionError(text.index("${"), "${…} is not used here: write $name or $(…)")
            if text.startswith("$("):
                return ScalarValue(value.place, self._number(text))
            return self._variable(value) if text.startswith("$") else value
        except ExpressionError as error:
            self.problems.add(_within(value, error.offset), error.message)
        except _Reported:
            pass
        except _NotYet:
            return LateValue(value.place)
        return BrokenValue(value.place)

    def deep(self, value: Value) -> Value:
        """The value with everything in it resolved."""
        found = self.resolve(value)
        if found is not value:
            # What a variable holds was resolved where it was defined; so much is shared, however often it is used.
            return self._bounded(found) if isinstance(found, (ListValue, MapValue)) else found
        if isinstance(value, ListValue):
            return self._bounded(ListValue.make(value.place, tuple(self.deep(item) for item in value.items)))
        if isinstance(value, MapValue):
            entries = tuple(Entry(entry.name, entry.place, self.deep(entry.value)) for entry in value.entries)
            return self._bounded(MapValue.make(value.place, entries))
        return value

    def _variable(self, use: ScalarValue) -> Value:
        name = str(use.value)[1:]
        if not NAME.match(name):
            raise ExpressionError(0, f"{use.value!r} is no variable: write $name or $(…), or $$ for a dollar sign")
        value = self._find(name, 1)
        self._spent.values += value.size
        if self._spent.values > MAX_VALUES:
            self._give_up(use.place, f"variables expand the spec to more than {MAX_VALUES} values")
        if isinstance(value, ScalarValue) or value.place.origin:
            return value.moved(use.place.came(value.place.origin or _origin(name, value.place, use.place)))
        return value

    def _find(self, name: str, offset: int) -> Value:
        if name == ENTERING:
            return self._entering(offset)
        value = self.variables.get(name)
        if isinstance(value, BrokenValue):
            raise _Reported
        if value is not None:
            return value
        if name in self.later:
            raise ExpressionError(offset, f"${name} is defined after this, on line {self.later[name]}: move it up")
        known = f" (there are {listed(self.variables)})" if self.variables else " (the spec has no vars)"
        raise ExpressionError(offset, f"unknown variable {name!r}{known}{did_you_mean(suggest(name, self.variables))}")

    def _entering(self, offset: int) -> Value:
        if self.entering is None:
            raise ExpressionError(offset, "$in is the size of what enters a layer: it has a meaning in layers only")
        if isinstance(self.entering, LateValue):
            raise _NotYet
        if isinstance(self.entering, BrokenValue):
            raise _Reported
        return self.entering

    def _number(self, text: str) -> Number:
        if balance(text) > 0:
            raise ExpressionError(0, f"unclosed {text!r}: close every parenthesis, and quote an expression with commas")
        if not text.endswith(")"):
            raise ExpressionError(len(text) - 1, "a $(…) stands alone: put everything inside its parentheses")

        def lookup(name: str, offset: int) -> Number:
            value = self._find(name, offset)
            if isinstance(value, ScalarValue) and type(value.value) in (int, float):
                return cast(Number, value.value)
            if isinstance(value, LateValue):
                raise _NotYet
            raise ExpressionError(offset, f"${name} is {kind_of(value)}, no number")

        try:
            return evaluate(text[2:-1], lookup)
        except ExpressionError as error:
            raise ExpressionError(error.offset + 2, error.message) from None

    def _bounded(self, value: ListValue | MapValue) -> Value:
        if value.depth > MAX_DEPTH:
            self._give_up(value.place, f"variables nest this deeper than {MAX_DEPTH} levels")
        return value

    def _give_up(self, place: Place, message: str) -> NoReturn:
        self.problems.add(place, message)
        raise TooManyError


def _origin(name: str, defined: Place, used: Place) -> str:
    if name == ENTERING:
        return "$in"
    file = "" if defined.source is used.source else f"{defined.source.file}, "
    return f"${name}, {file}line {defined.line}"


def read_variables(section: Value | None, overrides: Mapping[str, Value], problems: Problems) -> Scope:
    """The scope of a spec's ``vars``, each name resolved with the ones before it; `overrides` replace values."""
    scope = Scope(problems, {})
    entries = named_entries(section, problems, "vars", "variable")
    scope.later = {entry.name: entry.place.line for entry in entries}
    for entry in entries:
        given = overrides.get(entry.name)
        value = entry.value if given is None else given.moved(entry.place.came(given.place.origin))
        resolved = scope.deep(value)
        scope.later.pop(entry.name)
        scope.variables[entry.name] = resolved
    return scope


def named_entries(value: Value | None, problems: Problems, section: str, what: str) -> list[Entry]:
    """The entries of a section that gives names to values; what is no such section, and no name, is reported."""
    if value is None or isinstance(value, BrokenValue):
        return []
    if not isinstance(value, MapValue):
        problems.add(value.place, f"{section} is a mapping of names to values, not {kind_of(value)}")
        return []
    good = []
    for entry in value.entries:
        if entry.name == ENTERING:
            problems.add(entry.place, "the name 'in' is reserved: $in is the size of what enters a layer")
        elif NAME.match(entry.name):
            good.append(entry)
        else:
            problems.add(entry.place, f"{entry.name!r} is no name for a {what}: use letters, digits and _")
    return good


def _within(value: ScalarValue, offset: int) -> Place:
    """The place of a character of a scalar, where the text shows it as it is; else the scalar's."""
    place, text = value.place, str(value.value)
    start = place.column - 1
    line = place.source.line(place.line)
    if not value.plain:
        start += 1
    if not line.startswith(text, start):
        return place
    return Place(place.source, place.line, start + offset + 1, place.origin)
