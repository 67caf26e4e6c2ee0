"""Training steps of torch networks.

Requirements:

- A run depends on its spec alone: dropout and noise have a stream of their own, seeded by the plan, and torch's global
  generators are left as they were.
- The loss is computed wide, its gradient rounded once.
- Settings, targets and labels are checked: on CUDA a wrong label would end the process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import numpy as np
import torch
from torch.nn import functional

from actreg import ConfigError, FieldProblem, InputError, Optimizer, UnknownNameError, suggest
from actreg_torch.network import InMode, Network, as_input
from actreg_torch.rounding import widen

Array = np.ndarray[Any, Any]
SETTINGS: Final = {"sgd": ("lr", "momentum", "weight_decay"), "adamw": ("lr", "betas", "eps", "weight_decay")}


class TorchTrainer:
    """Trains one network in place; keeps the optimiser's state between steps."""

    def __init__(self, network: Network, optimizer: torch.optim.Optimizer | None, loss: str) -> None:
        self.network = network
        self.optimizer = optimizer
        self.loss = LOSSES[loss]
        self._streams: list[torch.Tensor] | None = None

    def step(self, x: Array, y: Array) -> float:
        """One step on a batch, in training mode; the mean loss before it, which need not be finite.

        x: (batch, *input shape), any float dtype. y: class indices (batch,) for cross_entropy, the outputs' shape for
        mse. The network's own mode stays as it was. Raises InputError.
        """
        inputs = as_input(self.network, x)
        if self.optimizer is not None:
            self.optimizer.zero_grad(set_to_none=True)
        with InMode(self.network, training=True), torch.enable_grad(), self._stream(inputs.device):
            loss = self.loss(self.network(inputs), np.asarray(y))
        if self.optimizer is not None:
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
        return float(loss.detach())

    @contextmanager
    def _stream(self, device: torch.device) -> Iterator[None]:
        """Random numbers from the trainer's own stream."""
        accelerated = [device] if device.type == "cuda" else []
        with torch.random.fork_rng(devices=accelerated):
            if self._streams is None:
                torch.manual_seed(self.network.plan.seed)
            else:
                torch.set_rng_state(self._streams[0])
                if accelerated:
                    torch.cuda.set_rng_state(self._streams[1], device)
            yield
            self._streams = [torch.get_rng_state(), *(torch.cuda.get_rng_state(one) for one in accelerated)]


def make_trainer(network: Network, optimizer: Optimizer, loss: str) -> TorchTrainer:
    """A trainer. loss: ``cross_entropy`` or ``mse``.

    Raises UnknownNameError for an optimiser or a loss that there is not, ConfigError for settings that don't fit.
    """
    if loss not in LOSSES:
        raise UnknownNameError("loss", loss, LOSSES, hint=f"there are {', '.join(LOSSES)}")
    return TorchTrainer(network, _optimizer(network, optimizer), loss)


def _optimizer(network: Network, optimizer: Optimizer) -> torch.optim.Optimizer | None:
    if optimizer.name not in SETTINGS:
        raise UnknownNameError("optimizer", optimizer.name, SETTINGS, hint=f"there are {', '.join(SETTINGS)}")
    known = SETTINGS[optimizer.name]
    unknown = [name for name in optimizer.settings if name not in known]
    if unknown:
        listed = f"unknown setting (settings: {', '.join(known)})"
        raise ConfigError(optimizer.name, [FieldProblem(name, listed, suggest(name, known)) for name in unknown])
    make: Any = torch.optim.SGD if optimizer.name == "sgd" else torch.optim.AdamW
    parameters = list(network.parameters())
    settings = dict(optimizer.settings)
    if "betas" in settings:
        settings["betas"] = tuple(settings["betas"])
    tensors = parameters or [torch.nn.Parameter(torch.zeros(1))]
    try:
        # One tensor at a time: the grouped form sums in another order.
        made: torch.optim.Optimizer = make(tensors, foreach=False, **settings)
    except (ValueError, TypeError) as error:
        raise ConfigError(optimizer.name, [FieldProblem("settings", str(error))]) from None
    return made if parameters else None


def cross_entropy(outputs: torch.Tensor, labels: Array) -> torch.Tensor:
    """The mean cross entropy of logits (N, classes) and class indices (N,); InputError for labels that are none."""
    if outputs.ndim != 2 or not np.issubdtype(labels.dtype, np.integer) or labels.shape != tuple(outputs.shape[:1]):
        raise InputError(
            "cross_entropy needs logits of shape (batch, classes) and as many integer labels, not outputs of shape"
            f" {tuple(outputs.shape)} and {labels.dtype} labels of shape {labels.shape}"
        )
    _not_empty(outputs)
    wrong = np.flatnonzero((labels < 0) | (labels >= outputs.shape[1]))
    if wrong.size:
        place, classes = int(wrong[0]), outputs.shape[1]
        raise InputError(
            f"label {labels[place]} at row {place} is no class: the network gives {classes} classes, 0 to {classes - 1}"
            f" ({wrong.size} such label(s))"
        )
    return functional.cross_entropy(widen(outputs), torch.from_numpy(labels.astype(np.int64)).to(outputs.device))


def mse(outputs: torch.Tensor, targets: Array) -> torch.Tensor:
    """The mean squared error over everything; InputError for targets of another shape."""
    if targets.shape != tuple(outputs.shape):
        raise InputError(f"mse needs targets of the outputs' shape {tuple(outputs.shape)}, not {targets.shape}")
    _not_empty(outputs)
    try:
        exact = targets.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(f"mse needs targets that are real numbers, not {targets.dtype}") from None
    wide = widen(outputs)
    return functional.mse_loss(wide, torch.from_numpy(exact).to(wide.dtype).to(wide.device))


LOSSES: Final[dict[str, Callable[[torch.Tensor, Array], torch.Tensor]]] = {"cross_entropy": cross_entropy, "mse": mse}


def _not_empty(outputs: torch.Tensor) -> None:
    if outputs.numel() == 0:
        raise InputError(f"a mean loss needs at least one value, and the outputs have shape {tuple(outputs.shape)}")
