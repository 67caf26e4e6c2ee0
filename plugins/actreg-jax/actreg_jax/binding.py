"""An activation bound to a dtype: what a call runs, compiled by jit, and its own pullback."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from actreg import Bound, CapabilityError, InputError, Pullback, checks, interpret
from actreg_jax import eager, rows
from actreg_jax.eager import concrete
from actreg_jax.functions import along, pointwise
from actreg_jax.namespace import space
from actreg_jax.rounding import DTYPES, narrow, widen, x64


class BoundActivation:
    """What `JaxBackend` calls; one for each configuration and dtype. kernel: one that won over the formula, or None."""

    def __init__(self, act: Any, kernel: Bound | None) -> None:
        self.act = act
        self.kernel = kernel
        self.declared = act.parameters()
        self._value = jax.jit(self._plain_value, static_argnums=0, static_argnames="last")
        self._slope = jax.jit(self._plain_slope, static_argnums=0, static_argnames="last")
        self._pull = jax.jit(self._plain_pull, static_argnums=0, static_argnames="last")
        self._sums = jax.jit(self._plain_sums, static_argnums=0)

    def apply(self, x: Any, parameters: Mapping[str, Any], out: Any, generator: Any) -> Any:
        """The value of x, differentiable."""
        if out is not None:
            raise CapabilityError(f"{self.act.info.name}: JAX's arrays can't be written to; leave out= away")
        extras = self._prepare(x, parameters, generator)
        if self.kernel is not None:
            return self.kernel.forward(x, None, **extras)
        return self._run(self._value, (x,), extras)

    def derivative(self, x: Any, parameters: Mapping[str, Any]) -> Any:
        """The derivative at x."""
        extras = self._prepare(x, parameters, None)
        if self.kernel is not None:
            y, pull = self._kernel_vjp(x, extras)
            return pull(jnp.ones_like(y))["x"]
        return self._run(self._slope, (x,), extras)

    def vjp(self, x: Any, parameters: Mapping[str, Any], generator: Any) -> tuple[Any, Pullback]:
        """The value of x and its pullback, which may be called again and again."""
        extras = self._prepare(x, parameters, generator)
        if self.kernel is not None:
            y, inner = self._kernel_vjp(x, extras)
            return y, lambda grad: inner(self._gradient(grad, y))
        y = self._run(self._value, (x,), extras)

        def pullback(grad: Any) -> dict[str, Any]:
            checked = self._gradient(grad, y)
            found = {"x": self._run(self._pull, (x, checked), extras)}
            if not self.declared:
                return found
            # Lowering comes after tracing, and asks for the setting too.
            with x64():
                return {**found, **self._sums(tuple(extras), x, checked, *extras.values())}

        return y, pullback

    def _run(self, compiled: Any, arrays: tuple[Any, ...], extras: dict[str, Any]) -> Any:
        """A compiled function of x (and the gradient), by few shapes where nothing is traced."""
        call = partial(compiled, tuple(extras))
        if interpret.NOISE in extras or not arrays[0].ndim or not concrete((*arrays, *extras.values())):
            return call(*arrays, *extras.values())
        if self.act.kind == "projection":
            return eager.lines(call, arrays, -1, extras)
        if self.act.kind != "elementwise":
            return eager.lines(partial(call, last=True), arrays, self.act.axis, extras)
        axes = {self.declared[name].axis for name, value in extras.items() if value.size > 1}
        if not axes:
            return eager.pointwise(call, arrays, extras)
        if len(axes) > 1:
            return call(*arrays, *extras.values())
        return eager.lines(partial(call, last=True), arrays, axes.pop(), extras)

    # What jit compiles: names are static, arrays are not. last: the axis is the last one already.

    def _plain_value(self, names: tuple[str, ...], x: Any, *extras: Any, last: bool = False) -> Any:
        with x64():
            if last:
                return rows.value(self.act, x, _named(names, extras))
            return narrow(self._wide(names, x, extras), x.dtype.name)

    def _wide(self, names: tuple[str, ...], x: Any, extras: Any) -> Any:
        xp, wide = space(x.dtype.name), _named(names, extras)
        if self.act.kind != "elementwise":
            return along(self.act, xp, names)(widen(x), *wide.values())
        return pointwise(self.act, xp, names)(widen(x), *interpret.spread(self.act, xp, x, wide).values())

    def _plain_slope(self, names: tuple[str, ...], x: Any, *extras: Any, last: bool = False) -> Any:
        with x64():
            if last:
                return rows.slope(self.act, x, _named(names, extras))
            slope = interpret.derivative(self.act, space(x.dtype.name), widen(x), _named(names, extras))
            return narrow(jnp.broadcast_to(slope, x.shape), x.dtype.name)

    def _plain_pull(self, names: tuple[str, ...], x: Any, grad: Any, *extras: Any, last: bool = False) -> Any:
        with x64():
            if last:
                return rows.pull(self.act, x, grad, _named(names, extras))
            return narrow(jnp.broadcast_to(self._pulled(names, x, grad, extras)["x"], x.shape), x.dtype.name)

    def _plain_sums(self, names: tuple[str, ...], x: Any, grad: Any, *extras: Any) -> dict[str, Any]:
        with x64():
            found = self._pulled(names, x, grad, extras)
            return {
                name: narrow(jnp.broadcast_to(found[name], array.shape), array.dtype.name)
                for name, array in zip(names, extras, strict=True)
                if name in found
            }

    def _pulled(self, names: tuple[str, ...], x: Any, grad: Any, extras: Any) -> dict[str, Any]:
        xp, wide = space(x.dtype.name), _named(names, extras)
        value = x if self.act.kind == "elementwise" else interpret.value(self.act, xp, widen(x), wide)
        return interpret.pullback(self.act, xp, widen(x), value, widen(grad), wide)

    def _kernel_vjp(self, x: Any, extras: dict[str, Any]) -> tuple[Any, Pullback]:
        kernel = self.kernel
        assert kernel is not None
        names = tuple(extras)
        if kernel.pullback is not None:
            y = kernel.forward(x, None, **extras)
            return y, partial(kernel.pullback, x, y, **extras)
        y, pull = jax.vjp(
            lambda v, *rest: kernel.forward(v, None, **dict(zip(names, rest, strict=True))), x, *extras.values()
        )
        return y, lambda grad: dict(zip(("x", *names), pull(grad), strict=True))

    # What comes in.

    def _prepare(self, x: Any, parameters: Mapping[str, Any], generator: Any) -> dict[str, Any]:
        name = self.act.info.name
        checks.check_parameters(self.act, self.declared, parameters)
        checks.check_axis(self.act, tuple(x.shape))
        extras = {key: check_array(name, key, value) for key, value in parameters.items()}
        checks.check_shapes(self.act, self.declared, extras, tuple(x.shape))
        if self.act.kind == "elementwise":
            for key, value in extras.items():
                interpret.spread_shape(self.act, key, self.declared[key], tuple(value.shape), tuple(x.shape))
        kind = self.act.noise()
        if kind is not None and generator is not None:
            draw = jax.random.uniform if kind == "uniform" else jax.random.normal
            with x64():
                extras[interpret.NOISE] = draw(generator, x.shape, dtype=jnp.float64)
        return extras

    def _gradient(self, grad: Any, y: Any) -> Any:
        checked = check_array(self.act.info.name, "the gradient", grad)
        if checked.shape != y.shape:
            raise InputError(f"{self.act.info.name}: the gradient has shape {grad.shape}, the output {y.shape}")
        return checked


def _named(names: tuple[str, ...], extras: Any) -> dict[str, Any]:
    return dict(zip(names, map(widen, extras), strict=True))


def check_array(act: str, name: str, array: Any) -> Any:
    """The array, where it is a floating-point JAX array or a tracer of one; InputError otherwise."""
    if not isinstance(array, jax.Array):
        raise InputError(f"{act}: {name} must be a JAX array like x, not {type(array).__name__}")
    if array.dtype.name not in DTYPES:
        raise InputError(f"{act}: {name} must be of a floating-point dtype ({', '.join(DTYPES)}), not {array.dtype}")
    return array
