"""Mean losses, each with its gradient in one go.

Requirements:

- Computed in float64 whatever the network's dtype; the gradient is rounded to it once.
- Targets are checked: a label out of range must not pick another class's logit.
- A loss that is not finite is a value like any other: the training loop decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from actreg.backends.numpy.rounding import NAMES, narrow
from actreg.errors import InputError, UnknownNameError

Array = np.ndarray[Any, Any]
Loss = Callable[[Array, Array], tuple[float, Array]]
"""(outputs, targets) -> (mean loss, its gradient in the outputs' shape and dtype)."""


def cross_entropy(logits: Array, labels: Array) -> tuple[float, Array]:
    """Mean of -log softmax(logits)[label]; torch.nn.functional.cross_entropy.

    logits: (N, classes), any float dtype. labels: (N,) integers in [0, classes). Raises InputError.
    """
    labels = _checked_labels(logits, labels)
    rows = np.arange(len(labels))
    with np.errstate(all="ignore"):
        shifted = logits.astype(np.float64)
        shifted -= np.max(shifted, axis=1, keepdims=True)
        gradient = np.exp(shifted)
        total = np.sum(gradient, axis=1, keepdims=True)
        loss = float(np.mean(np.log(total[:, 0]) - shifted[rows, labels]))
        gradient /= total
        gradient[rows, labels] -= 1.0
        gradient /= len(labels)
        return loss, narrow(gradient, logits.dtype)


def mse(outputs: Array, targets: Array) -> tuple[float, Array]:
    """Mean of (output - target)² over every element; torch.nn.functional.mse_loss.

    outputs: any shape and float dtype. targets: numbers of the same shape. Raises InputError.
    """
    targets = np.asarray(targets)
    if targets.shape != outputs.shape:
        raise InputError(f"mse needs targets of the outputs' shape {outputs.shape}, not {targets.shape}")
    if targets.dtype not in NAMES and not np.issubdtype(targets.dtype, np.integer):
        raise InputError(f"mse needs targets that are real numbers, not {targets.dtype}")
    _not_empty(outputs)
    with np.errstate(all="ignore"):
        difference = outputs.astype(np.float64) - targets.astype(np.float64)
        loss = float(np.mean(difference * difference))
        difference *= 2.0 / difference.size
        return loss, narrow(difference, outputs.dtype)


LOSSES: Final[dict[str, Loss]] = {"cross_entropy": cross_entropy, "mse": mse}


def find_loss(name: str) -> Loss:
    """The loss of this name. Raises UnknownNameError."""
    if name not in LOSSES:
        raise UnknownNameError("loss", name, LOSSES, hint=f"there are {', '.join(LOSSES)}")
    return LOSSES[name]


def _checked_labels(logits: Array, labels: Array) -> Array:
    labels = np.asarray(labels)
    if logits.ndim != 2:
        raise InputError(f"cross_entropy needs logits of shape (batch, classes), not {logits.shape}")
    if not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"cross_entropy needs integer class indices, not {labels.dtype}")
    if labels.shape != logits.shape[:1]:
        raise InputError(f"cross_entropy needs {logits.shape[0]} labels, one a row, not shape {labels.shape}")
    _not_empty(logits)
    wrong = np.flatnonzero((labels < 0) | (labels >= logits.shape[1]))
    if wrong.size:
        place = int(wrong[0])
        raise InputError(
            f"label {labels[place]} at row {place} is no class: the network gives {logits.shape[1]} classes,"
            f" 0 to {logits.shape[1] - 1} ({wrong.size} such label(s))"
        )
    return labels


def _not_empty(outputs: Array) -> None:
    if outputs.size == 0:
        raise InputError(f"a mean loss needs at least one value, and the outputs have shape {outputs.shape}")
