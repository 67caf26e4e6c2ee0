"""Layers over tokens: attention, positions, the class token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from actreg.contracts.config import Config, Positive
from actreg.contracts.param import Constant, Normal, Uniform
from actreg.contracts.plan import ParamSpec
from actreg.model.families.base import Count, Fitted, LayerKind, Misfit, Shape, Share, Spread, tokens_of


class Attention(Config):
    """Multi-head self-attention over tokens of shape (tokens, features). Vaswani et al., 2017, arXiv:1706.03762.

    Its parameters are those of torch.nn.MultiheadAttention: one matrix for queries, keys and values, one after them.
    With fewer key and value heads than heads, groups of queries share them: Ainslie et al., 2023, arXiv:2305.13245.
    """

    heads: Count = Field(description="heads of the queries")
    kv_heads: Count | None = Field(None, description="heads of keys and values; divides heads, which it is by default")
    head_size: Count | None = Field(None, description="features of one head; features / heads by default")
    causal: bool = Field(False, description="whether a token sees only itself and those before it")
    bias: bool = Field(True, description="whether queries, keys and values have a learned bias")
    out_bias: bool | None = Field(None, description="whether the output has one; as bias by default")
    rotary: Positive | None = Field(
        None, description="base of rotary positions, 10000 in the paper (Su et al., 2021, arXiv:2104.09864)"
    )
    dropout: Share = Field(0.0, description="the share of attention weights that is zeroed in training")


class PositionalEmbedding(Config):
    """Adds to every token what says where it stands."""

    table: Literal["learned", "sinusoidal"] = Field(
        "learned", description="learned rows, or sines and cosines (Vaswani et al., 2017, section 3.5)"
    )
    std: Spread = Field(0.02, description="standard deviation of the initial rows")


class ClassToken(Config):
    """One learned token before the others. Devlin et al., 2018, arXiv:1810.04805; in images arXiv:2010.11929."""

    std: Spread = Field(0.02, description="standard deviation of its initial values")


def _attention(layer: Attention, shape: Shape) -> Fitted:
    _, features = tokens_of(shape)
    kv_heads = layer.kv_heads or layer.heads
    if layer.heads % kv_heads:
        raise Misfit(f"kv_heads {kv_heads} does not divide the {layer.heads} heads", "kv_heads")
    if layer.head_size is None and features % layer.heads:
        raise Misfit(f"heads {layer.heads} does not divide the {features} features", "heads")
    size = layer.head_size or features // layer.heads
    if layer.rotary is not None and size % 2:
        raise Misfit(f"rotary positions turn pairs, and a head has {size} features", "rotary")
    out_bias = layer.bias if layer.out_bias is None else layer.out_bias
    packed, inner = (layer.heads + 2 * kv_heads) * size, layer.heads * size
    parameters = [ParamSpec("in_proj_weight", (packed, features), Uniform(features))]
    if layer.bias:
        parameters.append(ParamSpec("in_proj_bias", (packed,), Constant(0.0)))
    parameters.append(ParamSpec("out_proj_weight", (features, inner), Uniform(inner)))
    if out_bias:
        parameters.append(ParamSpec("out_proj_bias", (features,), Constant(0.0)))
    options = {**layer.model_dump(), "kv_heads": kv_heads, "head_size": size, "out_bias": out_bias}
    return Fitted(shape, options, tuple(parameters))


def _attention_cost(options: Mapping[str, Any], before: Shape, after: Shape) -> int:
    tokens, features = before
    inner = int(options["heads"] * options["head_size"])
    packed = inner + 2 * int(options["kv_heads"] * options["head_size"])
    return tokens * features * (packed + inner) + 2 * tokens * tokens * inner


def _positions(layer: PositionalEmbedding, shape: Shape) -> Fitted:
    tokens_of(shape)
    learned = layer.table == "learned"
    return Fitted(shape, layer.model_dump(), (ParamSpec("weight", shape, Normal(layer.std)),) if learned else ())


def _class_token(layer: ClassToken, shape: Shape) -> Fitted:
    tokens, features = tokens_of(shape)
    parameters = (ParamSpec("weight", (features,), Normal(layer.std)),)
    return Fitted((tokens + 1, features), layer.model_dump(), parameters)


KINDS: Final = (
    LayerKind("attention", Attention, _attention, main="heads", keeps_shape=True, multiply_adds=_attention_cost),
    LayerKind("positional_embedding", PositionalEmbedding, _positions, main="table", keeps_shape=True),
    LayerKind("class_token", ClassToken, _class_token),
)
