"""What a layer kind is, and the types of options that several families use.

Requirements:

- A new kind of layer is one row of its family (options, shape rule, cost), and one builder in each backend.
- Shapes are without the batch axis, and an option that names an axis counts the batch, as an activation's does; the
  rules know no array library.
- A rule that does not fit raises `Misfit`, which may name the option to point at.
- The options are as strict as an activation's config: no extra keys, no strings for numbers, every option described.
  Names and defaults are torch.nn's where torch.nn has the layer, except that a size is named after what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from actreg.contracts.config import Config
from actreg.contracts.plan import ParamSpec
from actreg.model.limits import MAX_ELEMENTS

Shape = tuple[int, ...]


class Misfit(ValueError):
    """A layer that cannot take the shape that reaches it; `option` is the one to point at, if any."""

    def __init__(self, message: str, option: str | None = None) -> None:
        super().__init__(message)
        self.option = option


@dataclass(frozen=True)
class Fitted:
    """A layer on a given input: the shape after it, its options with every default filled in, its parameters."""

    shape: Shape
    options: Mapping[str, Any]
    parameters: tuple[ParamSpec, ...] = ()


def nothing(options: Mapping[str, Any], before: Shape, after: Shape) -> int:
    """No multiply-adds."""
    return 0


@dataclass(frozen=True)
class LayerKind:
    """One kind of layer.

    fit(options, shape): the layer on an input. main: the option that a bare scalar sets. keeps_shape: whatever its
    options are. multiply_adds(options, input's shape, output's shape): of one sample, in products of matrices alone:
    biases, normalisation, pooling and elementwise work are not counted, as is usual in papers. The options are those
    of the plan.
    """

    name: str
    options: type[Config]
    fit: Callable[[Any, Shape], Fitted]
    main: str | None = None
    keeps_shape: bool = False
    multiply_adds: Callable[[Mapping[str, Any], Shape, Shape], int] = nothing


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def as_pair(value: Any) -> Any:
    """An integer for both axes, or a list of two."""
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    if isinstance(value, (list, tuple)) and len(value) == 2:
        return tuple(value)
    raise ValueError("input should be an integer, or a list of two: [height, width]")


Count = Annotated[int, Field(ge=1, le=MAX_ELEMENTS)]
Cells = Annotated[int, Field(ge=0, le=MAX_ELEMENTS)]
Sizes = Annotated[tuple[Count, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
Integers = Annotated[tuple[int, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
ONE_FOR_ALL: Final = Field(json_schema_extra={"scalar": True})
"""Tells the schema of specs that a scalar may stand for the list: pydantic's own does not see validators."""

Pair = Annotated[tuple[Count, Count], BeforeValidator(as_pair), ONE_FOR_ALL]
CellsPair = Annotated[tuple[Cells, Cells], BeforeValidator(as_pair), ONE_FOR_ALL]
Gain = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Spread = Annotated[float, Field(ge=0.0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, lt=1.0, allow_inf_nan=False)]

GAIN: Final = "initial weights are uniform in ± gain / sqrt(fan-in); 1 is torch's default, 0 starts at zero"
"""What the option `gain` means, wherever a layer has it."""


def index_of(axis: int, shape: Shape, option: str | None = "axis") -> int:
    """The index into a shape without batch of an axis that counts the batch; Misfit where there is none."""
    rank = len(shape) + 1
    if not -rank <= axis < rank:
        raise Misfit(f"axis {axis} is out of range for {rank} axes, batch counted: the input has shape {shape}", option)
    index = axis % rank - 1
    if index < 0:
        raise Misfit(f"axis {axis} is the batch, whose samples a layer may not mix", option)
    return index


def tokens_of(shape: Shape) -> tuple[int, int]:
    """The sizes of (tokens, features); Misfit for another rank."""
    if len(shape) != 2:
        raise Misfit(f"it takes tokens of shape (tokens, features), not {shape}")
    return shape[0], shape[1]
