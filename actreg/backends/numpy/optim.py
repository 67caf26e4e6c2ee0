"""Optimisers that step in place, with the floating-point operations of torch's single-tensor CPU code in their order.

Requirements:

- The same spec, seed and data give torch's results to rounding: no algebraic rearrangement.
- State has the parameter's dtype. Narrow dtypes step in float32 and round once.
- Weight decay reaches every trainable parameter, as by torch's default.
- Settings are checked by name and by range before anything moves.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import numpy as np

from actreg.contracts.backend import Optimizer
from actreg.errors import ConfigError, FieldProblem, UnknownNameError, suggest

Array = np.ndarray[Any, Any]
State = dict[str, Array]


@dataclass
class Stepper(ABC):
    """An optimiser over named arrays; `state` is made at the first step."""

    state: dict[str, State] = field(default_factory=dict, init=False)
    steps: int = field(default=0, init=False)

    def step(self, parameters: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Moves every parameter in place, by the gradient of its name."""
        self.steps += 1
        with np.errstate(all="ignore"):
            for name, parameter in parameters.items():
                state = self.state.setdefault(name, {})
                if parameter.dtype.itemsize < 4:
                    self._step_wide(parameter, gradients[name], state)
                else:
                    self._move(parameter, gradients[name], state)

    def _step_wide(self, parameter: Array, gradient: Array, state: State) -> None:
        wide = parameter.astype(np.float32)
        wide_state = {name: array.astype(np.float32) for name, array in state.items()}
        self._move(wide, gradient.astype(np.float32), wide_state)
        parameter[...] = wide.astype(parameter.dtype)
        state.update({name: array.astype(parameter.dtype) for name, array in wide_state.items()})

    @abstractmethod
    def _move(self, parameter: Array, gradient: Array, state: State) -> None:
        """One step of one parameter; `gradient` is left as it is."""

    @abstractmethod
    def _problems(self) -> list[FieldProblem]:
        """What is wrong with the settings."""

    def __post_init__(self) -> None:
        problems = self._problems()
        if problems:
            raise ConfigError(type(self).__name__.lower(), problems)


@dataclass
class SGD(Stepper):
    """torch.optim.SGD: b ← momentum·b + g, p ← p - lr·b, with g of the decayed loss; b starts as the first g."""

    lr: float = 1e-3
    momentum: float = 0.0
    weight_decay: float = 0.0

    def _move(self, parameter: Array, gradient: Array, state: State) -> None:
        if self.weight_decay != 0.0:
            gradient = gradient + self.weight_decay * parameter
        if self.momentum != 0.0:
            if "momentum" not in state:
                state["momentum"] = gradient.copy()
            else:
                state["momentum"] *= self.momentum
                state["momentum"] += gradient
            gradient = state["momentum"]
        parameter -= self.lr * gradient

    def _problems(self) -> list[FieldProblem]:
        return _not_negative(self, "lr", "momentum", "weight_decay")


@dataclass
class AdamW(Stepper):
    """torch.optim.AdamW: Adam (Kingma and Ba, 2015, arXiv:1412.6980) with decoupled weight decay (Loshchilov and
    Hutter, 2019, arXiv:1711.05101)."""

    lr: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 1e-2

    def _move(self, parameter: Array, gradient: Array, state: State) -> None:
        if not state:
            state.update(mean=np.zeros_like(parameter), square=np.zeros_like(parameter))
        mean, square = state["mean"], state["square"]
        first, second = self.betas
        if self.weight_decay != 0.0:
            parameter *= 1.0 - self.lr * self.weight_decay
        _lerp(mean, gradient, 1.0 - first)
        square *= second
        term = (1.0 - second) * gradient
        term *= gradient
        square += term
        denominator = np.sqrt(square, out=term)
        denominator /= math.sqrt(1.0 - second**self.steps)
        denominator += self.eps
        move = (-self.lr / (1.0 - first**self.steps)) * mean
        move /= denominator
        parameter += move

    def _problems(self) -> list[FieldProblem]:
        problems = _not_negative(self, "lr", "eps", "weight_decay")
        if len(self.betas) != 2 or not all(0.0 <= beta < 1.0 for beta in self.betas):
            problems.append(FieldProblem("betas", f"must be two numbers in [0, 1), not {self.betas!r}"))
        return problems


OPTIMIZERS: Final[dict[str, Callable[..., Stepper]]] = {"sgd": SGD, "adamw": AdamW}


def make_stepper(optimizer: Optimizer) -> Stepper:
    """The optimiser that the settings describe; settings left out have torch's defaults.

    Raises UnknownNameError for a name and ConfigError for settings that it can't take.
    """
    if optimizer.name not in OPTIMIZERS:
        raise UnknownNameError("optimizer", optimizer.name, OPTIMIZERS, hint=f"there are {', '.join(OPTIMIZERS)}")
    make = OPTIMIZERS[optimizer.name]
    known = [item.name for item in fields(make) if item.init]  # type: ignore[arg-type]
    unknown = [name for name in optimizer.settings if name not in known]
    if unknown:
        listed = f"unknown setting (settings: {', '.join(known)})"
        raise ConfigError(optimizer.name, [FieldProblem(name, listed, suggest(name, known)) for name in unknown])
    return make(**optimizer.settings)


def _lerp(start: Array, end: Array, weight: float) -> None:
    """start ← start + weight·(end - start), from the nearer end, as torch does it."""
    difference = end - start
    if abs(weight) < 0.5:
        difference *= weight
        start += difference
    else:
        difference *= 1.0 - weight
        np.subtract(end, difference, out=start)


def _not_negative(stepper: Stepper, *names: str) -> list[FieldProblem]:
    wrong = [(name, getattr(stepper, name)) for name in names]
    return [
        FieldProblem(name, f"must be finite and not negative, not {value!r}")
        for name, value in wrong
        if not isinstance(value, int | float) or not 0.0 <= value < math.inf
    ]
