"""Running formulas on NumPy arrays: wide inside, rounded once, no warnings, layout normalised.

Requirements:

- Elementwise activations run block by block; whatever works along an axis runs line block by line block, each line
  contiguous, so that a result does not depend on strides or on how many lines there are.
- Gradients of parameters are summed in float64 whatever the dtype.
- Overflow on the way to a correct result is no warning: `errstate` is held once a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from actreg.backends.numpy.blocks import BLOCK, Index, run
from actreg.backends.numpy.namespace import SPARE, XP
from actreg.backends.numpy.rounding import narrow, widen
from actreg.formula import interpret

Extras = Mapping[str, Any]


def value(act: Any, x: Any, extras: Extras, out: Any) -> Any:
    """The value of x, written to `out`, which has the result's shape."""
    with np.errstate(all="ignore"):
        if act.kind == "elementwise":
            xp = _namespace(out)
            _elementwise(act, x, extras, lambda block, named: [act.forward(xp, block, **named)], [out])
        elif act.kind == "projection":
            out[...] = narrow(interpret.value(act, _namespace(out), widen(x), _wide(extras)), out.dtype)
        else:
            lines, named, target = _lines(x, act.axis), _for_lines(act, extras), np.moveaxis(out, act.axis, -1)
            result, xp = np.empty((len(lines), target.shape[-1]), dtype=out.dtype), _namespace(out)
            for part in _line_blocks(lines):
                result[part] = narrow(interpret.value_last(act, xp, widen(lines[part]), named(part)), out.dtype)
            target[...] = result.reshape(target.shape)
    return out


def derivative(act: Any, x: Any, extras: Extras) -> Any:
    """The derivative of an elementwise activation, in x's shape and dtype."""
    out, xp = np.empty(x.shape, dtype=x.dtype), _namespace(x)
    with np.errstate(all="ignore"):
        _elementwise(act, x, extras, lambda block, named: [interpret.derivative_spread(act, xp, block, named)], [out])
    return out


def pullback(act: Any, x: Any, grad: Any, extras: Extras) -> dict[str, Any]:
    """The gradients of x and of every parameter, each in its own dtype."""
    with np.errstate(all="ignore"):
        if act.kind == "elementwise":
            return _elementwise_pullback(act, x, grad, extras)
        if act.kind == "projection":
            wide = _wide(extras)
            y = interpret.value(act, XP, widen(x), wide)
            gradients = interpret.pullback(act, XP, widen(x), y, widen(grad), wide)
            return {name: narrow(g, x.dtype if name == "x" else extras[name].dtype) for name, g in gradients.items()}
        return _line_pullback(act, x, grad, extras)


def _elementwise(act: Any, x: Any, extras: Extras, formula: Any, outs: list[Any], grad: Any = None) -> None:
    singles: dict[str, Any] = {}
    arrays: dict[str, Any] = {}
    for name, array in interpret.spread(act, XP, x, extras).items():
        if array.size == 1 and name != interpret.NOISE:
            singles[name] = float(array.reshape(()))
        else:
            arrays[name] = array

    def on_blocks(block: Any, *rest: Any) -> Any:
        named = {**singles, **dict(zip(arrays, rest, strict=False))}
        return formula(block, named) if grad is None else formula(block, named, rest[-1])

    run(on_blocks, [x, *arrays.values(), *([] if grad is None else [grad])], outs)


def _elementwise_pullback(act: Any, x: Any, grad: Any, extras: Extras) -> dict[str, Any]:
    grad_x, xp = np.empty(x.shape, dtype=x.dtype), _namespace(x)
    declared = act.parameters()
    sums = {name: np.zeros(extras[name].shape) for name in declared}

    def formula(block: Any, named: Mapping[str, Any], g: Any) -> list[Any]:
        slopes = interpret.parameter_derivatives_spread(act, xp, block, named) if declared else {}
        return [g * interpret.derivative_spread(act, xp, block, named), *(g * slopes[name] for name in declared)]

    def adder(name: str) -> Any:
        axis = interpret.axis_of(declared[name], x.ndim)
        total = sums[name]

        def add(index: Index, block: Any) -> None:
            if total.size == 1:
                total[...] += np.sum(block)
            else:
                over = tuple(place for place in range(block.ndim) if place != axis)
                total[index[axis] if axis < len(index) else slice(None)] += np.sum(block, axis=over)

        return add

    _elementwise(act, x, extras, formula, [grad_x, *(adder(name) for name in declared)], grad)
    return {"x": grad_x, **{name: narrow(total, extras[name].dtype) for name, total in sums.items()}}


def _line_pullback(act: Any, x: Any, grad: Any, extras: Extras) -> dict[str, Any]:
    lines, grads, named = _lines(x, act.axis), _lines(grad, act.axis), _for_lines(act, extras)
    moved = np.moveaxis(x, act.axis, -1)
    result = np.empty(lines.shape, dtype=x.dtype)
    sums = {name: np.zeros(array.shape) for name, array in extras.items() if name != interpret.NOISE}
    for part in _line_blocks(lines):
        block = widen(lines[part])
        y = interpret.value_last(act, XP, block, named(part))
        gradients = interpret.pullback_last(act, XP, block, y, widen(grads[part]), named(part))
        result[part] = narrow(gradients["x"], x.dtype)
        for name, total in sums.items():
            total += gradients[name]
    grad_x = np.ascontiguousarray(np.moveaxis(result.reshape(moved.shape), -1, act.axis))
    return {"x": grad_x, **{name: narrow(total, extras[name].dtype) for name, total in sums.items()}}


def _namespace(result: Any) -> Any:
    """What a formula runs over: where float64 is rounded to a narrower dtype afterwards, it has bits to spare."""
    return XP if result.dtype == np.float64 else SPARE


def _wide(extras: Extras) -> dict[str, Any]:
    return {name: widen(np.asarray(array)) for name, array in extras.items()}


def _for_lines(act: Any, extras: Extras) -> Callable[[slice], dict[str, Any]]:
    # Noise has x's shape and so is cut as x is; parameters go whole to every block.
    wide = _wide(extras)
    noise = wide.pop(interpret.NOISE, None)
    if noise is None:
        return lambda part: wide
    lines = _lines(noise, act.axis)
    return lambda part: {**wide, interpret.NOISE: lines[part]}


def _lines(x: Any, axis: int) -> Any:
    moved = np.moveaxis(x, axis, -1)
    count = x.size // moved.shape[-1] if moved.shape[-1] else 0
    return np.ascontiguousarray(moved).reshape(count, moved.shape[-1])


def _line_blocks(lines: Any) -> Iterator[slice]:
    step = max(1, BLOCK // max(1, lines.shape[-1]))
    for start in range(0, len(lines), step):
        yield slice(start, start + step)
