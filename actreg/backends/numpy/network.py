"""Networks of the NumPy backend: callable, differentiable, trainable.

Requirements:

- A network owns its arrays. It never modifies the caller's: not the input, not the weights that it was built from.
- Evaluation is the mode to begin with; only training mode draws noise and moves buffers.
- Nothing warns on the way to a correct result: `errstate` is held once a pass.
- Networks copy and pickle. A copy keeps the backend that built it; a backend pickles as its name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from actreg.backends.numpy import passes
from actreg.backends.numpy.initial import owned_arrays
from actreg.backends.numpy.layers.activation import Activations
from actreg.backends.numpy.layers.base import Array, LayerPullback, Run
from actreg.backends.numpy.layers.table import make_layer
from actreg.backends.numpy.rounding import DTYPES, NAMES, cast
from actreg.contracts.plan import INPUT, Plan
from actreg.contracts.resolver import Pullback
from actreg.errors import CapabilityError, InputError, UnknownNameError


class NumpyNetwork:
    """A network on the CPU, made by `build_network`.

    plan: what it computes. dtype: of its input, arrays and output. training: its mode, set by `train` and `eval`.
    Called, it maps x of shape (batch, *plan.input_shape) to (batch, *plan.output_shape).
    """

    def __init__(
        self, plan: Plan, weights: Mapping[str, Array], dtype: np.dtype[Any], activations: Activations
    ) -> None:
        self.plan = plan
        self.dtype = dtype
        self.training = False
        self._activations = activations
        self._arrays = owned_arrays(plan, weights, dtype)
        layers = [make_layer(node, dtype, activations) for node in plan.nodes]
        self._steps = passes.make_steps(plan, layers, [self._arrays[node.name] for node in plan.nodes])
        self.seed(plan.seed)

    # State.

    @property
    def parameters(self) -> dict[str, Array]:
        """The trainable arrays by full name, ``node.parameter``: the network's own, to be changed in place."""
        return dict(passes.trainable(self._steps))

    @property
    def buffers(self) -> dict[str, Array]:
        """The arrays that training moves without a gradient, by full name."""
        named = self.parameters
        return {name: array for name, array in self._named().items() if name not in named}

    def train(self, mode: bool = True) -> NumpyNetwork:
        """Training mode: dropout and noise are drawn, batch normalisation uses the batch and follows it."""
        self.training = mode
        return self

    def eval(self) -> NumpyNetwork:
        """Evaluation mode."""
        return self.train(False)

    def seed(self, seed: int) -> None:
        """Restarts the generator of dropout and stochastic activations; at first it has the plan's seed.

        It is independent of a generator seeded with the same number itself, as the initial weights' may be.
        """
        self._generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(1,))))

    # Passes.

    def __call__(self, x: Array) -> Array:
        """The output, in the current mode. Raises InputError for an x of another shape or dtype."""
        if not self.training:
            return self.evaluate(x, (self.plan.output,))[self.plan.output]
        self._check(x)
        with np.errstate(all="ignore"):
            return _apart(passes.forward(self._steps, x, self._run(), None), x)

    def evaluate(self, x: Array, nodes: Sequence[str]) -> dict[str, Array]:
        """The outputs of the named nodes in evaluation mode, whatever the current one; each an array of its own.

        Raises InputError for x, UnknownNameError for a node that the plan lacks.
        """
        self._check(x)
        known = [INPUT, *(node.name for node in self.plan.nodes)]
        for name in nodes:
            if name not in known:
                raise UnknownNameError("node", name, known)
        with np.errstate(all="ignore"):
            values = passes.evaluate(self._steps, x, nodes)
        return {name: _apart(value, x) for name, value in values.items()}

    def vjp(self, x: Array) -> tuple[Array, Pullback]:
        """The output in the current mode, and the pullback: from its gradient to ``x`` and every trainable parameter.

        Token ids have no gradient: there is no ``x`` where the input holds them.
        The pullback reads the parameters as they are when it is called: use it before they move. Both raise
        InputError for an array of another shape or dtype.
        """
        y, pull = self.recorded(x)

        def pullback(grad: Array) -> dict[str, Array]:
            if self.plan.input_dtype is not None:
                return pull(grad, False)[1]
            grad_x, found = pull(grad, True)
            return {"x": np.zeros_like(x) if grad_x is None else np.ascontiguousarray(grad_x), **found}

        return y, pullback

    def recorded(self, x: Array) -> tuple[Array, Callable[[Array, bool], tuple[Array | None, dict[str, Array]]]]:
        """As `vjp`, for those who may not want the gradient of x: its pullback takes whether they do."""
        self._check(x)
        pullbacks: list[LayerPullback] = []
        with np.errstate(all="ignore"):
            y = _apart(passes.forward(self._steps, x, self._run(), pullbacks), x)
        shape = y.shape

        def pull(grad: Array, wanted: bool) -> tuple[Array | None, dict[str, Array]]:
            grad = np.asarray(grad)
            if grad.shape != shape or grad.dtype != self.dtype:
                expected = f"{NAMES[self.dtype]} of shape {shape}"
                raise InputError(f"the gradient must be {expected}, not {grad.dtype} of shape {grad.shape}")
            with np.errstate(all="ignore"):
                return passes.backward(self._steps, pullbacks, grad, wanted)

        return y, pull

    def _run(self) -> Run:
        return Run(self.training, self._generator)

    def _check(self, x: Array) -> None:
        sizes = ", ".join(("batch", *map(str, self.plan.input_shape)))
        ids = self.plan.input_dtype is not None
        expected = f"the network takes a NumPy array, {'token ids' if ids else NAMES[self.dtype]} of shape ({sizes})"
        if not isinstance(x, np.ndarray):
            raise InputError(f"{expected}, not {type(x).__name__}")
        if x.ndim == 0 or x.shape[1:] != tuple(self.plan.input_shape):
            raise InputError(f"{expected}, not shape {x.shape}")
        if ids and not np.issubdtype(x.dtype, np.integer):
            raise InputError(f"{expected}, not {x.dtype}: ids are integers")
        if not ids and x.dtype != self.dtype:
            raise InputError(f"{expected}, not {x.dtype}: convert it with x.astype({NAMES[self.dtype]!r})")

    def _named(self) -> dict[str, Array]:
        return {name: self._arrays[name.rpartition(".")[0]][spec.name] for name, spec in self.plan.parameters()}

    # Copies and looks.

    def __deepcopy__(self, memo: dict[int, Any]) -> NumpyNetwork:
        return _restored(self.plan, NAMES[self.dtype], network_weights(self), self._state(), self._activations)

    def __copy__(self) -> NumpyNetwork:
        return copy.deepcopy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        nodes = tuple(replace(node, options=dict(node.options)) for node in self.plan.nodes)
        plan = replace(self.plan, nodes=nodes)
        return _restored, (plan, NAMES[self.dtype], network_weights(self), self._state(), self._activations)

    def _state(self) -> tuple[bool, dict[str, Any]]:
        return self.training, copy.deepcopy(dict(self._generator.bit_generator.state))

    def __repr__(self) -> str:
        count = sum(array.size for array in self.parameters.values())
        lines = [f"NumpyNetwork({NAMES[self.dtype]}, input {tuple(self.plan.input_shape)}, {count:,} parameters)"]
        for node in self.plan.nodes:
            what = repr(node.activation) if node.kind == "activation" else node.kind
            lines.append(f"  {node.name}: {what} of {', '.join(node.inputs)} -> {tuple(node.shape)}")
        return "\n".join(lines)


