"""Models in the style of well-known ones, small: how activations are applied is what matters."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

Tensor = torch.Tensor


class VGG(nn.Module):
    """Modules in place, in Sequentials (K. Simonyan, A. Zisserman, 2014)."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
            *(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.MaxPool2d(2)),
        )
        self.classifier = nn.Sequential(nn.Linear(64, 32), nn.ReLU(True), nn.Dropout(), nn.Linear(32, 5))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(torch.flatten(self.features(x), 1))


class BasicBlock(nn.Module):
    """One relu module for two calls (K. He et al., 2015)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = nn.Conv2d(inputs, outputs, 1) if inputs != outputs else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.downsample(x)
        return self.relu(out)


class ResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = nn.Sequential(BasicBlock(8, 8), BasicBlock(8, 8))
        self.layer2 = nn.Sequential(BasicBlock(8, 16))
        self.fc = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.relu(self.conv1(x))))
        return self.fc(x.mean((2, 3)))


class BasicConv(nn.Module):
    """A functional relu (C. Szegedy et al., 2014, as torchvision writes it)."""

    def __init__(self, inputs: int, outputs: int, size: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class GoogLeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = BasicConv(3, 8, 3)
        self.branch1 = BasicConv(8, 4, 1)
        self.branch3 = BasicConv(8, 4, 3)
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        x = torch.cat([self.branch1(x), self.branch3(x)], 1)
        return self.fc(torch.relu(x.mean((2, 3))))


class MambaMixer(nn.Module):
    """`act` exists, and is never called (as in transformers' Mamba); the functions are."""

    def __init__(self) -> None:
        super().__init__()
        self.in_proj = nn.Linear(8, 32)
        self.conv1d = nn.Conv1d(16, 16, 3, padding=1, groups=16)
        self.act = nn.SiLU()
        self.dt_proj = nn.Linear(16, 16)
        self.out_proj = nn.Linear(16, 8)

    def forward(self, x: Tensor) -> Tensor:
        hidden, gate = self.in_proj(x).chunk(2, -1)
        hidden = F.silu(self.conv1d(hidden.transpose(1, 2)).transpose(1, 2))
        hidden = hidden * F.softplus(self.dt_proj(hidden))
        return self.out_proj(hidden * F.silu(gate))


class Mamba(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([MambaMixer(), MambaMixer()])
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = x + layer(x)
        return self.head(x.mean(1))


class Encoder(nn.Module):
    """torch's own encoder layers, whose activation is a function stored on the layer; a gelu in the head."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.gelu(self.encoder(x).mean(1), approximate="tanh"))


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // 4, 1)
        self.activation = nn.ReLU()
        self.fc2 = nn.Conv2d(channels // 4, channels, 1)
        self.scale_activation = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        scale = self.activation(self.fc1(x.mean((2, 3), keepdim=True)))
        return x * self.scale_activation(self.fc2(scale))


class MobileNetV3(nn.Module):
    """Hardswish and squeeze-and-excitation with Hardsigmoid (A. Howard et al., 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Hardswish(inplace=True))
        self.block = nn.Sequential(
            *(nn.Conv2d(8, 16, 1), nn.Hardswish(inplace=True), nn.Conv2d(16, 16, 3, padding=1, groups=16)),
            *(nn.Hardswish(inplace=True), SqueezeExcite(16), nn.Conv2d(16, 8, 1)),
        )
        self.classifier = nn.Sequential(nn.Linear(8, 16), nn.Hardswish(), nn.Linear(16, 5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.classifier((x + self.block(x)).mean((2, 3)))


class PreActBlock(nn.Module):
    """The first relu works in place on what the skip carries: the skip is overwritten (after He et al., 2016)."""

    def __init__(self) -> None:
        super().__init__()
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv1(self.relu1(x))
        return self.conv2(self.relu2(out)) + x


class PreActResNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.block = PreActBlock()
        self.fc = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.block(self.stem(x)).mean((2, 3)))


class NewGELU(nn.Module):
    """As GPT-2's authors wrote it."""

    def forward(self, x: Tensor) -> Tensor:
        return 0.5 * x * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * torch.pow(x, 3.0))))


class GPTBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(16)
        self.attn = nn.Linear(16, 48)
        self.ln_2 = nn.LayerNorm(16)
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(16, 64), "act": NewGELU(), "c_proj": nn.Linear(64, 16)})

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.attn(self.ln_1(x)).chunk(3, -1)
        weights = F.softmax(q @ k.transpose(1, 2) / 4.0, dim=-1)
        x = x + weights @ v
        hidden = self.mlp["act"](self.mlp["c_fc"](self.ln_2(x)))
        return x + self.mlp["c_proj"](hidden)


class GPT(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.h = nn.ModuleList([GPTBlock(), GPTBlock()])
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.h:
            x = block(x)
        return self.head(x.mean(1))


IMAGE = (4, 3, 8, 8)
SEQUENCE = (4, 6, 16)
MODELS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "vgg": (VGG, (4, 3, 8, 8)),
    "resnet": (ResNet, IMAGE),
    "googlenet": (GoogLeNet, IMAGE),
    "mamba": (Mamba, (4, 6, 8)),
    "encoder": (Encoder, SEQUENCE),
    "mobilenet": (MobileNetV3, IMAGE),
    "preact": (PreActResNet, IMAGE),
    "gpt": (GPT, SEQUENCE),
}
"""The class and the shape of an input."""


def make(name: str) -> tuple[nn.Module, Tensor]:
    """A model, the same each time, and an input."""
    cls, shape = MODELS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return cls(), torch.randn(shape)
