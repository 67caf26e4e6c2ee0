"""Multi-head self-attention.

Requirements:

- Memory beyond the projections is one block of scores, however many tokens and heads: the attention weights are made
  again for the gradient rather than kept (T. Dao et al., 2022, arXiv:2205.14135).
- Queries that share a key head are more rows of one product, so that keys are never repeated in memory.
- The softmax subtracts each row's largest score.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from actreg.backends.numpy.layers.base import Array, Arrays, Gradients, Layer, LayerPullback, Run
from actreg.backends.numpy.layers.linear import rows_of
from actreg.backends.numpy.layers.rotary import turned

SCORES: Final = 1 << 20
"""Elements of one block of scores; the scores of one query may exceed it."""


class Heads(NamedTuple):
    """Queries (slabs, rows, size), already scaled, with the rows of every head that shares a slab's keys one after the
    other; keys and values (slabs, tokens, size). A slab is one key head of one sample."""

    queries: Array
    keys: Array
    values: Array


Block = tuple[slice, slice]


@dataclass(frozen=True)
class Attention(Layer):
    """torch.nn.MultiheadAttention over itself (Vaswani et al., 2017, arXiv:1706.03762), with grouped queries.

    Reads ``in_proj_weight`` ((heads + 2 kv_heads) · head_size, features), ``out_proj_weight`` (features, heads ·
    head_size), and ``in_proj_bias`` and ``out_proj_bias`` where there are any.
    """

    heads: int
    kv_heads: int
    head_size: int
    causal: bool
    rotary: float | None
    dropout: float

    def evaluate(self, inputs: tuple[Array, ...], parameters: Arrays, *, overwrite: bool = False) -> Array:
        """x (N, tokens, features) -> the same shape."""
        (x,) = inputs
        return _affine(self._mixed(self._heads(x, parameters), x.shape[1], None), parameters, "out_proj", x.shape)

    def vjp(self, inputs: tuple[Array, ...], parameters: Arrays, run: Run) -> tuple[Array, LayerPullback]:
        """Keeps x, queries, keys, values and their mixture, and one bit for each weight where dropout draws."""
        (x,) = inputs
        heads = self._heads(x, parameters)
        masks: list[Array] | None = None
        if run.training and self.dropout > 0.0:
            masks = [
                np.packbits(run.generator.random(self._shape(heads, block), dtype=np.float32) >= self.dropout)
                for block in self._blocks(heads)
            ]
        mixed = self._mixed(heads, x.shape[1], masks)

        def pullback(grad: Array, wanted: bool) -> Gradients:
            rows = rows_of(grad)
            incoming = (rows @ parameters["out_proj_weight"]).reshape(mixed.shape)
            packed = rows_of(self._packed(self._heads_gradient(heads, mixed, incoming, masks)))
            found = {"in_proj_weight": packed.T @ rows_of(x), "out_proj_weight": rows.T @ rows_of(mixed)}
            for name, source in (("in_proj_bias", packed), ("out_proj_bias", rows)):
                if name in parameters:
                    found[name] = np.ones(len(source), dtype=source.dtype) @ source
            return Gradients(((packed @ parameters["in_proj_weight"]).reshape(x.shape),) if wanted else (), found)

        return _affine(mixed, parameters, "out_proj", x.shape), pullback

    # Between tokens and heads.

    def _heads(self, x: Array, parameters: Arrays) -> Heads:
        batch, tokens, _ = x.shape
        every = self.heads + 2 * self.kv_heads
        packed = _affine(x, parameters, "in_proj", (batch, tokens, every, self.head_size)).transpose(0, 2, 1, 3)
        queries, keys, values = np.split(packed, (self.heads, self.heads + self.kv_heads), axis=1)
        if self.rotary is not None:
            queries, keys = turned(queries, self.rotary), turned(keys, self.rotary)
        slabs = batch * self.kv_heads
        return Heads(
            (queries * self._scale(x)).reshape(slabs, self.heads // self.kv_heads * tokens, self.head_size),
            keys.reshape(slabs, tokens, self.head_size),
            values.reshape(slabs, tokens, self.head_size),
        )

    def _packed(self, gradients: Heads) -> Array:
        """(N, tokens, (heads + 2 kv_heads) · size) from gradients of the heads."""
        tokens, size = gradients.keys.shape[1:]
        batch = len(gradients.keys) // self.kv_heads
        queries = gradients.queries.reshape(batch, self.heads, tokens, size) * self._scale(gradients.queries)
        keys, values = (part.reshape(batch, self.kv_heads, tokens, size) for part in gradients[1:])
        if self.rotary is not None:
            queries, keys = turned(queries, self.rotary, back=True), turned(keys, self.rotary, back=True)
        every = np.concatenate([queries, keys, values], axis=1).transpose(0, 2, 1, 3)
        return every.reshape(batch, tokens, (self.heads + 2 * self.kv_heads) * size)

    def _scale(self, x: Array) -> Array:
        return np.asarray(1.0 / np.sqrt(self.head_size), dtype=x.dtype)

    # Within heads.

    def _mixed(self, heads: Heads, tokens: int, masks: list[Array] | None) -> Array:
        """(N, tokens, heads · size): the values, mixed by the attention weights."""
        mixed = np.empty_like(heads.queries)
        for place, (slabs, rows) in enumerate(self._blocks(heads)):
            weights = self._weights(heads, (slabs, rows))
            if masks is not None:
                weights *= self._mask(masks[place], weights)
            mixed[slabs, rows] = weights @ heads.values[slabs]
        batch = len(heads.keys) // self.kv_heads
        return (
            mixed.reshape(batch, self.heads, tokens, self.head_size)
            .transpose(0, 2, 1, 3)
            .reshape(batch, tokens, self.heads * self.head_size)
        )

    def _heads_gradient(self, heads: Heads, mixed: Array, incoming: Array, masks: list[Array] | None) -> Heads:
        """incoming: the gradient of `mixed`, (N, tokens, heads · size)."""
        found = Heads(*map(np.zeros_like, heads))
        grads, outputs = self._as_queries(incoming, heads), self._as_queries(mixed, heads)
        for place, (slabs, rows) in enumerate(self._blocks(heads)):
            weights, grad = self._weights(heads, (slabs, rows)), grads[slabs, rows]
            slope = grad @ heads.values[slabs].transpose(0, 2, 1)
            kept = weights
            if masks is not None:
                mask = self._mask(masks[place], weights)
                slope *= mask
                kept = weights * mask
            found.values[slabs] += kept.transpose(0, 2, 1) @ grad
            slope -= np.vecdot(grad, outputs[slabs, rows])[..., None]
            slope *= weights
            found.queries[slabs, rows] = slope @ heads.keys[slabs]
            found.keys[slabs] += slope.transpose(0, 2, 1) @ heads.queries[slabs, rows]
        return found

    def _as_queries(self, x: Array, heads: Heads) -> Array:
        """x (N, tokens, heads · size) in the form of the queries."""
        batch, tokens, _ = x.shape
        return x.reshape(batch, tokens, self.heads, self.head_size).transpose(0, 2, 1, 3).reshape(heads.queries.shape)

    def _weights(self, heads: Heads, block: Block) -> Array:
        """The attention weights of a block of queries, (slabs, rows, tokens)."""
        slabs, rows = block
        scores = heads.queries[slabs, rows] @ heads.keys[slabs].transpose(0, 2, 1)
        if self.causal:
            tokens = scores.shape[2]
            places = np.arange(rows.start, rows.start + scores.shape[1]) % tokens
            scores[:, places[:, None] < np.arange(tokens)] = -np.inf
        scores -= np.max(scores, axis=2, keepdims=True)
        np.exp(scores, out=scores)
        scores /= np.sum(scores, axis=2, keepdims=True)
        return scores

    def _mask(self, bits: Array, weights: Array) -> Array:
        kept = np.unpackbits(bits, count=weights.size).reshape(weights.shape).astype(weights.dtype)
        kept *= 1.0 / (1.0 - self.dropout)
        return kept

    def _blocks(self, heads: Heads) -> Iterator[Block]:
        """Blocks of queries with at most `SCORES` scores, or one row."""
        slabs, rows, _ = heads.queries.shape
        tokens = heads.keys.shape[1]
        step = max(1, SCORES // tokens)
        if step >= rows:
            several = step // rows
            for start in range(0, slabs, several):
                yield slice(start, min(start + several, slabs)), slice(0, rows)
        else:
            for slab in range(slabs):
                for start in range(0, rows, step):
                    yield slice(slab, slab + 1), slice(start, min(start + step, rows))

    def _shape(self, heads: Heads, block: Block) -> tuple[int, int, int]:
        slabs, rows = block
        return slabs.stop - slabs.start, rows.stop - rows.start, heads.keys.shape[1]


def _affine(x: Array, parameters: Arrays, name: str, shape: tuple[int, ...]) -> Array:
    y = rows_of(x) @ parameters[f"{name}_weight"].T
    if f"{name}_bias" in parameters:
        y += parameters[f"{name}_bias"]
    return y.reshape(shape)
