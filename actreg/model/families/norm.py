"""Normalisation, and dropout."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from actreg.contracts.config import Config, Positive
from actreg.contracts.param import Constant
from actreg.contracts.plan import ParamSpec
from actreg.model.families.base import Count, Fitted, LayerKind, Misfit, Shape, Share, Sizes


class BatchNorm(Config):
    """Normalises each channel (axis 1) over the batch. Ioffe and Szegedy, 2015, arXiv:1502.03167."""

    eps: Positive = Field(1e-5, description="added to the variance")
    momentum: Annotated[float, Field(ge=0.0, le=1.0)] = Field(0.1, description="weight of a new batch's statistics")


class LayerNorm(Config):
    """Normalises each sample over its trailing axes. Ba, Kiros and Hinton, 2016, arXiv:1607.06450."""

    shape: Sizes | None = Field(None, description="sizes of the trailing axes it covers; the last axis by default")
    eps: Positive = Field(1e-5, description="added to the variance")


class RMSNorm(Config):
    """Divides by the root mean square over the trailing axes. Zhang and Sennrich, 2019, arXiv:1910.07467."""

    shape: Sizes | None = Field(None, description="sizes of the trailing axes it covers; the last axis by default")
    eps: Positive = Field(1e-6, description="added to the mean square")


class GroupNorm(Config):
    """Normalises each sample over groups of channels (axis 1). Wu and He, 2018, arXiv:1803.08494."""

    groups: Count = Field(description="groups of channels, each normalised by itself; divides the channels")
    eps: Positive = Field(1e-5, description="added to the variance")


class Dropout(Config):
    """Zeroes elements in training and scales the rest. Srivastava et al., 2014, JMLR 15."""

    p: Share = Field(0.5, description="the share of elements that is zeroed")


def _scale_and_shift(shape: Shape) -> tuple[ParamSpec, ParamSpec]:
    return ParamSpec("weight", shape, Constant(1.0)), ParamSpec("bias", shape, Constant(0.0))


def _batch_norm(layer: BatchNorm, shape: Shape) -> Fitted:
    if len(shape) > 3:
        raise Misfit(f"it takes (channels), (channels, length) or (channels, height, width), not {shape}")
    channels = shape[:1]
    running = (
        ParamSpec("running_mean", channels, Constant(0.0), trainable=False),
        ParamSpec("running_var", channels, Constant(1.0), trainable=False),
    )
    return Fitted(shape, layer.model_dump(), (*_scale_and_shift(channels), *running))


def _trailing(given: Shape | None, shape: Shape) -> Shape:
    over = given or shape[-1:]
    if shape[-len(over) :] != over:
        raise Misfit(f"its shape {over} is not how the input ends, {shape}", "shape")
    return over


def _layer_norm(layer: LayerNorm, shape: Shape) -> Fitted:
    over = _trailing(layer.shape, shape)
    return Fitted(shape, {**layer.model_dump(), "shape": over}, _scale_and_shift(over))


def _rms_norm(layer: RMSNorm, shape: Shape) -> Fitted:
    over = _trailing(layer.shape, shape)
    return Fitted(shape, {**layer.model_dump(), "shape": over}, (ParamSpec("weight", over, Constant(1.0)),))


def _group_norm(layer: GroupNorm, shape: Shape) -> Fitted:
    if shape[0] % layer.groups:
        raise Misfit(f"groups {layer.groups} does not divide the {shape[0]} channels", "groups")
    return Fitted(shape, layer.model_dump(), _scale_and_shift(shape[:1]))


def _dropout(layer: Dropout, shape: Shape) -> Fitted:
    return Fitted(shape, layer.model_dump())


KINDS: Final = (
    LayerKind("batch_norm", BatchNorm, _batch_norm, keeps_shape=True),
    LayerKind("layer_norm", LayerNorm, _layer_norm, main="shape", keeps_shape=True),
    LayerKind("rms_norm", RMSNorm, _rms_norm, main="shape", keeps_shape=True),
    LayerKind("group_norm", GroupNorm, _group_norm, main="groups", keeps_shape=True),
    LayerKind("dropout", Dropout, _dropout, main="p", keeps_shape=True),
)
