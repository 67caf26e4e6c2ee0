"""Training steps of NumPy networks."""

from __future__ import annotations

from typing import Any

import numpy as np

from actreg.backends.numpy.losses import Loss, find_loss
from actreg.backends.numpy.network import NumpyNetwork, as_input
from actreg.backends.numpy.optim import Stepper, make_stepper
from actreg.contracts.backend import Optimizer

Array = np.ndarray[Any, Any]


class NumpyTrainer:
    """Trains one network in place; keeps the optimiser's state between steps."""

    def __init__(self, network: NumpyNetwork, stepper: Stepper, loss: Loss) -> None:
        self.network = network
        self.stepper = stepper
        self.loss = loss

    def step(self, x: Array, y: Array) -> float:
        """One step on a batch, in training mode; the mean loss before it, which need not be finite.

        x: (batch, *input shape), any float dtype. y: class indices (batch,) for cross_entropy, the outputs' shape for
        mse. The network's own mode stays as it was. Raises InputError.
        """
        network, mode = self.network, self.network.training
        try:
            outputs, pull = network.train().recorded(as_input(network, x))
            value, gradient = self.loss(outputs, y)
            _, gradients = pull(gradient, False)
        finally:
            network.train(mode)
        self.stepper.step(network.parameters, gradients)
        return value


def make_trainer(network: NumpyNetwork, optimizer: Optimizer, loss: str) -> NumpyTrainer:
    """A trainer. loss: ``cross_entropy`` or ``mse``.

    Raises UnknownNameError for an optimiser or a loss that there is not, ConfigError for settings that don't fit.
    """
    return NumpyTrainer(network, make_stepper(optimizer), find_loss(loss))
