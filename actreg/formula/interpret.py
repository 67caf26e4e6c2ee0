"""What running an activation means, over any array library's namespace.

Requirements:

- Everything that an author must not care about happens here, once for all libraries: splitting, moving axes,
  broadcasting parameters, multiplying by the incoming gradient, reducing over broadcast axes, restoring NaN.
- Works on arrays already in the dtype of the computation; widening before and rounding after is the backend's.
- Pure functions over `xp`: no state, no branch on array values, so that a library may trace through them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actreg.contracts.activation import Activation
from actreg.contracts.param import Param
from actreg.errors import InputError
from actreg.formula.dual import Dual, DualNamespace, tangent

Arrays = Mapping[str, Any]
NOISE = "noise"
"""The name under which `forward` takes noise, beside its parameters."""


def value(act: Any, xp: Any, x: Any, extras: Arrays) -> Any:
    """The activation of x, whatever its kind.

    extras: the parameters in the shapes that `Activation.parameters` declares, and `NOISE` of x's shape where a
    stochastic activation is to be drawn.
    """
    if act.kind == "elementwise":
        return act.forward(xp, x, **spread(act, xp, x, extras))
    if act.kind == "projection":
        y = act.forward(xp, rows(xp, x), **extras)
        return xp.reshape(y, (*x.shape[:-1], y.shape[-1]))
    return xp.moveaxis(value_last(act, xp, xp.moveaxis(x, act.axis, -1), extras), -1, act.axis)


def value_last(act: Any, xp: Any, x: Any, extras: Arrays) -> Any:
    """`value` of an activation that works along an axis, which is x's last already."""
    return act.forward(xp, *split(act, x), **extras) if act.kind == "gated" else act.forward(xp, x, **extras)


def derivative(act: Any, xp: Any, x: Any, extras: Arrays) -> Any:
    """The derivative of an elementwise activation at every element of x."""
    return derivative_spread(act, xp, x, spread(act, xp, x, extras))


def derivative_spread(act: Any, xp: Any, x: Any, extras: Arrays) -> Any:
    """`derivative`, with extras that broadcast against x already: the author's, or by dual numbers.

    A NaN in x gives NaN, whatever the formula's comparisons make of it.
    """
    if act.derivative_formula is not None:
        slope = act.derivative_formula(xp, x, **extras)
    else:
        slope = tangent(act.forward(DualNamespace(xp), Dual(xp, x, 1.0), **extras))
    return xp.where(xp.isnan(x), x, slope)


def parameter_derivatives_spread(act: Any, xp: Any, x: Any, extras: Arrays) -> dict[str, Any]:
    """dy/dp at every element of x, for each parameter p of an elementwise activation; extras broadcast against x."""
    if hasattr(act, "parameter_derivatives"):
        slopes = act.parameter_derivatives(xp, x, **extras)
    else:
        slopes = {name: _parameter_tangent(act, xp, x, extras, name) for name in act.parameters()}
    return {name: xp.where(xp.isnan(x), x, slope) for name, slope in slopes.items()}


def pullback(act: Any, xp: Any, x: Any, y: Any, grad: Any, extras: Arrays) -> dict[str, Any]:
    """The gradients of x and of every parameter, from the gradient of y; shapes are those of x and the parameters."""
    if act.kind == "elementwise":
        declared, ready = act.parameters(), spread(act, xp, x, extras)
        gradients = {"x": grad * derivative_spread(act, xp, x, ready)}
        for name, slope in (parameter_derivatives_spread(act, xp, x, ready) if declared else {}).items():
            gradients[name] = reduce_to(xp, grad * slope, declared[name], extras[name])
        return gradients
    if act.kind == "projection":
        gradients = act.pullback(xp, rows(xp, x), rows(xp, y), rows(xp, grad), **extras)
        return {**gradients, "x": xp.reshape(gradients["x"], tuple(x.shape))}
    last, last_y, last_grad = (xp.moveaxis(array, act.axis, -1) for array in (x, y, grad))
    gradients = pullback_last(act, xp, last, last_y, last_grad, extras)
    return {**gradients, "x": xp.moveaxis(gradients["x"], -1, act.axis)}


