"""Steps run in order, drop what is no longer read, and sum what is read twice."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
import pytest

from actreg.backends.numpy import passes
from actreg.backends.numpy.layers.base import Gradients, Layer, Run
from actreg.contracts.plan import INPUT
from actreg.errors import DefinitionError

RUN = Run(False, np.random.default_rng(0))


@dataclass(frozen=True)
class Spy(Layer):
    """x + 1 for each input, summed; notes which earlier values are still alive, and which gradients were asked for."""

    name: str
    alive: dict
    asked: dict
    values: dict

    def evaluate(self, inputs, parameters, *, overwrite=False):
        """The sum of x + 1."""
        y = sum(x + 1.0 for x in inputs)
        self.alive[self.name] = {name for name, ref in self.values.items() if ref() is not None}
        self.values[self.name] = weakref.ref(y)
        return y

    def vjp(self, inputs, parameters, run):
        """The gradient passes to each input."""
        count = len(inputs)

        def pullback(grad, wanted):
            self.asked[self.name] = wanted
            own = {name: grad.sum() * array for name, array in parameters.items()}
            return Gradients((grad,) * count if wanted else (), own)

        return self.evaluate(inputs, parameters), pullback


@pytest.fixture
def spied(plan):
    """spied(*layers): steps whose layers are spies, and the notes that those take: alive, asked."""

    def make(*layers):
        alive, asked, values = {}, {}, {}
        made = plan((3,), *layers)
        spies = [Spy(node.name, alive, asked, values) for node in made.nodes]
        arrays = [{spec.name: np.ones(spec.shape) for spec in node.parameters} for node in made.nodes]
        return passes.make_steps(made, spies, arrays), alive, asked

    return make


DIAMOND = (
    ("a", "flatten", {}),
    ("b", "flatten", {}),
    ("c", "flatten", {}, ("a",)),
    ("d", "add", {}, ("b", "c")),
    ("e", "flatten", {}),
)
VALUES = {INPUT: 0.0, "a": 1.0, "b": 2.0, "c": 2.0, "d": 6.0, "e": 7.0}


def test_values_are_dropped_after_their_last_reader(spied):
    """While a step runs, what it reads and what is still to be read is alive, and nothing else."""
    steps, alive, _ = spied(*DIAMOND)
    passes.evaluate(steps, np.zeros((2, 3)), ("e",))
    assert alive == {"a": set(), "b": {"a"}, "c": {"a", "b"}, "d": {"b", "c"}, "e": {"d"}}


@pytest.mark.parametrize("keep", [("e",), ("a", "d"), (INPUT, "b", "c"), tuple(VALUES)], ids=str)
def test_what_is_asked_for_is_given(keep, spied):
    """Every named value and no other, whenever it was last read."""
    steps, _, _ = spied(*DIAMOND)
    found = passes.evaluate(steps, np.zeros((1, 3)), keep)
    assert {name: float(value[0, 0]) for name, value in found.items()} == {name: VALUES[name] for name in keep}


def test_gradients_of_a_value_read_twice_are_summed(spied):
    """Both ways through the diamond count."""
    steps, _, _ = spied(*DIAMOND)
    pullbacks = []
    y = passes.forward(steps, np.zeros((2, 3)), RUN, pullbacks)
    grad_x, found = passes.backward(steps, pullbacks, np.ones_like(y), True)
    np.testing.assert_array_equal(grad_x, 2.0)
    assert found == {}


def test_a_value_added_to_itself_gets_both_gradients(spied):
    """One node may read another twice."""
    steps, _, _ = spied(("a", "flatten", {}), ("twice", "add", {}, ("a", "a")))
    pullbacks = []
    y = passes.forward(steps, np.zeros((1, 3)), RUN, pullbacks)
    np.testing.assert_array_equal(passes.backward(steps, pullbacks, np.ones_like(y), True)[0], 2.0)


TRAINED = (("first", "flatten", {}), ("norm", "layer_norm", {}), ("last", "flatten", {}))


def test_gradients_that_nobody_wants_are_not_computed(spied):
    """Without the input's, nothing runs before the first parameters, and their own input's is not asked for."""
    steps, _, asked = spied(*TRAINED)
    pullbacks = []
    y = passes.forward(steps, np.zeros((2, 3)), RUN, pullbacks)
    grad_x, found = passes.backward(steps, pullbacks, np.ones_like(y), False)
    assert asked == {"last": True, "norm": False}
    assert grad_x is None
    assert set(found) == {"norm.weight", "norm.bias"}
    passes.backward(steps, pullbacks, np.ones_like(y), True)
    assert asked == {"first": True, "norm": True, "last": True}


def test_a_parameter_beside_the_way_gets_zeros(spied):
    """The output does not depend on a node that nobody reads: its gradient is zero, not missing."""
    steps, _, _ = spied(("aside", "layer_norm", {}), ("out", "flatten", {}, (INPUT,)))
    pullbacks = []
    y = passes.forward(steps, np.zeros((2, 3)), RUN, pullbacks)
    grad_x, found = passes.backward(steps, pullbacks, np.ones_like(y), True)
    np.testing.assert_array_equal(grad_x, 1.0)
    assert set(found) == {"aside.weight", "aside.bias"}
    assert not any(array.any() for array in found.values())


def test_a_step_that_contradicts_its_plan_is_named(plan):
    """A layer that gives another shape than planned is reported at its node."""

    class Wrong(Spy):
        def evaluate(self, inputs, parameters, *, overwrite=False):
            """One column short."""
            return inputs[0][:, :-1]

    made = plan((3,), ("odd", "flatten", {}))
    steps = passes.make_steps(made, [Wrong("odd", {}, {}, {})], [{}])
    with pytest.raises(DefinitionError, match=r"'odd'.*\(2, 2\).*\(2, 3\)"):
        passes.evaluate(steps, np.zeros((2, 3)), ("odd",))
