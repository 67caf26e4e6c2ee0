"""Located values to pydantic models, with what a model refuses reported where it stands.

Requirements:

- An unknown option is reported at its key, a wrong value at the value, a missing option at the thing that lacks it.
- A value that is reported already makes the whole thing fail silently; the other options are checked all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from actreg.errors import ActregError, ConfigError, FieldProblem, did_you_mean, suggest
from actreg.model.places import Place, Problems
from actreg.model.values import (
    BrokenValue,
    Entry,
    ListValue,
    MapValue,
    ScalarValue,
    Value,
    data_of,
    is_broken,
    is_late,
    kind_of,
)
from actreg.model.variables import Scope

T = TypeVar("T")


class _Broken:
    """Stands for the value of an option that was reported: no model takes it."""


_BROKEN = _Broken()
_OLD_BOOLEANS = frozenset({"yes", "no", "on", "off"})


@dataclass(frozen=True)
class Options:
    """The options of one thing as Python data, and where each stands.

    place: the thing's own. late: whether any follows ``$in``, which is not known yet. broken: those that were reported.
    """

    place: Place
    data: dict[str, Any]
    keys: dict[str, Place] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    late: bool = False
    broken: frozenset[str] = frozenset()

    def place_of(self, option: str | None) -> Place:
        """Where the value of an option stands; the thing's own place where it was not given."""
        value = self.values.get(option) if option is not None else None
        return value.place if value is not None else self.place


def options_of(value: Value, place: Place, main: str | None, scope: Scope, subject: str) -> Options | None:
    """The options of ``subject: value``, a scalar or a list being its main option; None where that was reported."""
    value = scope.deep(value)
    if isinstance(value, ScalarValue) and value.value is None:
        return Options(place, {})
    if isinstance(value, MapValue):
        return _from_map(value, place)
    if main is None:
        if not isinstance(value, BrokenValue):
            scope.problems.add(value.place, f"{subject} takes its options as a mapping, {subject}: {{option: value}}")
        return None
    if is_broken(value):
        return None
    return Options(place, {main: data_of(value)}, {main: value.place}, {main: value}, is_late(value))


def one_key(value: Value, scope: Scope, what: str, example: str) -> Entry | None:
    """A bare name, or a mapping of one key, as an entry; None where that was reported."""
    value = scope.resolve(value)
    if isinstance(value, ScalarValue) and isinstance(value.value, str):
        return Entry(value.value, value.place, ScalarValue(value.place, None))
    if isinstance(value, MapValue) and len(value.entries) == 1:
        return value.entries[0]
    if not isinstance(value, BrokenValue):
        given = f"{len(value.entries)} keys" if isinstance(value, MapValue) else kind_of(value)
        scope.problems.add(value.place, f"{what} is a name or one key with its options, like {example}, not {given}")
    return None


def unknown_key(name: str, known: str, candidates: Iterable[str]) -> str:
    """The message for a key that does not exist; `known` says which do."""
    return f"unknown key {name!r} ({known}){did_you_mean(suggest(name, candidates))}"


def _from_map(value: MapValue, place: Place) -> Options:
    broken = frozenset(entry.name for entry in value.entries if is_broken(entry.value))
    return Options(
        place,
        {entry.name: _BROKEN if entry.name in broken else data_of(entry.value) for entry in value.entries},
        {entry.name: entry.place for entry in value.entries},
        {entry.name: entry.value for entry in value.entries},
        is_late(value),
        broken,
    )


def made(make: Callable[[], T], options: Options, subject: str, problems: Problems) -> T | None:
    """What `make` makes of options, or None with every problem reported; a plugin's own failure is one problem."""
    try:
        made = make()
        return None if options.broken else made
    except ConfigError as error:
        for problem in _causes(error.problems):
            if not _follows(problem, options):
                problems.add(_place(problem, options), f"{subject}: {_words(problem)}{_advice(problem, options)}")
    except ActregError as error:
        problems.add(options.place, str(error))
    except Exception as error:  # code of a plugin: whatever it raises is its failure, not ours
        if options.broken:
            return None
        problems.add(options.place, f"{subject} failed: {type(error).__name__}: {error}")
    return None


def _follows(problem: FieldProblem, options: Options) -> bool:
    """Whether a problem is there only because a value was reported."""
    if not options.broken or problem.problem.startswith("unknown option"):
        return False
    return problem.field.partition(".")[0] in (*options.broken, "(the whole)")


def _causes(problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    """Without the options that are missing only because they are misspelt."""
    meant = {name for problem in problems for name in problem.suggestions}
    return [p for p in problems if not (p.field in meant and p.problem.startswith("field required"))]


def _words(problem: FieldProblem) -> str:
    return str(problem).removeprefix("(the whole): ")


def _place(problem: FieldProblem, options: Options) -> Place:
    name, *rest = problem.field.split(".")
    if problem.problem.startswith("unknown option") and name in options.keys:
        return options.keys[name]
    value = options.values.get(name)
    if value is None:
        return options.place
    for part in rest:
        value = _inside(value, part) or value
    return value.place


def _inside(value: Value, part: str) -> Value | None:
    if isinstance(value, ListValue) and part.isdigit() and int(part) < len(value.items):
        return value.items[int(part)]
    if isinstance(value, MapValue):
        entry = value.find(part)
        return entry.value if entry else None
    return None


def _advice(problem: FieldProblem, options: Options) -> str:
    given = options.data.get(problem.field)
    if isinstance(given, str) and given in _OLD_BOOLEANS and "boolean" in problem.problem:
        return "; write true or false"
    if isinstance(given, float) and given.is_integer() and "integer" in problem.problem:
        return "; // divides without a remainder"
    return ""
