"""What an activation does to a shape, and the sizes of what it learns.

Requirements:

- Shapes have no batch axis here, while an activation's `axis` counts it; axis 0 is the batch, which no layer may mix.
- A parameter that runs along an axis is as long as that axis, or has one element; that holds of elementwise
  activations, others have parameters of whatever shape.
"""

from __future__ import annotations

from actreg.contracts.activation import Activation
from actreg.contracts.kinds import Axiswise, Elementwise, Expanding, Gated, Projection
from actreg.contracts.param import FEATURES, Constant, Param, Uniform
from actreg.contracts.plan import ParamSpec
from actreg.model.families.base import Fitted, Misfit, Shape, index_of


def fit_activation(act: Activation, shape: Shape) -> Fitted:
    """An activation on a given input; raises Misfit, naming the option to point at."""
    parameters = tuple(_sized(act, name, param, shape) for name, param in act.parameters().items())
    return Fitted(_output(act, shape), {}, parameters)


def _output(act: Activation, shape: Shape) -> Shape:
    if isinstance(act, Projection):
        return (*shape[:-1], _output_size(act, shape[-1], None))
    if not isinstance(act, (Axiswise, Gated, Expanding)):
        return shape
    index = index_of(act.axis, shape)
    if isinstance(act, Axiswise):
        return shape
    size = shape[index]
    if isinstance(act, Gated):
        if size % 2:
            raise Misfit(f"it halves axis {act.axis}, whose size {size} is odd")
        size = size // 2
    else:
        size = _output_size(act, size, "axis")
    return (*shape[:index], size, *shape[index + 1 :])


def _output_size(act: Expanding | Projection, size: int, option: str | None) -> int:
    try:
        result = act.output_size(size)
    except ValueError as error:
        raise Misfit(str(error), option) from None
    if type(result) is not int or result < 1:
        raise Misfit(f"it makes the size {result!r} of {size}, which is no size")
    return result


def _sized(act: Activation, name: str, param: Param, shape: Shape) -> ParamSpec:
    runs = isinstance(act, Elementwise) and len(param.shape) == 1 and param.shape != (1,)
    if isinstance(act, Projection):
        features: int | None = shape[-1]
    else:
        features = shape[index_of(param.axis, shape, None)] if runs or FEATURES in param.shape else None
    sizes = param.sized(features)
    if runs and sizes[0] not in (1, features):
        raise Misfit(f"{name} has {sizes[0]} elements, but axis {param.axis} has size {features}: shape {shape}")
    return ParamSpec(name, sizes, _concrete(param.init, features))


def _concrete(init: Constant | Uniform, features: int | None) -> Constant | Uniform:
    if isinstance(init, Uniform) and init.fan_in == FEATURES:
        if features is None:
            raise Misfit("its initial values follow the input's size, which is not known")
        return Uniform(features)
    return init
