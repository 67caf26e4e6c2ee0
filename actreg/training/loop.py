"""The training loop, the same for every backend.

Requirements:

- Batches come from seed and epoch alone, so that every backend sees the same ones in the same order.
- Nothing is lost: an interrupt ends training with the weights so far; a loss that is not finite ends it with the
  weights of the last epoch that ended well, and says where and what to do.
- Knows no terminal: an observer is told what happens.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from actreg.contracts.backend import Backend
from actreg.contracts.plan import Plan
from actreg.errors import ActregError
from actreg.model.training import TrainSpec
from actreg.training import metrics
from actreg.training.data import Data, Samples
from actreg.training.split import order

Array = np.ndarray[Any, Any]
EVALUATION_BATCH = 512


@dataclass(frozen=True)
class Score:
    """How good a network is on some samples. accuracy: the share of right classes; None for mse."""

    loss: float
    accuracy: float | None


@dataclass(frozen=True)
class Epoch:
    """One pass over the training data: the mean of its steps' losses, the score on held-out data, samples a second."""

    number: int
    loss: float
    held_out: Score
    rate: float


class Observer(Protocol):
    """Is told how training goes."""

    def step(self, epoch: int, done: int, total: int, loss: float) -> None:
        """`done` of `total` steps of an epoch (from 1) are done; the last one's loss."""

    def epoch(self, epoch: Epoch) -> None:
        """An epoch is done."""


@dataclass(frozen=True)
class Result:
    """What training gave: every finished epoch, the weights, whether it was interrupted, and the seconds it took."""

    epochs: tuple[Epoch, ...]
    held_out: Score
    weights: dict[str, Array] = field(repr=False)
    interrupted: bool
    seconds: float


class DivergedError(ActregError, ArithmeticError):
    """The loss is not finite. weights: those of the last epoch that ended well, or the initial ones."""

    def __init__(self, epoch: int, step: int, loss: float, weights: dict[str, Array]) -> None:
        self.epoch = epoch
        self.step = step
        self.loss = loss
        self.weights = weights
        super().__init__(
            f"the loss is {loss} in epoch {epoch}, step {step}: lower the learning rate, or train in float32"
        )


def train(
    backend: Backend, network: Any, plan: Plan, data: Data, settings: TrainSpec, observer: Observer | None = None
) -> Result:
    """Trains a network of `backend` in place, as `settings` say.

    Raises DivergedError where the loss stops being finite. KeyboardInterrupt ends it early, with what there is.
    """
    run = _Run(backend, network, plan, data, settings, observer)
    start = time.perf_counter()
    try:
        for number in range(1, settings.epochs + 1):
            run.epoch(number)
        interrupted = False
    except KeyboardInterrupt:
        interrupted = True
        run.restore_if_broken()
    weights = backend.weights(run.network)
    held_out = evaluate(backend, run.network, plan, data.held_out, settings.loss)
    return Result(tuple(run.epochs), held_out, weights, interrupted, time.perf_counter() - start)


def evaluate(backend: Backend, network: Any, plan: Plan, samples: Samples, loss: str) -> Score:
    """The score of a network on samples, in evaluation mode."""
    outputs = predict(backend, network, plan, samples.x)
    if loss == "mse":
        return Score(metrics.mse(outputs, samples.y), None)
    return Score(metrics.cross_entropy(outputs, samples.y), metrics.accuracy(outputs, samples.y))


def predict(backend: Backend, network: Any, plan: Plan, x: Array) -> Array:
    """The outputs for samples, (n, *output shape), in evaluation mode and in batches."""
    parts = [
        backend.outputs(network, x[start : start + EVALUATION_BATCH], [plan.output])[plan.output]
        for start in range(0, len(x), EVALUATION_BATCH)
    ]
    return np.concatenate(parts)


class _Run:
    """The state of one training."""

    def __init__(
        self, backend: Backend, network: Any, plan: Plan, data: Data, settings: TrainSpec, observer: Observer | None
    ) -> None:
        self.backend = backend
        self.network = network
        self.plan = plan
        self.data = data
        self.settings = settings
        self.observer = observer
        self.trainer = backend.trainer(network, settings.settings(), settings.loss)
        self.last = backend.weights(network)
        self.epochs: list[Epoch] = []

    def epoch(self, number: int) -> None:
        samples, size = self.data.training, self.settings.batch
        rows = order(len(samples), self.settings.seed, number)
        total = math.ceil(len(samples) / size)
        summed, start = 0.0, time.perf_counter()
        for step in range(1, total + 1):
            batch = rows[(step - 1) * size : step * size]
            loss = self.trainer.step(samples.x[batch], samples.y[batch])
            if not math.isfinite(loss):
                raise DivergedError(number, step, loss, self.last)
            summed += loss * len(batch)
            if self.observer:
                self.observer.step(number, step, total, loss)
        rate = len(samples) / max(time.perf_counter() - start, 1e-9)
        self._finish(number, summed / len(samples), rate, total)

    def _finish(self, number: int, loss: float, rate: float, steps: int) -> None:
        weights = self.backend.weights(self.network)
        if not _finite(weights):
            raise DivergedError(number, steps, math.nan, self.last)
        self.last = weights
        held_out = evaluate(self.backend, self.network, self.plan, self.data.held_out, self.settings.loss)
        self.epochs.append(Epoch(number, loss, held_out, rate))
        if self.observer:
            self.observer.epoch(self.epochs[-1])

    def restore_if_broken(self) -> None:
        """After an interrupt within a step: the last epoch's weights, where the present ones are not finite."""
        if not _finite(self.backend.weights(self.network)):
            self.network = self.backend.network(self.plan, self.last, dtype=self.settings.dtype)


def _finite(weights: dict[str, Array]) -> bool:
    return all(bool(np.isfinite(array).all()) for array in weights.values())
