"""Static facts about an activation, and the laws of one configured instance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from actreg.contracts.names import ALIAS, CANONICAL
from actreg.errors import DefinitionError

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Info:
    """Facts that hold for every configuration of an activation; only `name` is required.

    name: canonical, lower case with underscores.
    aliases: other names for exactly the same thing, with the same defaults.
    latex: the formula.
    paper: where it was published: authors, year, title or identifier.
    foreign: options as other frameworks spell them, each with our spelling; used in error messages only.
    main: the option that a bare scalar in a spec sets (``prelu: each``).
    """

    name: str
    aliases: tuple[str, ...] = ()
    latex: str = ""
    paper: str = ""
    foreign: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    main: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not CANONICAL.fullmatch(self.name):
            raise DefinitionError(f"{self.name!r} is no canonical name: use lower_case_with_underscores")
        for alias in self.aliases:
            if not isinstance(alias, str) or not ALIAS.fullmatch(alias):
                raise DefinitionError(f"{alias!r} is no legal alias of {self.name!r}")


@dataclass(frozen=True)
class Alias:
    """A name for another activation, which may pin parameters; or a name that is refused, because it means several.

    name: the alias; ``framework:name`` for a name as another framework means it.
    target: the canonical name.
    parameters: config values that the alias brings. A framework's name carries that framework's *defaults*, which can
        be overridden; a bare alias *is* its parameters (gelu_tanh), so giving them again is an error.
    reason: where the meaning comes from.
    candidates: in place of a target, two names or more between which a user must choose: fast_gelu is one function in
        one framework and another in the next. Using such a name raises UnknownNameError, with candidates and reason.
    """

    name: str
    target: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: _EMPTY)
    reason: str = ""
    candidates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not ALIAS.fullmatch(self.name):
            raise DefinitionError(f"{self.name!r} is no legal alias")
        if bool(self.target) == bool(self.candidates) or len(self.candidates) == 1:
            raise DefinitionError(f"alias {self.name!r} has a target, or two candidates and more")
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    @property
    def pinned(self) -> bool:
        """Whether the parameters can't be overridden."""
        return ":" not in self.name


@dataclass(frozen=True)
class Laws:
    """What must hold for one configured instance; each law that is claimed is checked.

    limits: the values at -inf and +inf. NaN where there is no limit. The sign of a zero counts.
    at_zeros: the values at -0.0 and +0.0, where the sign of a zero result is meant to be checked; None elsewhere.
    derivative_limits: likewise for the derivative; the sign of a zero is free. None: not claimed.
    range: closed bounds of the values.
    kinks: points where the derivative jumps, with the derivative's value there.
    monotone: nowhere decreasing.
    symmetry: ``odd``, ``even`` or None.
    derivative_from_output: the derivative at f(x) equals that at x, so that an in-place use is sound in training.

    Of what works along an axis:

    normalises: ``sum``: a line sums to 1; ``logsumexp``: the exponentials of a line do.
    shift_invariant: adding one number to a whole line changes nothing.
    equivariant: permuting a line permutes its values.
    winner: ``first``: each value is one of its inputs, and of equal ones the first alone gets the gradient.
    """

    limits: tuple[float, float] | None = None
    at_zeros: tuple[float, float] | None = None
    derivative_limits: tuple[float, float] | None = None
    range: tuple[float, float] = (-math.inf, math.inf)
    kinks: Mapping[float, float] = field(default_factory=lambda: MappingProxyType({}))
    monotone: bool = False
    symmetry: Literal["odd", "even"] | None = None
    derivative_from_output: bool = False
    normalises: Literal["sum", "logsumexp"] | None = None
    shift_invariant: bool = False
    equivariant: bool = False
    winner: Literal["first"] | None = None
