"""What a backend declares beyond values and pullbacks: each capability computes what the activation is.

Requirements:

- A capability that is declared is checked; one that is not is a skip that names it. Declared and not lent is a failure.
- Compiling and exporting take seconds: they are checked on the first configurations of each activation, in float32.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

from actreg.conformance import tolerance, ulp
from actreg.conformance.cases import FEATURES
from actreg.conformance.checks.accuracy import finite_rows, judge, size_of
from actreg.conformance.checks.adjoint import richardson
from actreg.conformance.checks.finding import Finding, joined, measured, same_bits
from actreg.conformance.exact import from_floats
from actreg.conformance.formats import Array
from actreg.conformance.subject import Subject
from actreg.conformance.tables import PointTable

Check = Callable[[Subject, Any], Finding]


def double_backward(s: Subject) -> Finding:
    """The gradient of the gradient is the second derivative, against its closed form in high precision; of what works
    along an axis it is, in float64, what differences of the pullback converge to."""
    return _with(s, "double_backward", _second_points if s.pointwise else _second_lines)


def jvp(s: Subject) -> Finding:
    """Forward mode gives the value's bits, and the derivative times the tangent; along an axis it is the adjoint of the
    pullback."""
    return _with(s, "jvp", _forward_points if s.pointwise else _forward_lines)


def vmap(s: Subject) -> Finding:
    """Mapped over a batch, it gives the bits that each slice gives alone."""

    def run(s: Subject, transform: Any) -> Finding:
        one = s.sample()
        x = s.fmt.round(np.stack([one, -one, one * 0.5, one + 1.0]))
        got = s.back(transform(_function(s), s.native(x)))
        alone = np.stack([s.value(part) for part in x])
        return Finding(broken=[] if same_bits(got, alone) else ["a mapped call gives other bits"])

    return _with(s, "vmap", run)


def autocast(s: Subject) -> Finding:
    """Where the library chooses precisions it keeps the input's: rounded to that dtype, the value has its bits."""

    def run(s: Subject, transform: Any) -> Finding:
        x = s.sample()
        got = s.back(transform(_function(s), s.native(x)))
        same = same_bits(got.astype(s.fmt.dtype), s.value(x))
        return Finding(broken=[] if same else [f"under autocast the value, {got.dtype}, has other bits"])

    return _with(s, "autocast", run)


def compiled(s: Subject) -> Finding:
    """Compiled as one graph, a layer is as exact as it is eagerly, forward and backward, and agrees with itself.

    Scope: float32, the first configurations.
    """

    def run(s: Subject, transform: Any) -> Finding:
        layer = _layer(s)
        function = transform(layer)
        found = [_held(s, "compiled", s.points(), layer, function)]
        if s.transforms.pullback is not None:
            x = s.points()
            eager, graph = (_gradient(s, f, x) for f in (layer, function))
            found.append(_agree("the compiled gradient", x, eager, graph, s))
        return joined(found)

    return _with(s, "compile", run)


def exported(s: Subject) -> Finding:
    """Exported, saved and loaded again, a layer is as exact as it is eagerly, and agrees with itself.

    Scope: float32, the first configurations.
    """

    def run(s: Subject, transform: Any) -> Finding:
        layer, x = _layer(s), s.points()
        return _held(s, "exported", x, layer, transform(layer, s.native(x)))

    return _with(s, "export", run)


def onnx(s: Subject) -> Finding:
    """Exported to ONNX and run by onnxruntime, a layer is as exact as the tolerance for our own values says.

    Scope: float32, the defaults.
    """
    if "onnx" not in s.library.capabilities:
        return Finding(skipped="onnx")
    if any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime")):
        return Finding(skipped="onnx, with pip install 'actreg[onnx]'")
    runtime: Any = importlib.import_module("onnxruntime")
    x = s.points()
    x = x.reshape(1, -1) if x.ndim == 1 else x
    example = np.concatenate([x, x]).astype(np.float32)
    layer = _layer(s)
    file = s.library.onnx(layer, example, find=s.registry.get)
    session = runtime.InferenceSession(file, providers=["CPUExecutionProvider"])
    got = session.run(None, {session.get_inputs()[0].name: x.astype(np.float32)})[0]
    return _judged(s, "onnx", x, np.asarray(got), _plain(s, layer, x), "onnx")


def _with(s: Subject, capability: str, check: Check) -> Finding:
    if capability not in s.library.capabilities:
        return Finding(skipped=capability)
    transform = getattr(s.transforms, capability)
    if transform is None:
        return Finding(broken=[f"{s.backend} declares {capability} and lends none: transforms().{capability} is None"])
    return check(s, transform)


def _second_points(s: Subject, transform: Any) -> Finding:
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table) & (np.abs(s.table.inputs) < 64.0) & (np.abs(s.table.inputs) > 2.0**-6)
    rows &= ~np.isin(s.table.inputs, list(s.case.laws.kinks))
    x, truth = s.table.inputs[rows], s.table.columns["second"][rows]
    got = s.back(transform(_function(s), s.native(x), s.native(np.ones(len(x))), s.native(np.ones(len(x)))))
    with np.errstate(all="ignore"):
        largest = np.maximum(1.0, np.abs(x)) * max(1.0, float(np.abs(truth.as_float()).max(initial=0.0)))
    return judge(s, "second", x, got, truth, largest, "")


