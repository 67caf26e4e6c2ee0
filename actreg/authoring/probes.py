"""Checks of backends: that they construct, convert, and can do what they declare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from actreg.authoring.finding import Finding
from actreg.authoring.subject import Subject, line_of
from actreg.contracts.backend import Optimizer
from actreg.contracts.transforms import CAPABILITIES
from actreg.errors import CapabilityError, MissingExtraError
from actreg.registry import Registry
from actreg.registry.faults import said

OTHERS: Final = frozenset({"networks", "training", "inplace", "threads"})
"""Capabilities that are no transformation of functions."""


def backends(s: Subject, registry: Registry) -> Iterator[Finding]:
    """Every backend constructs, its dtypes survive the way there and back, and each declared capability is there."""
    for cls in s.things("backends"):
        place = line_of(cls)
        unknown = sorted(cls.capabilities - OTHERS - set(CAPABILITIES))
        if unknown:
            known = ", ".join(sorted(OTHERS | set(CAPABILITIES)))
            message = f"{cls.name} declares the unknown capability {unknown[0]!r}"
            yield Finding("backends", message, f"capabilities are {known}", "error", *place)
        try:
            backend = registry.backend(cls.name)
        except MissingExtraError as error:
            yield Finding("backends", f"{cls.name} was not tried: {error}", "install it here", "warning", *place)
            continue
        except Exception as error:  # the plugin's code
            message = f"{cls.name} can't be made: {said(error)}"
            yield Finding("backends", message, "make its constructor work", "error", *place)
            continue
        for message in (*_conversions(backend), *_networks(backend)):
            fix = "make it keep the contract in actreg.Backend's docstrings"
            yield Finding("backends", f"{cls.name}: {message}", fix, "error", *place)


def _conversions(backend: Any) -> Iterator[str]:
    import numpy as np

    try:
        devices = backend.devices()
        if not devices:
            yield "devices() is empty: the default comes first"
            return
        for dtype in backend.dtypes(devices[0]):
            x = np.array([1.0, -0.5, 0.0, -0.0, np.inf, np.nan])
            array = backend.from_numpy(x, device=devices[0], dtype=dtype)
            back = np.asarray(backend.to_numpy(array)).astype(np.float64)
            if not np.array_equal(back, x, equal_nan=True) or (np.signbit(back) != np.signbit(x))[:-1].any():
                yield f"{dtype} there and back gives {back.tolist()} for {x.tolist()}"
            if (backend.dtype_of(array), backend.device_of(array)) != (dtype, devices[0]):
                yield f"an array made as {dtype} on {devices[0]} says it is otherwise"
    except Exception as error:  # the plugin's code
        yield f"converting arrays fails: {said(error)}"


_SPEC: Final = {"actreg": 1, "input": [3], "layers": [{"linear": 4}, "tanh", {"linear": 2}]}


def _networks(backend: Any) -> Iterator[str]:
    """A small network does what NumPy's does, and learns, where the backend says so."""
    import numpy as np

    from actreg.model.initial import initial_weights
    from actreg.model.plan import plan_of
    from actreg.model.read import read_spec

    plan = plan_of(read_spec(_SPEC))
    weights = initial_weights(plan)
    if "networks" not in backend.capabilities:
        try:
            backend.network(plan, weights)
        except CapabilityError:
            return
        except Exception as error:
            yield f"asked for a network it raises {type(error).__name__}, not CapabilityError"
            return
        yield "it builds networks and does not declare the capability 'networks'"
        return
    try:
        network = backend.network(plan, weights, dtype="float64")
        x = np.linspace(-2.0, 2.0, 12).reshape(4, 3)
        y = backend.outputs(network, x)[plan.output]
        if np.abs(np.asarray(y, dtype=np.float64) - _by_hand(weights, x)).max() > 1e-9:
            yield "a network of two linear layers with tanh between gives other numbers than the mathematics"
        if "training" in backend.capabilities:
            trainer = backend.trainer(network, Optimizer("sgd", {"lr": 0.1}), "mse")
            losses = [trainer.step(x, np.zeros((4, 2))) for _ in range(20)]
            if not losses[-1] < losses[0]:
                yield f"training does not lower the loss: {losses[0]:.3g} before, {losses[-1]:.3g} after 20 steps"
    except Exception as error:  # the plugin's code
        yield f"a small network fails: {said(error)}"


def _by_hand(weights: Any, x: Any) -> Any:
    import numpy as np

    (a, p), (b, q) = ((weights[f"{n}.weight"], weights[f"{n}.bias"]) for n in _linears(weights))
    return np.tanh(x @ a.T + p) @ b.T + q


def _linears(weights: Any) -> list[str]:
    return sorted({name.rpartition(".")[0] for name in weights})
