"""How good outputs are: accuracy, losses, confusion.

Requirements:

- Computed in float64 from NumPy arrays, whatever backend made them.
- A NaN is never the best class by accident: such a row counts as wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def predicted(logits: Array) -> Array:
    """The class of the largest logit, int64 of shape (n,), the first on ties; -1 where a row holds a NaN."""
    wide = logits.astype(np.float64)
    return np.where(np.isnan(wide).any(axis=1), -1, np.argmax(wide, axis=1))


def accuracy(logits: Array, labels: Array) -> float:
    """The share of rows (0 to 1) whose largest logit is the label's. logits: (n, classes). labels: (n,)."""
    return float(np.mean(predicted(logits) == labels))


def cross_entropy(logits: Array, labels: Array) -> float:
    """Mean of -log softmax(logits)[label]."""
    with np.errstate(all="ignore"):
        shifted = logits.astype(np.float64) - logits.astype(np.float64).max(axis=1, keepdims=True)
        total = np.log(np.exp(shifted).sum(axis=1))
        return float(np.mean(total - shifted[np.arange(len(labels)), labels]))


def mse(outputs: Array, targets: Array) -> float:
    """Mean of (output - target)² over every element."""
    with np.errstate(all="ignore"):
        return float(np.mean((outputs.astype(np.float64) - targets.astype(np.float64)) ** 2))


def confusion(labels: Array, guesses: Array, classes: int) -> Array:
    """Counts, int64 of shape (classes, classes): label by guess; guesses that are no class are left out."""
    known = (guesses >= 0) & (guesses < classes)
    flat = labels[known].astype(np.int64) * classes + guesses[known].astype(np.int64)
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)
