"""Which configurations of each activation are tested.

Requirements:

- The defaults, the extremes that the config admits, and every alias that pins or defaults parameters.
- The built-in activations have a written table. For somebody else's: the defaults, every choice of a ``Literal``, both
  values of a ``bool``, and what its fields give as ``examples`` (pydantic's own: ``Field(…, examples=[…])``).
- Parameters take their initial values, so that the instance's laws speak about them. Where not every format holds an
  initial value, a neighbour takes its place, and the laws are tested without the numbers that may depend on it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, Literal, get_args, get_origin

import numpy as np
from pydantic_core import PydanticUndefined

from actreg.conformance.formats import Array
from actreg.contracts.bindings import config_key
from actreg.contracts.info import Laws
from actreg.errors import ActregError
from actreg.formula.initial import initial_values

FEATURES: Final = 6
"""The size of the channel axis where a parameter follows it, and of the lines of projections."""

WRITTEN: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "celu": ({"alpha": 0.5}, {"alpha": 2.0}, {"alpha": 1e-3}, {"alpha": 1e3}),
    "elu": ({"alpha": 0.5}, {"alpha": 2.0}, {"alpha": 0.0}, {"alpha": -1.0}),
    "geglu": ({"gate": "first", "approximate": "tanh"}, {"gate": "second", "approximate": "sigmoid"}),
    "gelu": ({"approximate": "tanh"}, {"approximate": "sigmoid"}),
    "glu": ({"gate": "second", "axis": 1},),
    "hard_sigmoid": ({"slope": 0.2}, {"slope": 0.5}, {"slope": 1.0, "offset": 0.0}, {"slope": 100.0, "offset": -2.0}),
    "leaky_relu": ({"negative_slope": 0.1}, {"negative_slope": 0.0}, {"negative_slope": -0.5}, {"negative_slope": 2.0}),
    "prelu": ({"init": 0.0}, {"init": -0.5}, {"init": 1.0}, {"num_parameters": FEATURES}, {"num_parameters": "each"}),
    "silu": ({"beta": 0.5}, {"beta": -1.0}, {"beta": 0.0}, {"beta": 100.0}, {"trainable": True}),
    "log_softmax": ({"axis": 1}, {"axis": 0}),
    "selu": ({"alpha": 1.0, "scale": 1.0}, {"alpha": 0.5, "scale": 3.0}),
    "sine": ({"omega": 30.0}, {"omega": 0.5}),
    "softplus": (
        {"beta": 2.0},
        {"beta": 0.5, "threshold": 5.0},
        {"threshold": 0.0},
        {"beta": 10.0, "threshold": -1.0},
        {"threshold": 40.0},
    ),
    "swiglu": ({"gate": "first", "beta": 1.702}, {"gate": "interleaved", "beta": -1.0}),
    "softmax": ({"axis": 1}, {"axis": 0}),
    "maxout": ({"units": 3, "pieces": 2}, {"units": 2, "pieces": 1}),
    "maxout_pool": ({"layout": "strided"}, {"pieces": 3}, {"pieces": 3, "layout": "strided", "axis": 1}, {"pieces": 1}),
}
"""Beside the defaults, which every activation has."""


@dataclass(frozen=True)
class Case:
    """One configuration under test.

    parameters: float64 values that every format holds. moved: whether one number among them is not the initial one.
    """

    act: Any
    config: Mapping[str, Any]
    parameters: Mapping[str, Array] = field(default_factory=dict)
    moved: bool = False

    @property
    def name(self) -> str:
        """The activation's canonical name."""
        return str(self.act.info.name)

    @property
    def options(self) -> str:
        """``beta=-1.0``, or ``default``; names the table's file."""
        return ",".join(f"{name}={value}" for name, value in self.config.items()) or "default"

    @property
    def scalars(self) -> dict[str, float] | None:
        """The parameters as single numbers; None where one runs along an axis."""
        if any(array.size != 1 for array in self.parameters.values()):
            return None
        return {name: float(array.reshape(())) for name, array in self.parameters.items()}

    @cached_property
    def laws(self) -> Laws:
        """What the instance claims, as far as it holds at these parameters; a slope that is left open is NaN."""
        laws: Laws = self.act.laws()
        return _without_numbers(laws) if self.moved else laws

    def __str__(self) -> str:
        return self.name if not self.config else f"{self.name}({self.options})"