def build_network(plan: Plan, weights: Mapping[str, Array], dtype: str, backend: Activations) -> NumpyNetwork:
    """The network of `plan` with copies of `weights`, every parameter and buffer by its full name.

    dtype: ``float16``, ``bfloat16``, ``float32`` or ``float64``. Raises WeightsError where names or shapes do not fit
    the plan, CapabilityError for a dtype or a kind of node that this backend lacks.
    """
    if dtype not in DTYPES:
        raise CapabilityError(f"the NumPy backend builds networks of {', '.join(DTYPES)}, not {dtype!r}")
    return NumpyNetwork(plan, weights, DTYPES[dtype], backend)


def network_weights(network: NumpyNetwork) -> dict[str, Array]:
    """Copies of every parameter and buffer, under the names that `build_network` took."""
    return {name: array.copy() for name, array in network._named().items()}


def network_outputs(network: NumpyNetwork, x: Array, nodes: Sequence[str] | None = None) -> dict[str, Array]:
    """The outputs of the named nodes (all by default, in the plan's order), in evaluation mode.

    x: any floating-point dtype, rounded once to the network's; integers for token ids. Raises InputError,
    UnknownNameError.
    """
    names = [node.name for node in network.plan.nodes] if nodes is None else list(nodes)
    return network.evaluate(as_input(network, x), names)


def as_input(network: NumpyNetwork, x: Array) -> Array:
    """x in the network's dtype, itself where it has it; token ids as they are. Raises InputError for another array."""
    if network.plan.input_dtype is not None:
        return x
    if not isinstance(x, np.ndarray) or x.dtype not in NAMES:
        given = x.dtype if isinstance(x, np.ndarray) else type(x).__name__
        raise InputError(f"the network takes a floating-point NumPy array, not {given}")
    if x.dtype == network.dtype:
        return x
    with np.errstate(all="ignore"):
        return np.asarray(cast(x, NAMES[network.dtype]))


def _apart(value: Array, x: Array) -> Array:
    """The value in C order, in memory of its own."""
    return value.copy() if np.may_share_memory(value, x) else np.ascontiguousarray(value)


def _restored(
    plan: Plan,
    dtype: str,
    weights: Mapping[str, Array],
    state: tuple[bool, dict[str, Any]],
    activations: Activations,
) -> NumpyNetwork:
    network = build_network(plan, weights, dtype, activations)
    network.training = state[0]
    network._generator.bit_generator.state = state[1]
    return network