def pullback_last(act: Any, xp: Any, x: Any, y: Any, grad: Any, extras: Arrays) -> dict[str, Any]:
    """`pullback` of an activation that works along an axis, which is the last already.

    The author may leave a parameter's gradient as broad as the terms that it is a sum of: it is summed here.
    """
    if act.kind != "gated":
        gradients = dict(act.pullback(xp, x, y, grad, **extras))
    else:
        gradients = dict(act.pullback(xp, *split(act, x), grad, **extras))
        gradients["x"] = join(act, xp, gradients.pop("a"), gradients.pop("b"))
    return {
        name: array if name == "x" else sum_to(xp, array, tuple(extras[name].shape))
        for name, array in gradients.items()
    }


def spread(act: Activation, xp: Any, x: Any, extras: Arrays) -> dict[str, Any]:
    """Extras shaped so that they broadcast against x: each parameter along the axis that it declares."""
    declared = act.parameters()
    return {
        name: array
        if name == NOISE
        else xp.reshape(array, spread_shape(act, name, declared[name], tuple(array.shape), tuple(x.shape)))
        for name, array in extras.items()
    }


def spread_shape(
    act: Activation, name: str, param: Param, shape: tuple[int, ...], x_shape: tuple[int, ...]
) -> tuple[int, ...]:
    """The shape that makes a 1-d parameter run along its axis of x; all ones for a single element.

    Raises InputError where the axis does not exist or has another size.
    """
    if all(size == 1 for size in shape):
        return (1,) * len(x_shape)
    axis = axis_of(param, len(x_shape))
    if len(shape) != 1 or not 0 <= axis < len(x_shape) or x_shape[axis] != shape[0]:
        raise InputError(
            f"{act.info.name}: {name} of shape {shape} runs along axis {param.axis} of x, but x has shape {x_shape}"
        )
    return tuple(shape[0] if place == axis else 1 for place in range(len(x_shape)))


def axis_of(param: Param, ndim: int) -> int:
    """The parameter's axis, counted from the front."""
    return param.axis if param.axis >= 0 else param.axis + ndim


def reduce_to(xp: Any, slopes: Any, param: Param, array: Any) -> Any:
    """Elementwise gradients summed over every axis along which the parameter was broadcast."""
    shape = tuple(array.shape)
    axis = axis_of(param, slopes.ndim)
    single = all(size == 1 for size in shape)
    over = tuple(place for place in range(slopes.ndim) if single or place != axis)
    return xp.reshape(xp.sum(slopes, axis=over) if over else slopes, shape)


def sum_to(xp: Any, array: Any, shape: tuple[int, ...]) -> Any:
    """The array summed over every axis along which `shape` was broadcast, from the right, to make the array's shape."""
    extra = len(array.shape) - len(shape)
    over = (*range(extra), *(extra + k for k, size in enumerate(shape) if size == 1 and array.shape[extra + k] != 1))
    return xp.reshape(xp.sum(array, axis=over), shape) if over else array


def rows(xp: Any, x: Any) -> Any:
    """x with every axis but the last flattened into one."""
    count = 1
    for size in x.shape[:-1]:
        count *= size
    return xp.reshape(x, (count, x.shape[-1]))


def split(act: Any, x: Any) -> tuple[Any, Any]:
    """Gate and value of a gated activation, along the last axis; InputError where its size is odd."""
    size = x.shape[-1]
    if size % 2:
        raise InputError(f"{act.info.name} halves axis {act.axis}, whose size {size} is odd")
    if act.gate == "interleaved":
        return x[..., 0::2], x[..., 1::2]
    first, second = x[..., : size // 2], x[..., size // 2 :]
    return (first, second) if act.gate == "first" else (second, first)


def join(act: Any, xp: Any, gate: Any, other: Any) -> Any:
    """The inverse of `split`."""
    if act.gate == "interleaved":
        return xp.reshape(xp.stack([gate, other], axis=-1), (*gate.shape[:-1], 2 * gate.shape[-1]))
    return xp.concat([gate, other] if act.gate == "first" else [other, gate], axis=-1)


def _parameter_tangent(act: Any, xp: Any, x: Any, extras: Arrays, name: str) -> Any:
    seeded = {**extras, name: Dual(xp, extras[name], 1.0)}
    return tangent(act.forward(DualNamespace(xp), x, **seeded))
