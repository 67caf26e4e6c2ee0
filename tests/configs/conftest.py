"""The shipped architectures once more, in plain torch.nn, by their papers: each with its parameters in our order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

torch = pytest.importorskip("torch")
nn, functional = torch.nn, torch.nn.functional


def lenet5(**_: int) -> Any:
    """LeCun et al., 1998, figure 2, on 32×32."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5), nn.Tanh(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.Tanh(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


class BasicBlock(nn.Module):
    """He et al., 2015, figure 5 left, with option B on the skip."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(before, after, 3, stride, 1, bias=False),
            nn.BatchNorm2d(after),
            nn.ReLU(),
            nn.Conv2d(after, after, 3, 1, 1, bias=False),
            nn.BatchNorm2d(after),
        )
        same = stride == 1 and before == after
        skip = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
        self.skip = nn.Identity() if same else skip

    def forward(self, x: Any) -> Any:
        return functional.relu(self.body(x) + self.skip(x))


def resnet18(width: int = 64, **_: int) -> Any:
    """Stages of two blocks with 1, 2, 4 and 8 times the width."""
    layers: list[Any] = [nn.Conv2d(3, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    before = width
    for stage in range(4):
        after = width * 2**stage
        layers += [BasicBlock(before, after, 1 if stage == 0 else 2), BasicBlock(after, after, 1)]
        before = after
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


class Attention(nn.Module):
    """nn.MultiheadAttention over itself."""

    def __init__(self, width: int, heads: int, causal: bool) -> None:
        super().__init__()
        self.inner, self.causal = nn.MultiheadAttention(width, heads, batch_first=True), causal

    def forward(self, x: Any) -> Any:
        later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if self.causal else None
        return self.inner(x, x, x, need_weights=False, attn_mask=later)[0]


class Added(nn.Module):
    """x + body(x)."""

    def __init__(self, *body: Any) -> None:
        super().__init__()
        self.body = nn.Sequential(*body)

    def forward(self, x: Any) -> Any:
        return x + self.body(x)


def transformer_block(width: int, heads: int, causal: bool, eps: float, approximate: str) -> Any:
    """Pre-normalised: attention, then a perceptron of four times the width."""
    mlp = (nn.Linear(width, 4 * width), nn.GELU(approximate), nn.Linear(4 * width, width))
    attention = Added(nn.LayerNorm(width, eps), Attention(width, heads, causal))
    return nn.Sequential(attention, Added(nn.LayerNorm(width, eps), *mlp))


class Table(nn.Module):
    """One parameter, as a module so that it keeps its place among the others."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))


