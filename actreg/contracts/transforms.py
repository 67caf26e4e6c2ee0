"""What an array library does to functions of arrays: how a backend lends it to the conformance suite.

Requirements:

- Optional, entry by entry: each is offered where the backend declares the capability of the same name, and nowhere
  else; a check that needs one which is not declared is skipped and says so.
- Plain: a function from one native array to one native array goes in, native arrays come out, so that the suite knows
  no library.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Function = Callable[[Any], Any]
"""From one native array to one native array, made of differentiable calls of the backend."""

CAPABILITIES: Final = ("double_backward", "vmap", "jvp", "compile", "export", "autocast", "onnx", "threads")
"""What a backend may declare beyond ``networks``, ``training`` and ``inplace``; the suite checks each one declared."""


@dataclass(frozen=True)
class Transforms:
    """A library's transformations of functions; None: it has none. Layers are what `Backend.layer` gives.

    pullback(function, x, grad) -> the gradient of x, by the library's own reverse mode.
    double_backward(function, x, grad, direction) -> the gradient by x of ⟨pullback(function, x, grad), direction⟩.
    vmap(function, x) -> `function` of every slice along the first axis of x, at once.
    jvp(function, x, tangent) -> the value and the derivative along `tangent`, by forward mode.
    compile(layer) -> a function: the layer as one graph; raises where it takes more than one.
    export(layer, example) -> a function: the layer as a portable program, loaded again.
    autocast(function, x) -> function(x) where the library chooses the precision of each operation.
    """

    pullback: Callable[[Function, Any, Any], Any] | None = None
    double_backward: Callable[[Function, Any, Any, Any], Any] | None = None
    vmap: Callable[[Function, Any], Any] | None = None
    jvp: Callable[[Function, Any, Any], tuple[Any, Any]] | None = None
    compile: Callable[[Any], Function] | None = None
    export: Callable[[Any, Any], Function] | None = None
    autocast: Callable[[Function, Any], Any] | None = None
