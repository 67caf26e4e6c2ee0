"""The contract of an activation: what every kind shares.

Requirements:

- The model's fields are the config, its methods are the mathematics; nothing is cached on an instance, so that
  equality, hashing, pickling and copying stay honest.
- An author writes formulas over a namespace `xp` and never touches an array library; the host splits, broadcasts,
  multiplies by the incoming gradient, reduces, restores NaN and normalises layout.
- A mistake in a definition is an error at the class statement, naming class and member.
- A user calls ``act(x)``, ``act.derivative(x)``, ``act.vjp(x)``; the array's own library decides where it runs.

`derivative` has two readings: an author defines ``derivative(self, xp, x)``, a user calls ``act.derivative(x)``. The
author's function is therefore kept as `derivative_formula` when the class is made.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from actreg.contracts.config import Config, check_fields
from actreg.contracts.info import Info, Laws
from actreg.contracts.param import Param
from actreg.contracts.resolver import Pullback, host
from actreg.errors import CapabilityError, DefinitionError

Kind = Literal["elementwise", "axiswise", "gated", "expanding", "projection"]


class Activation(Config):
    """Base of the five kinds; derive from one of those.

    Two traits any activation can have: *learnable* (`parameters` is not empty) and *stochastic* (`noise` is not None).
    """

    info: ClassVar[Info]
    kind: ClassVar[Kind]
    required: ClassVar[tuple[str, ...]] = ("forward",)
    derivative_formula: ClassVar[Any] = None

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if "kind" in cls.__dict__:
            return
        if "info" not in cls.__dict__:
            raise DefinitionError(f"{cls.__qualname__}: give it an info of its own: info: ClassVar = Info(name=…)")
        if not isinstance(cls.__dict__["info"], Info):
            raise DefinitionError(f"{cls.__qualname__}.info must be an Info, not {cls.__dict__['info']!r}")
        _keep_formula(cls)
        check_fields(cls)
        for method in cls.required:
            if not callable(getattr(cls, method, None)):
                raise DefinitionError(f"{cls.__qualname__}: {cls.kind} activations define {method}()")
        main = cls.info.main
        if main is not None and main not in cls.model_fields:
            raise DefinitionError(f"{cls.__qualname__}.info.main names {main!r}, which is no field")

    # What an author may override.

    def laws(self) -> Laws:
        """What must hold for this instance; the default claims nothing."""
        return Laws()

    def parameters(self) -> dict[str, Param]:
        """The learnable parameters of this instance, by name; none by default."""
        return {}

    def noise(self) -> Literal["uniform", "normal"] | None:
        """The distribution of the noise that `forward` takes as ``noise=`` in training; None: not stochastic."""
        return None

    # What a user calls.

    def __call__(self, x: Any, /, *, out: Any = None, generator: Any = None, **parameters: Any) -> Any:
        """The activation of `x`, by the array's own library, in its dtype and on its device.

        x: a floating-point array. out: where to write; x itself, or an array of the result's shape and dtype that is
        disjoint from x. generator: draws the noise of a stochastic activation, which without one evaluates.
        parameters: values of the learnable parameters, by name.

        Raises InputError for an array or parameter that it cannot take, CapabilityError where a backend cannot.
        """
        try:
            return host().backend_of(x).apply(self, x, parameters, out=out, generator=generator)
        except Exception as error:
            host().blame(self, error)
            raise

    def derivative(self, *args: Any, **parameters: Any) -> Any:
        """The derivative at every element of `x`, with x's shape and dtype; elementwise activations only."""
        if len(args) != 1:
            raise TypeError(f"{self.info.name}.derivative(x, **parameters) takes one array, not {len(args)}")
        if self.kind != "elementwise":
            raise CapabilityError(f"{self.info.name} is {self.kind}: it has no elementwise derivative; use vjp(x)")
        try:
            return host().backend_of(args[0]).derivative(self, args[0], parameters)
        except Exception as error:
            host().blame(self, error)
            raise

    def vjp(self, x: Any, /, *, generator: Any = None, **parameters: Any) -> tuple[Any, Pullback]:
        """The value, and the pullback: from its gradient to ``{"x": …}`` and one entry for each parameter."""
        try:
            result: tuple[Any, Pullback] = host().backend_of(x).vjp(self, x, parameters, generator=generator)
        except Exception as error:
            host().blame(self, error)
            raise
        return result

    def as_config(self) -> dict[str, Mapping[str, Any]]:
        """The YAML form, ``{name: {option: value}}``; `actreg.get` reads it back to an equal instance."""
        return {self.info.name: self.model_dump()}


def _keep_formula(cls: type[Activation]) -> None:
    formula = cls.__dict__.get("derivative")
    if formula is None:
        return
    names = list(inspect.signature(formula).parameters)
    if names[:2] != ["self", "xp"]:
        raise DefinitionError(f"{cls.__qualname__}.derivative must be derivative(self, xp, x, **parameters)")
    del cls.derivative
    cls.derivative_formula = formula