class ViT(nn.Module):
    """Dosovitskiy et al., 2020, figure 1."""

    def __init__(self, size: int, patch: int, width: int, depth: int, heads: int, classes: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, patch, patch)
        self.token, self.places = Table(width), Table((size // patch) ** 2 + 1, width)
        self.body = nn.Sequential(*(transformer_block(width, heads, False, 1e-6, "none") for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, classes)

    def forward(self, x: Any) -> Any:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.weight.expand(len(x), 1, -1), x], dim=1) + self.places.weight
        return self.head(self.norm(self.body(x))[:, 0])


class GPT2(nn.Module):
    """Radford et al., 2019; the head is the table of tokens."""

    def __init__(self, vocab: int, context: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocab, width), nn.Embedding(context, width)
        self.body = nn.Sequential(*(transformer_block(width, heads, True, 1e-5, "tanh") for _ in range(depth)))
        self.norm = nn.LayerNorm(width)

    def forward(self, ids: Any) -> Any:
        x = self.tokens(ids) + self.places(torch.arange(ids.shape[1]))
        return self.norm(self.body(x)) @ self.tokens.weight.T


class LlamaAttention(nn.Module):
    """Grouped queries and rotary positions, by complex numbers."""

    def __init__(self, width: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.heads, self.kv_heads, self.size = heads, kv_heads, width // heads
        self.packed = nn.Linear(width, (heads + 2 * kv_heads) * self.size, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def turned(self, x: Any) -> Any:
        half = self.size // 2
        angles = torch.outer(torch.arange(x.shape[2]).double(), 500000.0 ** (-torch.arange(half).double() / half))
        turned = torch.complex(x[..., :half], x[..., half:]) * torch.polar(torch.ones_like(angles), angles)
        return torch.cat([turned.real, turned.imag], dim=-1)

    def forward(self, x: Any) -> Any:
        counts = (self.heads, self.kv_heads, self.kv_heads)
        parts = self.packed(x).split([count * self.size for count in counts], dim=-1)
        q, k, v = (part.unflatten(-1, (-1, self.size)).transpose(1, 2) for part in parts)
        q, k = self.turned(q), self.turned(k).repeat_interleave(self.heads // self.kv_heads, 1)
        scores = q @ k.transpose(-1, -2) / self.size**0.5
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        weights = scores.masked_fill(later, -torch.inf).softmax(-1)
        return self.out((weights @ v.repeat_interleave(self.heads // self.kv_heads, 1)).transpose(1, 2).flatten(2))


class SwiGLU(nn.Module):
    """Shazeer, 2020: silu(x W) · (x V), then back."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.gate, self.up = nn.Linear(width, hidden, bias=False), nn.Linear(width, hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x: Any) -> Any:
        return self.down(functional.silu(self.gate(x)) * self.up(x))


def llama(width: int = 128, heads: int = 8, kv_heads: int = 2, hidden: int = 448, **_: int) -> Any:
    """One block."""
    attention = Added(nn.RMSNorm(width, 1e-5), LlamaAttention(width, heads, kv_heads))
    return nn.Sequential(attention, Added(nn.RMSNorm(width, 1e-5), SwiGLU(width, hidden)))


class Sine(nn.Module):
    """sin(30 x)."""

    def forward(self, x: Any) -> Any:
        return torch.sin(30.0 * x)


def siren(width: int = 256, **_: int) -> Any:
    """Two coordinates, three hidden layers, one value."""
    hidden = [part for _ in range(3) for part in (nn.Linear(width, width), Sine())]
    return nn.Sequential(nn.Linear(2, width), Sine(), *hidden, nn.Linear(width, 1))


def conv_norm(before: int, after: int, kernel: int, stride: int, groups: int, act: Any) -> list[Any]:
    """A convolution with batch normalisation and an activation, if any."""
    conv = nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(after, 1e-3, 0.01), *([act()] if act else [])]


class Excite(nn.Module):
    """Squeeze and excitation with a hard sigmoid."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        reduced = max(8, int(channels / 4 + 4) // 8 * 8)
        self.down, self.up = nn.Conv2d(channels, reduced, 1), nn.Conv2d(reduced, channels, 1)

    def forward(self, x: Any) -> Any:
        gate = self.up(functional.relu(self.down(x.mean((2, 3), keepdim=True))))
        # torch's own hardsigmoid multiplies gradients in float64 by a sixth in float32: 3e-8 off.
        return x * functional.relu6(gate + 3) / 6


BOTTLENECKS = (  # kernel, hidden, out, excited, hard swish, stride: table 2 of Howard et al., 2019
    (3, 16, 16, True, False, 2), (3, 72, 24, False, False, 2), (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2), (5, 240, 40, True, True, 1), (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1), (5, 144, 48, True, True, 1), (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1), (5, 576, 96, True, True, 1),
)  # fmt: skip


def mobilenet(classes: int = 1000, **_: int) -> Any:
    """Inverted residuals, the first of which does not widen."""
    layers, before = conv_norm(3, 16, 3, 2, 1, nn.Hardswish), 16
    for kernel, hidden, out, excited, hard, stride in BOTTLENECKS:
        act = nn.Hardswish if hard else nn.ReLU
        body = conv_norm(before, hidden, 1, 1, 1, act) if hidden != before else []
        body += conv_norm(hidden, hidden, kernel, stride, hidden, act) + ([Excite(hidden)] if excited else [])
        body += conv_norm(hidden, out, 1, 1, 1, None)
        layers += [Added(*body)] if stride == 1 and before == out else body
        before = out
    layers += [*conv_norm(96, 576, 1, 1, 1, nn.Hardswish), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(576, 1024), nn.Hardswish(), nn.Linear(1024, classes))


@pytest.fixture(scope="session")
def twins() -> Mapping[str, Callable[..., Any]]:
    """The builders by the name of the config; each takes the sizes that it needs."""
    return {
        "lenet5": lenet5,
        "resnet18_cifar": resnet18,
        "vit_tiny": ViT,
        "gpt2_small": GPT2,
        "llama_block": llama,
        "siren": siren,
        "mobilenet_v3_small": mobilenet,
    }
