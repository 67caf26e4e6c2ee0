"""Any activation's formula on tensors: value, derivative and pullback, each computed wide and rounded once.

`extras` everywhere: the parameters in their declared shapes, and noise of x's shape under `interpret.NOISE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actreg import interpret
from actreg_torch import maps
from actreg_torch.elementwise import Part, Terms
from actreg_torch.lines import Lines
from actreg_torch.maps import Map, Tensor
from actreg_torch.namespace import TorchNamespace
from actreg_torch.partials import X

Extras = Mapping[str, Tensor]


def value(act: Any, x: Tensor, extras: Extras) -> Tensor:
    """act(x), differentiable by x and by every parameter."""
    names = tuple(extras)
    if act.kind != "elementwise":
        return maps.run(Lines(act, names, _fixed(extras)), [x, *extras.values()])
    return maps.run(_terms(act, (X, *names), extras), [x, *_spread(act, x, extras).values()])


def derivative(act: Any, x: Tensor, extras: Extras) -> Tensor:
    """act'(x) of an elementwise activation, itself differentiable."""
    terms = Terms(act, (X, *extras), _fixed(extras), (Part((X,)),))
    return maps.run(terms, [x, *_spread(act, x, extras).values()])


def pullback(act: Any, x: Tensor, grad: Tensor, extras: Extras) -> dict[str, Tensor]:
    """The gradients of x, under ``x``, and of every parameter, in their shapes and dtypes; differentiable again."""
    names, fixed = (X, *extras), _fixed(extras)
    given: Map = _terms(act, names, extras) if act.kind == "elementwise" else Lines(act, names[1:], fixed)
    ready = _spread(act, x, extras) if act.kind == "elementwise" else extras
    wanted = [name not in fixed for name in names]
    found = given.pullback([x, *ready.values()], grad, wanted, maps.run)
    shapes = {X: x.shape, **{name: tensor.shape for name, tensor in extras.items()}}
    pairs = zip(names, found, strict=True)
    return {name: part.reshape(shapes[name]) for name, part in pairs if part is not None}


def _terms(act: Any, names: tuple[str, ...], extras: Extras) -> Terms:
    return Terms(act, names, _fixed(extras), (Part(),))


def _fixed(extras: Extras) -> tuple[str, ...]:
    return (interpret.NOISE,) if interpret.NOISE in extras else ()


def _spread(act: Any, x: Tensor, extras: Extras) -> dict[str, Tensor]:
    return interpret.spread(act, TorchNamespace(x.dtype, x.device), x, extras) if extras else {}
