"""Running a network's steps forwards and backwards.

Requirements:

- A value is dropped once its last reader has run, a gradient once it has been passed on.
- The gradients of a node that is read twice are summed, and those of a parameter that several nodes share; a parameter
  that the output does not depend on gets zeros.
- Only evaluation works in place, and only where nothing that is still needed shares the memory, the caller's x
  included: in training a pullback may still read what would be overwritten.
- A gradient with respect to the input is computed only where something asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from actreg.backends.numpy.layers.base import Array, Layer, LayerPullback, Run
from actreg.contracts.plan import INPUT, Node, Plan
from actreg.errors import DefinitionError


@dataclass(frozen=True)
class Step:
    """A node, ready to run.

    arrays: its parameters and buffers. last_reads: values that no later step reads. onward: whether the gradient of
    its inputs leads to a trainable parameter.
    """

    node: Node
    layer: Layer
    arrays: dict[str, Array]
    last_reads: tuple[str, ...]
    onward: bool


def make_steps(plan: Plan, layers: Sequence[Layer], arrays: Sequence[dict[str, Array]]) -> tuple[Step, ...]:
    """The steps of a plan, in its order."""
    last: dict[str, int] = {}
    for place, node in enumerate(plan.nodes):
        last.update(dict.fromkeys((*node.inputs, node.name), place))
    last.pop(plan.output, None)
    trained: set[str] = set()
    steps = []
    for place, (node, layer, own) in enumerate(zip(plan.nodes, layers, arrays, strict=True)):
        onward = any(name in trained for name in node.inputs)
        if onward or any(spec.trainable for spec in node.parameters):
            trained.add(node.name)
        reads = tuple(name for name in dict.fromkeys(node.inputs) if last.get(name) == place)
        steps.append(Step(node, layer, own, reads, onward))
    return tuple(steps)


def evaluate(steps: Iterable[Step], x: Array, keep: Collection[str]) -> dict[str, Array]:
    """The values of the nodes named in `keep`, in evaluation mode; they may share memory with x."""
    values = {INPUT: x}
    for step in steps:
        inputs = tuple(values[name] for name in step.node.inputs)
        _drop(values, step, keep)
        overwrite = step.node.inplace and not _shares(inputs[0], (x, *values.values()))
        values[step.node.name] = _checked(step, step.layer.evaluate(inputs, step.arrays, overwrite=overwrite), x)
    return {name: values[name] for name in keep}


def forward(steps: Sequence[Step], x: Array, run: Run, pullbacks: list[LayerPullback] | None) -> Array:
    """The last step's value, or x of no steps. Every step's pullback is appended to `pullbacks`."""
    values = {INPUT: x}
    y = x
    for step in steps:
        inputs = tuple(values[name] for name in step.node.inputs)
        _drop(values, step, ())
        y, pullback = step.layer.vjp(inputs, step.arrays, run)
        values[step.node.name] = _checked(step, y, x)
        if pullbacks is not None:
            pullbacks.append(pullback)
    return y


def backward(
    steps: Sequence[Step], pullbacks: Sequence[LayerPullback], grad: Array, wanted: bool
) -> tuple[Array | None, dict[str, Array]]:
    """From the last step's gradient to the input's (None where it is not wanted or zero) and every parameter's."""
    waiting = {steps[-1].node.name if steps else INPUT: grad}
    found: dict[str, Array] = {}
    for step, pullback in zip(reversed(steps), reversed(pullbacks), strict=True):
        incoming = waiting.pop(step.node.name, None)
        onward = wanted or step.onward
        if incoming is not None and (onward or step.arrays):
            gradients = pullback(incoming, onward)
            for name, value in _named(step, gradients.parameters).items():
                found[name] = found[name] + value if name in found else value
            if onward:
                for name, value in zip(step.node.inputs, gradients.inputs, strict=True):
                    waiting[name] = waiting[name] + value if name in waiting else value
    return waiting.get(INPUT), {name: found.get(name, np.zeros_like(array)) for name, array in trainable(steps)}


def trainable(steps: Iterable[Step]) -> Iterator[tuple[str, Array]]:
    """Every trainable array once, with its full name."""
    for step in steps:
        if step.node.shares:
            continue
        own = {spec.name: step.arrays[spec.name] for spec in step.node.parameters if spec.trainable}
        yield from _named(step, own).items()


def _named(step: Step, arrays: dict[str, Array]) -> dict[str, Array]:
    return {f"{step.node.owner}.{name}": array for name, array in arrays.items()}


def _drop(values: dict[str, Array], step: Step, keep: Collection[str]) -> None:
    for name in step.last_reads:
        if name not in keep:
            del values[name]


def _shares(x: Array, others: Iterable[Array]) -> bool:
    return any(np.may_share_memory(x, other) for other in others)


def _checked(step: Step, y: Array, x: Array) -> Array:
    expected = (x.shape[0], *step.node.shape)
    if y.shape != expected:
        raise DefinitionError(
            f"node {step.node.name!r} ({step.node.kind}) gave shape {y.shape}, but its plan says {expected}"
        )
    return y
