"""An activation as a JAX layer: it owns its parameters and nothing else."""

from __future__ import annotations

from typing import Any

from actreg import Activation, Backend, CapabilityError, ConfigError, FieldProblem, Pullback, UnknownNameError, initial
from actreg_jax.rounding import DTYPES


class JaxLayer:
    """activation: the instance. parameters: its arrays, by name; put new ones into the mapping to train.

    JAX's arrays can't be changed, so whoever differentiates the layer passes parameters in: ``layer(x, weight=w)``.
    """

    def __init__(
        self,
        backend: Backend,
        act: Activation,
        *,
        features: int | None,
        device: str | None,
        dtype: str,
        seed: int,
        inplace: bool,
    ) -> None:
        if dtype not in DTYPES:
            raise UnknownNameError("dtype", dtype, DTYPES)
        if inplace:
            raise CapabilityError(f"{act.info.name} can't run in place: JAX's arrays can't be written to")
        self._backend = backend
        self.activation = act
        try:
            values = initial.initial_values(act, features, seed)
        except ValueError as error:
            raise ConfigError(act.info.name, [FieldProblem("features", str(error))]) from None
        self.parameters: dict[str, Any] = {
            name: backend.from_numpy(value, device=device, dtype=dtype) for name, value in values.items()
        }

    def __call__(self, x: Any, *, generator: Any = None, **parameters: Any) -> Any:
        """The activation of x; parameters given here stand in for the layer's own."""
        return self._backend.apply(self.activation, x, {**self.parameters, **parameters}, generator=generator)

    def vjp(self, x: Any, *, generator: Any = None) -> tuple[Any, Pullback]:
        """The value, and the pullback to ``{"x": …}`` and every parameter."""
        return self._backend.vjp(self.activation, x, self.parameters, generator=generator)

    def __repr__(self) -> str:
        return f"JaxLayer({self.activation!r})"
