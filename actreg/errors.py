"""The tree of errors.

Requirements:

- Every error that actreg raises on purpose is an `ActregError`, so one `except` catches them all.
- Each also derives from the builtin that a Python programmer would expect (`LookupError`, `ValueError`, …).
- An error keeps its facts as fields, so that tools need not parse its message.
- A message says what was wrong, where, and what to do; suggestions read ``did you mean 'x'?``.
"""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def suggest(name: str, candidates: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """The candidates closest to `name`, best first; compared without case and separators."""
    by_plain: dict[str, list[str]] = {}
    for candidate in _likely(name, list(candidates)):
        by_plain.setdefault(_plain(candidate), []).append(candidate)
    close = difflib.get_close_matches(_plain(name), by_plain, n=most, cutoff=0.6)
    # Of candidates that differ in case and separators alone, the one that is spelt most alike.
    return tuple(max(by_plain[plain], key=lambda spelling: _likeness(name, spelling)) for plain in close)


MANY = 300
"""Candidates that are compared with a name; of more, those that begin most like it and are most nearly as long."""


def _likely(name: str, candidates: list[str]) -> list[str]:
    if len(candidates) <= MANY:
        return candidates
    return heapq.nsmallest(MANY, candidates, key=lambda other: (-_shared(name, other), abs(len(name) - len(other))))


def _shared(a: str, b: str) -> int:
    """How many characters two names begin with alike."""
    return next((place for place, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names in a message: the first ones, and how many there are where that is not all."""
    every = list(names)
    return ", ".join(every) if len(every) <= most else f"{', '.join(every[:most])}, … ({len(every)} in all)"


def did_you_mean(suggestions: Sequence[str]) -> str:
    """The tail of a message: ``; did you mean 'x'?``, or nothing."""
    if not suggestions:
        return ""
    return "; did you mean " + " or ".join(repr(s) for s in suggestions) + "?"


def _likeness(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b).ratio()


def _plain(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


class ActregError(Exception):
    """Base of every error that actreg raises on purpose; pickles with its facts, so that it crosses processes."""

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (type(self), self.args, self.__dict__)


def _restored(cls: type[ActregError], arguments: tuple[object, ...], facts: dict[str, object]) -> ActregError:
    error = cls.__new__(cls, *arguments)
    error.args = arguments
    error.__dict__.update(facts)
    return error


class UnknownNameError(ActregError, LookupError):
    """A name that nothing provides. `kind` says of what: activation, backend, layer, parameter, …

    candidates: what exists, from which the nearest are suggested. meant: what is suggested whatever its spelling.
    """

    def __init__(
        self, kind: str, name: str, candidates: Iterable[str] = (), *, hint: str = "", meant: Sequence[str] = ()
    ) -> None:
        self.kind = kind
        self.name = name
        self.suggestions = tuple(meant) or suggest(name, candidates)
        self.hint = hint
        message = f"unknown {kind} {name!r}{did_you_mean(self.suggestions)}"
        super().__init__(f"{message} ({hint})" if hint else message)


class NameCollisionError(ActregError, LookupError):
    """Two distributions claim one name; `claims` names both sides, `settle` says how to choose."""

    def __init__(
        self, name: str, claims: Sequence[str], settle: str = "ask for name@distribution, or set prefer"
    ) -> None:
        self.name = name
        self.claims = tuple(claims)
        self.settle = settle
        super().__init__(f"{name!r} is claimed by {' and by '.join(self.claims)}: {self.settle}")


class BrokenPluginError(ActregError, RuntimeError):
    """Something was asked of a plugin that failed to import, register or validate."""

    def __init__(self, distribution: str, version: str, reason: str, *, asked: str = "") -> None:
        self.distribution = distribution
        self.version = version
        self.reason = reason
        self.asked = asked
        subject = f"{asked!r} comes from" if asked else "broken plugin"
        super().__init__(f"{subject} {distribution} {version}, which failed: {reason}")


class DefinitionError(ActregError, TypeError):
    """An activation, alias, kernel or backend is declared wrongly; raised where it is defined."""


@dataclass(frozen=True)
class FieldProblem:
    """One thing wrong with one field of a config."""

    field: str
    problem: str
    suggestions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}{did_you_mean(self.suggestions)}"


class ConfigError(ActregError, ValueError):
    """A config that an activation refuses; `problems` has every field that is wrong."""

    def __init__(self, subject: str, problems: Sequence[FieldProblem]) -> None:
        self.subject = subject
        self.problems = tuple(problems)
        super().__init__(f"{subject}: " + "; ".join(str(p) for p in self.problems))


class InputError(ActregError, TypeError):
    """An array, a parameter or an `out` that an activation cannot take."""


class CapabilityError(ActregError, NotImplementedError):
    """A backend was asked for something that it does not declare."""


class KernelConflictError(ActregError, RuntimeError):
    """Two kernels of equal priority claim the same work."""


@dataclass(frozen=True, order=True)
class Diagnostic:
    """One located problem of a spec; lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


class SpecError(ActregError, ValueError):
    """A model spec with mistakes: all of them, ordered by place."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(sorted(diagnostics))
        super().__init__("\n".join(str(d) for d in self.diagnostics))


class WeightsError(ActregError, ValueError):
    """A weight file that is damaged, incomplete or does not fit its spec."""

    def __init__(self, file: str, problem: str) -> None:
        self.file = file
        self.problem = problem
        super().__init__(f"{file}: {problem}")


class DriftError(WeightsError):
    """A weight file whose mathematics differs from what is installed; `names`: the activations and kinds of layers."""

    def __init__(self, file: str, problem: str, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(file, problem)


class DataError(ActregError, ValueError):
    """A data file that is missing, malformed, too large or does not fit the spec."""

    def __init__(self, file: str, problem: str) -> None:
        self.file = file
        self.problem = problem
        super().__init__(f"{file}: {problem}")


class MissingExtraError(ActregError, ImportError):
    """A feature needs an optional package; `install` is the command that brings it."""

    def __init__(self, feature: str, package: str, install: str) -> None:
        self.feature = feature
        self.package = package
        self.install = install
        super().__init__(f"{feature} needs {package}: {install}")


class InexactExportError(ActregError, ArithmeticError):
    """An exported file computes something else than our reference; `findings` say what, where and by how much."""

    def __init__(self, subject: str, findings: Sequence[str]) -> None:
        self.subject = subject
        self.findings = tuple(findings)
        super().__init__(f"{subject}: the exported file is inexact: {'; '.join(self.findings)}")


class SwapError(ActregError, RuntimeError):
    """Activations of a model could not be swapped; nothing was changed. `paths` names the sites that were to blame."""

    def __init__(self, message: str, paths: Sequence[str] = ()) -> None:
        self.paths = tuple(paths)
        super().__init__(message)
