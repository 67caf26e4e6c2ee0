"""An activation as a NumPy layer: it owns its parameters and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from actreg.backends.numpy.rounding import DTYPES, cast
from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend
from actreg.contracts.resolver import Pullback
from actreg.errors import CapabilityError, ConfigError, FieldProblem, UnknownNameError
from actreg.formula.initial import initial_values


class NumpyLayer:
    """activation: the instance. parameters: its own arrays, by name; update them in place to train."""

    def __init__(
        self,
        backend: Backend,
        act: Activation,
        *,
        features: int | None = None,
        dtype: str = "float32",
        seed: int = 0,
        inplace: bool = False,
    ) -> None:
        if dtype not in DTYPES:
            raise UnknownNameError("dtype", dtype, DTYPES)
        if inplace and not act.laws().derivative_from_output:
            raise CapabilityError(f"{act.info.name} can't run in place: its derivative is lost with its input")
        self._backend = backend
        self.activation = act
        self.inplace = inplace
        try:
            values = initial_values(act, features, seed)
        except ValueError as error:
            raise ConfigError(act.info.name, [FieldProblem("features", str(error))]) from None
        self.parameters: dict[str, np.ndarray] = {name: cast(value, dtype) for name, value in values.items()}

    def __call__(self, x: Any, *, generator: Any = None) -> Any:
        """The activation of x; written into x where the layer is in place."""
        return self._backend.apply(
            self.activation, x, self.parameters, out=x if self.inplace else None, generator=generator
        )

    def vjp(self, x: Any, *, generator: Any = None) -> tuple[Any, Pullback]:
        """The value, and the pullback to ``{"x": …}`` and every parameter."""
        return self._backend.vjp(self.activation, x, self.parameters, generator=generator)

    def __repr__(self) -> str:
        return f"NumpyLayer({self.activation!r})"
