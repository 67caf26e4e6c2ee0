"""Layers that make and mark tokens: embedding, positions, the class token."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.errors import InputError


@dataclass(frozen=True)
class Embedding(Layer):
    """torch.nn.Embedding; reads ``weight`` (rows, features). Its input holds ids and so has no gradient."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """ids (N, …) -> (N, …, features). Raises InputError for an id that is no row."""
        (ids,) = inputs
        weight = parameters["weight"]
        if ids.size and not 0 <= ids.min() <= ids.max() < len(weight):
            wrong = ids[(ids < 0) | (ids >= len(weight))]
            raise InputError(
                f"token id {wrong.flat[0]} is no row of the embedding: ids go from 0 to {len(weight) - 1}"
                f" ({wrong.size} such id(s))"
            )
        return weight[ids]

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps the ids."""
        weight, ids = parameters["weight"], inputs[0].reshape(-1)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            total = np.zeros_like(weight)
            if ids.size:
                # Equal ids side by side, so that one pass sums each id's rows.
                order = np.argsort(ids, kind="stable")
                found, starts = np.unique(ids[order], return_index=True)
                total[found] = np.add.reduceat(grad.reshape(ids.size, weight.shape[1])[order], starts, axis=0)
            return Gradients((), {"weight": total})

        return self.evaluate(inputs, parameters), pullback


@dataclass(frozen=True)
class PositionalEmbedding(Layer):
    """Adds ``weight`` (tokens, features) to every sample, or sines and cosines where there is none."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, tokens, features) -> the same shape."""
        (x,) = inputs
        if "weight" in parameters:
            return np.asarray(x + parameters["weight"])
        return np.asarray(x + sinusoids(x.shape[1], x.shape[2]).astype(x.dtype))

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps nothing."""

        def pullback(grad: Array, wanted: bool) -> Gradients:
            return Gradients((grad,), {"weight": np.sum(grad, axis=0)} if "weight" in parameters else {})

        return self.evaluate(inputs, parameters), pullback


@dataclass(frozen=True)
class ClassToken(Layer):
    """Puts ``weight`` (features,) before the tokens of every sample."""

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, tokens, features) -> (N, 1 + tokens, features)."""
        (x,) = inputs
        y = np.empty((x.shape[0], x.shape[1] + 1, x.shape[2]), dtype=x.dtype)
        y[:, 0], y[:, 1:] = parameters["weight"], x
        return y

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps nothing."""
        return self.evaluate(inputs, parameters), lambda grad, _: Gradients(
            (grad[:, 1:],), {"weight": np.sum(grad[:, 0], axis=0)}
        )


@lru_cache(maxsize=16)
def sinusoids(tokens: int, features: int) -> Array:
    """(tokens, features): in turn the sine and the cosine of position / 10000^(2i / features).

    Vaswani et al., 2017, section 3.5.
    """
    pairs = np.arange((features + 1) // 2)
    angles = np.arange(tokens)[:, None] * 10000.0 ** (-2.0 * pairs / features)
    table = np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(tokens, -1)[:, :features]
    table.setflags(write=False)
    return table