def cases_of(cls: Any, registry: Any = None) -> list[Case]:
    """Every configuration of an activation class that is tested, the defaults first.

    registry: where the class is known by name, its aliases' parameters are cases too.
    """
    found: dict[Any, Case] = {}
    configs = [*_defaults(cls), *_written(cls), *_declared(cls), *_aliases(cls, registry)]
    for config in configs:
        act = cls(**config)
        found.setdefault(config_key(act), Case(act, config, *_parameters(act)))
    return list(found.values())


def _written(cls: Any) -> tuple[dict[str, Any], ...]:
    # Somebody else's activation of the same name has options of its own.
    ours = any(base.__module__.startswith("actreg.activations.") for base in cls.__mro__)
    return WRITTEN.get(cls.info.name, ()) if ours else ()


def _parameters(act: Any) -> tuple[dict[str, Array], bool]:
    """The parameters, and whether one that is a single number is not the initial one."""
    values = initial_values(act, FEATURES, 0)
    # Eight bits, so that every format holds them; slopes that run along an axis shall differ.
    spread = {name: np.round(array * 64) / 64 for name, array in values.items()}
    moved = any(array.size == 1 and not np.array_equal(array, values[name]) for name, array in spread.items())
    for name, array in spread.items():
        if array.ndim == 1 and array.size > 1 and not np.ptp(array):
            spread[name] = array + (np.arange(array.size) - 2) / 8
    return spread, moved


def _without_numbers(laws: Laws) -> Laws:
    """The laws without numbers other than 0 and ±inf, which a parameter nearby may change."""

    def open_(number: float) -> bool:
        return math.isfinite(number) and number != 0

    def sure(claim: tuple[float, float] | None) -> tuple[float, float] | None:
        return None if claim is None or any(map(open_, claim)) else claim

    lo, hi = laws.range
    return replace(
        laws,
        limits=sure(laws.limits),
        derivative_limits=sure(laws.derivative_limits),
        at_zeros=sure(laws.at_zeros),
        range=(-math.inf if open_(lo) else lo, math.inf if open_(hi) else hi),
        kinks={x: math.nan if open_(slope) else slope for x, slope in laws.kinks.items()},
    )


def _defaults(cls: Any) -> list[dict[str, Any]]:
    return [{}] if not _required(cls) else []


def _required(cls: Any) -> list[str]:
    return [name for name, item in cls.model_fields.items() if item.is_required()]


def _declared(cls: Any) -> Iterator[dict[str, Any]]:
    required = _required(cls)
    choices = {name: list(_choices(item)) for name, item in cls.model_fields.items()}
    bases: Sequence[dict[str, Any]] = [{}]
    for name in required:
        bases = [{**base, name: choice} for base in bases for choice in choices[name]]
    if required:
        yield from bases
    if _written(cls) or not bases:
        return
    for name, values in choices.items():
        if name not in required:
            yield from ({**bases[0], name: value} for value in values if value != cls.model_fields[name].default)


def _choices(item: Any) -> Iterator[Any]:
    if get_origin(item.annotation) is Literal:
        yield from get_args(item.annotation)
    elif item.annotation is bool:
        yield from (False, True)
    for example in item.examples or ():
        if example is not PydanticUndefined:
            yield example


def _aliases(cls: Any, registry: Any) -> Iterator[dict[str, Any]]:
    for spelling in registry.spellings() if registry is not None else ():
        try:
            found = registry.resolve(spelling)
        except ActregError:
            continue
        if found.activation is cls and (found.defaults or found.pinned):
            yield {**found.defaults, **found.pinned}
