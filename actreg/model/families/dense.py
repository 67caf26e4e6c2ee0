"""Affine layers and tables: linear, embedding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from actreg.contracts.config import Config
from actreg.contracts.param import Normal, Uniform
from actreg.contracts.plan import ParamSpec
from actreg.model.families.base import GAIN, Count, Fitted, Gain, LayerKind, Shape, Spread


class Linear(Config):
    """y = x W^T + b along the last axis."""

    out_features: Count = Field(description="size of the last axis after it")
    bias: bool = Field(True, description="whether it adds a learned bias")
    gain: Gain = Field(1.0, description=GAIN)


class Embedding(Config):
    """A learned row for each token id; the ids are the network's input."""

    rows: Count = Field(description="how many ids there are, 0 and up: the size of the vocabulary")
    features: Count = Field(description="size of one row")
    std: Spread = Field(1.0, description="standard deviation of the initial rows")


def _linear(layer: Linear, shape: Shape) -> Fitted:
    size = shape[-1]
    parameters = [ParamSpec("weight", (layer.out_features, size), Uniform(size, layer.gain))]
    if layer.bias:
        parameters.append(ParamSpec("bias", (layer.out_features,), Uniform(size)))
    return Fitted((*shape[:-1], layer.out_features), layer.model_dump(), tuple(parameters))


def _linear_cost(options: Mapping[str, Any], before: Shape, after: Shape) -> int:
    return math.prod(after) * before[-1]


def _embedding(layer: Embedding, shape: Shape) -> Fitted:
    parameters = (ParamSpec("weight", (layer.rows, layer.features), Normal(layer.std)),)
    return Fitted((*shape, layer.features), layer.model_dump(), parameters)


KINDS: Final = (
    LayerKind("linear", Linear, _linear, main="out_features", multiply_adds=_linear_cost),
    LayerKind("embedding", Embedding, _embedding),
)