def _second_lines(s: Subject, transform: Any) -> Finding:
    x = s.sample()
    if s.kind in ("expanding", "projection"):
        x = (np.argsort(np.argsort(x.reshape(-1))).reshape(x.shape) - x.size // 2) / 8.0
    shape = s.value(x).shape
    grad, direction, move = (_pattern(size, step) for size, step in ((shape, 5), (x.shape, 11), (x.shape, 13)))

    def along(t: float) -> float:
        return float((direction * s.pull(x + t * move, grad)["x"].astype(np.float64)).sum())

    wanted, error = richardson(along)
    got = s.back(transform(_function(s), s.native(x), s.native(grad), s.native(direction))).astype(np.float64)
    off = abs(wanted - float((move * got).sum()))
    allowed = error + 1e-6 * (1.0 + float(np.abs(move * got).sum()))
    broken = [f"differences give {wanted!r}, double backward is off by {off:.3g} > {allowed:.3g}"]
    return Finding(broken=[] if off <= allowed else broken)


def _forward_points(s: Subject, transform: Any) -> Finding:
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table)
    x = s.table.inputs[rows]
    tangent = np.where(np.arange(len(x)) % 2 == 0, 1.0, -0.5)
    y, moved = transform(_function(s), s.native(x), s.native(tangent))
    truth = s.table.columns["derivative"][rows].times(tangent)
    size = size_of(x, s.table.columns["second"][rows].as_float())
    found = judge(s, "gradient", x, s.back(moved), truth, size, "")
    if not same_bits(s.back(y), s.value(x)):
        found.broken.append("forward mode gives another value")
    return found


def _forward_lines(s: Subject, transform: Any) -> Finding:
    x = s.sample()
    y = s.value(x)
    grad, move = _pattern(y.shape, 5), _pattern(x.shape, 11)
    value, moved = transform(_function(s), s.native(x), s.native(move))
    ahead = grad * s.back(moved).astype(np.float64)
    back = move * s.pull(x, grad)["x"].astype(np.float64)
    units = 16.0 if s.provider == "vendor" else 4.0
    allowed = units * 2.0**-s.fmt.precision * float(np.abs(ahead).sum() + np.abs(back).sum())
    off = abs(float(ahead.sum() - back.sum()))
    broken = [] if same_bits(s.back(value), y) else ["forward mode gives another value"]
    if not off <= allowed:
        broken.append(f"⟨J·v, u⟩ and ⟨v, Jᵀ·u⟩ differ by {off:.3g}, more than {allowed:.3g}")
    return Finding(broken=broken)


def _held(s: Subject, mode: str, x: Array, layer: Any, function: Any) -> Finding:
    eager, got = _plain(s, layer, x), s.back(function(s.native(x)))
    return joined([_judged(s, mode, x, got, eager), _agree(f"the {mode} value", x, eager, got, s)])


def _judged(
    s: Subject, mode: str, x: Array, got: Array, eager: Array, direction: tolerance.Direction = "value"
) -> Finding:
    if not s.pointwise or s.case.moved:
        # A layer starts from the initial parameters, and the table's are others where the case was moved.
        return _agree(f"the {mode} value", x, eager, got, s)
    assert isinstance(s.table, PointTable)
    rows = finite_rows(s, s.table)
    slope = s.table.columns["derivative"][rows].as_float()
    places = s.table.inputs[rows]
    return judge(s, direction, places, got.reshape(-1), s.table.columns["value"][rows], size_of(places, slope), "")


def _agree(what: str, x: Array, eager: Array, got: Array, s: Subject) -> Finding:
    """Within an ulp of each other, and of (eps/2)·max(1, |x|): both are held to the truth elsewhere."""
    if got.shape != eager.shape:
        return Finding(broken=[f"{what} has shape {got.shape}, not {eager.shape}"])
    a, b = eager.reshape(-1).astype(np.float64), got.reshape(-1)
    truth = from_floats(a)
    errors = ulp.error(b, truth, s.fmt)
    places = np.resize(x.reshape(-1), a.size)
    room = ulp.in_ulp(2.0**-s.fmt.precision * np.maximum(1.0, np.abs(places)), truth, s.fmt)
    found = measured(places, b, truth, errors, errors > np.maximum(1.0, 2.0 * room))
    found.tolerance = tolerance.AGREE
    return found


def _gradient(s: Subject, function: Any, x: Array) -> Array:
    grad = s.native(np.ones(s.back(function(s.native(x))).shape))
    return s.back(s.transforms.pullback(function, s.native(x), grad))


def _plain(s: Subject, layer: Any, x: Array) -> Array:
    return s.back(layer(s.native(x)))


def _layer(s: Subject) -> Any:
    return s.library.layer(s.act, features=FEATURES, device=s.device, dtype=s.dtype)


def _function(s: Subject) -> Callable[[Any], Any]:
    return lambda x: s.library.apply(s.act, x, s.parameters)


def _pattern(size: tuple[int, ...], step: int) -> Array:
    k = np.arange(int(np.prod(size))) * step
    return np.asarray(((1.0 + (k % 7) / 8.0) * np.where(k % 3 == 1, -1.0, 1.0)).reshape(size))
