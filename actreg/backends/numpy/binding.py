"""An activation bound to a dtype: the kernel that won, or the generic formula; what a call runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from actreg.backends.numpy import evaluate
from actreg.backends.numpy.arrays import check_gradient, check_input, result_array
from actreg.backends.numpy.rounding import NAMES
from actreg.contracts.activation import Activation
from actreg.contracts.backend import KernelFinder
from actreg.contracts.resolver import Pullback
from actreg.errors import InputError
from actreg.formula.checks import check_axis, check_parameters, check_shapes
from actreg.formula.interpret import NOISE


def bind(act: Activation, dtype: Any, kernels: KernelFinder) -> BoundActivation:
    """Finds the kernel once, so that a call looks nothing up. dtype None stands for a Python float."""
    name = NAMES.get(np.dtype(np.float64 if dtype is None else dtype))
    return BoundActivation(act, kernels(act, "cpu", name) if name else None)


class BoundActivation:
    """What `NumpyBackend` calls; one for each configuration and dtype."""

    def __init__(self, act: Activation, kernel: Any) -> None:
        self.act: Any = act
        self.declared = act.parameters()
        self.kernel = kernel
        self.direct = kernel is not None and not self.declared

    def apply(self, x: Any, parameters: Mapping[str, Any], out: Any, generator: Any) -> Any:
        """The value of x."""
        if self.direct and out is None and not parameters and type(x) is np.ndarray:
            return self._as_given(self.kernel.forward(x), x)
        array, extras = self._prepare(x, parameters, generator)
        y = self._value(array, extras, result_array(self.act, array, self._shape(array), out))
        return y if isinstance(x, np.ndarray) or out is not None else y[()]

    def derivative(self, x: Any, parameters: Mapping[str, Any]) -> Any:
        """The derivative at x."""
        array, extras = self._prepare(x, parameters, None)
        if self.kernel is not None:
            # Fresh pages can cost more than the mathematics: one element stands for all.
            ones = np.broadcast_to(np.ones((), dtype=array.dtype), array.shape)
            slope = self.kernel.pullback(array, None, ones, **extras)["x"]
        else:
            slope = evaluate.derivative(self.act, array, extras)
        return slope if isinstance(x, np.ndarray) else slope[()]

    def vjp(self, x: Any, parameters: Mapping[str, Any], generator: Any) -> tuple[Any, Pullback]:
        """The value of x, and the pullback."""
        array, extras = self._prepare(x, parameters, generator)
        y = self._value(array, extras, result_array(self.act, array, self._shape(array), None))

        def pullback(grad: Any) -> dict[str, Any]:
            incoming = check_gradient(self.act, grad, y)
            if self.kernel is not None:
                return dict(self.kernel.pullback(array, y, incoming, **extras))
            return evaluate.pullback(self.act, array, incoming, extras)

        return y, pullback

    def _value(self, x: Any, extras: Mapping[str, Any], out: Any) -> Any:
        if self.kernel is not None:
            self.kernel.forward(x, out, **extras)
            return out
        return evaluate.value(self.act, x, extras, out)

    def _prepare(self, x: Any, parameters: Mapping[str, Any], generator: Any) -> tuple[Any, dict[str, Any]]:
        array = check_input(self.act, x)
        check_parameters(self.act, self.declared, parameters)
        check_axis(self.act, array.shape)
        extras = {name: check_input(self.act, value) for name, value in parameters.items()}
        check_shapes(self.act, self.declared, extras, array.shape)
        if generator is not None and self.act.noise() is not None:
            extras[NOISE] = _draw(self.act, generator, array.shape)
        return array, extras

    def _shape(self, x: Any) -> tuple[int, ...]:
        if self.act.kind in ("elementwise", "axiswise"):
            return tuple(x.shape)
        axis = -1 if self.act.kind == "projection" else self.act.axis
        shape = list(x.shape)
        shape[axis] = shape[axis] // 2 if self.act.kind == "gated" else self.act.output_size(shape[axis])
        return tuple(shape)

    @staticmethod
    def _as_given(y: Any, x: Any) -> Any:
        # A ufunc gives a scalar for a 0-d array.
        return y if type(y) is np.ndarray else np.asarray(y, dtype=x.dtype)


def _draw(act: Activation, generator: Any, shape: tuple[int, ...]) -> Any:
    if not isinstance(generator, np.random.Generator):
        raise InputError(f"{act.info.name}: generator must be a numpy.random.Generator, not {type(generator).__name__}")
    return generator.random(shape) if act.noise() == "uniform" else generator.standard_normal(shape)
