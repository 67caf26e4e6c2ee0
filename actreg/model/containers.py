"""The table of layers that are made of other layers or join several: what they take, in the shape of a schema.

Requirements:

- One row says everything that the reader, messages, a JSON Schema and the documentation need: options with their
  descriptions and defaults, the main option, which options hold layers.
- What a row's layers and names mean is read elsewhere; here options are checked as any layer's are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from actreg.contracts.config import Config
from actreg.model.limits import MAX_ELEMENTS, MAX_TIMES

Held = tuple[Any, ...]
"""Layers, as `actreg.model.spec.LayerSpec`."""

Axis = Annotated[int, Field(ge=-8, le=8)]


class Repeat(Config):
    """The same layers several times, each time with weights of their own."""

    times: Annotated[int, Field(ge=1, le=MAX_TIMES)] = Field(description="how often")
    layers: Held = Field(description="what is repeated")


class Residual(Config):
    """What enters, added to what its layers make of it. He et al., 2015, arXiv:1512.03385."""

    layers: Held = Field(description="the branch beside the skip")
    project: bool | Literal["norm"] = Field(
        False,
        description="where shapes differ, a linear layer on the skip, for images a 1×1 convolution with the stride "
        "that fits; norm: without bias, and batch_norm after it",
    )
    shortcut: Held | None = Field(None, description="layers on the skip, in place of a projection")

    @model_validator(mode="after")
    def _one_skip(self) -> Self:
        if self.project and self.shortcut is not None:
            raise ValueError("project and shortcut exclude each other: both say what is on the skip")
        return self


class Branches(Config):
    """Several lists of layers on the same input, merged; an empty list passes the input on."""

    merge: Literal["concat", "sum", "mul"] = Field(description="how the branches become one")
    of: tuple[Held, ...] = Field(min_length=2, description="the branches, each a list of layers")
    axis: Axis | None = Field(
        None, description="of concat, the batch counted; by default the channels of images, else the last axis"
    )

    @model_validator(mode="after")
    def _axis_of_concat(self) -> Self:
        if self.axis is not None and self.merge != "concat":
            raise ValueError(f"axis is an option of concat: {self.merge} works element by element")
        return self


class Gated(Config):
    """act(x W_g^T + b_g) · (x W_u^T + b_u), with both projections its own. Shazeer, 2020, arXiv:2002.05202."""

    hidden: Annotated[int, Field(ge=1, le=MAX_ELEMENTS)] = Field(description="size of the last axis after it")
    act: Any = Field(description="the activation of the gate, as for act:")
    bias: bool = Field(True, description="whether both projections add a learned bias")


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


class Join(Config):
    """What arrives and the outputs of earlier layers, joined element by element."""

    of: Annotated[tuple[str, ...], BeforeValidator(_names), Field(json_schema_extra={"scalar": True})] = Field(
        min_length=1, description="names of earlier layers, or input"
    )


class Concat(Join):
    """What arrives and the outputs of earlier layers, one after the other along an axis."""

    axis: Axis | None = Field(
        None, description="the batch counted; by default the channels of images, else the last axis"
    )


@dataclass(frozen=True)
class Container:
    """One row. main: what a bare scalar or list sets. lists: options that are lists of layers; `branches`: a list of
    such lists. activations: options that are an activation. example: for messages."""

    name: str
    options: type[Config]
    main: str | None
    example: str
    lists: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its options."""
        return tuple(self.options.model_fields)


CONTAINERS: Final[dict[str, Container]] = {
    row.name: row
    for row in (
        Container("repeat", Repeat, None, "{times: …, layers: […]}", lists=("layers",)),
        Container("residual", Residual, "layers", "[…]", lists=("layers", "shortcut")),
        Container("branches", Branches, None, "{merge: concat, of: [[…], […]]}", branches=("of",)),
        Container("gated", Gated, "hidden", "{hidden: …, act: silu}", activations=("act",)),
        Container("add", Join, "of", "[name]"),
        Container("mul", Join, "of", "[name]"),
        Container("concat", Concat, "of", "[name]"),
    )
}
"""Every layer of that sort; beside them stand ``use`` and ``act``, whose options are a block's or an activation's."""

WORDS: Final = (*CONTAINERS, "use", "act")
"""The words that a layer may begin with, beside plain kinds and the names of activations."""

BESIDE: Final = {"with": "the parameters of a block, beside use"}
"""Keys that may stand beside one kind of layer alone."""
