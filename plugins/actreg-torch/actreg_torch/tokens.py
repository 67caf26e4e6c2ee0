"""Layers over tokens that torch has no module for, or none with these parameters.

Requirements:

- Attention is torch's own function; `nn.MultiheadAttention` knows no grouped queries, head sizes or rotary positions.
- Tables of positions are buffers that no state_dict carries, in float32 or wider.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

Shape = tuple[int, ...]


class Attention(nn.Module):
    """Multi-head self-attention with the parameters of nn.MultiheadAttention, over x of shape (N, tokens, features)."""

    def __init__(self, options: Mapping[str, Any], shape: Shape) -> None:
        super().__init__()
        tokens, features = shape
        self.heads, self.kv_heads, self.size = options["heads"], options["kv_heads"], options["head_size"]
        self.causal, self.dropout, self.rotary = options["causal"], options["dropout"], options["rotary"]
        packed, inner = (self.heads + 2 * self.kv_heads) * self.size, self.heads * self.size
        self.in_proj_weight = _empty(packed, features)
        self.in_proj_bias = _empty(packed) if options["bias"] else None
        self.out_proj_weight = _empty(features, inner)
        self.out_proj_bias = _empty(features) if options["out_bias"] else None
        if self.rotary is not None:
            angles = _angles(tokens, self.size, self.rotary)
            self.register_buffer("turn", torch.stack([angles.cos(), angles.sin()]), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x of the same shape."""
        packed = functional.linear(x, self.in_proj_weight, self.in_proj_bias)
        every = packed.reshape(*packed.shape[:-1], self.heads + 2 * self.kv_heads, self.size).transpose(1, 2)
        queries, keys, values = torch.split(every, [self.heads, self.kv_heads, self.kv_heads], dim=1)
        if self.rotary is not None:
            queries, keys = self._turned(queries), self._turned(keys)
        if self.kv_heads != self.heads:
            group = self.heads // self.kv_heads
            keys, values = keys.repeat_interleave(group, 1), values.repeat_interleave(group, 1)
        dropout = self.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(queries, keys, values, dropout_p=dropout, is_causal=self.causal)
        return functional.linear(mixed.transpose(1, 2).flatten(2), self.out_proj_weight, self.out_proj_bias)

    def _turned(self, x: torch.Tensor) -> torch.Tensor:
        """Each feature of the first half is turned with its partner of the second."""
        table: Any = self.turn
        cosine, sine = table[0], table[1]
        first, second = x.to(table.dtype).chunk(2, dim=-1)
        return torch.cat([first * cosine - second * sine, second * cosine + first * sine], dim=-1).to(x.dtype)

    def extra_repr(self) -> str:
        """Heads and what is not by default."""
        parts = [f"heads={self.heads}", f"kv_heads={self.kv_heads}", f"head_size={self.size}"]
        parts += [f"{name}={value}" for name in ("causal", "rotary", "dropout") if (value := getattr(self, name))]
        return ", ".join(parts)


class PositionalEmbedding(nn.Module):
    """Adds learned rows, or sines and cosines, to the tokens of x, (N, tokens, features)."""

    def __init__(self, table: str, shape: Shape) -> None:
        super().__init__()
        self.learned = table == "learned"
        if self.learned:
            self.weight = _empty(*shape)
        else:
            tokens, features = shape
            angles = _angles(tokens, features, 10000.0)
            pairs = torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)
            self.register_buffer("rows", pairs[:, :features].contiguous(), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x with its positions."""
        if self.learned:
            return x + self.weight
        rows: Any = self.rows
        return x + torch.as_tensor(rows).to(x.dtype)

    def extra_repr(self) -> str:
        """Whether it is learned."""
        return "learned" if self.learned else "sinusoidal"


class ClassToken(nn.Module):
    """Puts a learned token before those of x, (N, tokens, features)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.weight = _empty(features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 1 + tokens, features)."""
        return torch.cat([self.weight.expand(x.shape[0], 1, -1), x], dim=1)


def _empty(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape, device="meta"))


def _angles(tokens: int, size: int, base: float) -> torch.Tensor:
    """(tokens, ceil(size / 2)) in float64: the place times base^(-2i / size)."""
    pairs = torch.arange((size + 1) // 2, dtype=torch.float64)
    return torch.arange(tokens, dtype=torch.float64)[:, None] * base ** (-2.0 * pairs / size)
