"""What torch does to functions of tensors, for the conformance suite.

Requirements:

- Compiled without a C++ compiler: dynamo captures the whole graph, AOTAutograd splits it into forward and backward, and
  the operations run as they are.
- An exported program is saved and loaded again, since that is what people do with it.
- Autocast chooses bfloat16, which every device has.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from actreg import Transforms

Tensor = torch.Tensor
Function = Callable[[Any], Any]


def transforms() -> Transforms:
    """Everything but ONNX."""
    return Transforms(
        pullback=pullback,
        double_backward=double_backward,
        vmap=lambda function, x: torch.func.vmap(function)(x),
        jvp=jvp,
        compile=compiled,
        export=exported,
        autocast=autocast,
    )


def pullback(function: Function, x: Tensor, grad: Tensor) -> Tensor:
    """By autograd."""
    leaf = x.detach().requires_grad_()
    (found,) = torch.autograd.grad(function(leaf), leaf, grad)
    return found


def double_backward(function: Function, x: Tensor, grad: Tensor, direction: Tensor) -> Tensor:
    """By autograd, twice; zeros where the first gradient does not depend on x."""
    leaf = x.detach().requires_grad_()
    (first,) = torch.autograd.grad(function(leaf), leaf, grad, create_graph=True)
    if not first.requires_grad:
        return torch.zeros_like(x)
    (found,) = torch.autograd.grad(first, leaf, direction, allow_unused=True)
    return torch.zeros_like(x) if found is None else found


def jvp(function: Function, x: Tensor, tangent: Tensor) -> tuple[Tensor, Tensor]:
    """By forward mode."""
    with _quiet():
        found: Any = torch.func.jvp(function, (x,), (tangent,))
    return found[0], found[1]


def compiled(layer: Any) -> Function:
    """One graph, forward and backward; dynamo raises where it would break."""
    torch.compiler.reset()
    graph: Any = torch.compile(layer, fullgraph=True, backend="aot_eager", dynamic=False)

    def function(x: Tensor) -> Any:
        with _quiet():
            return graph(x)

    return function


def exported(layer: Any, example: Tensor) -> Function:
    """`torch.export`, through a file."""
    file = io.BytesIO()
    with _quiet():
        torch.export.save(torch.export.export(layer, (example,)), file)
        file.seek(0)
        return torch.export.load(file).module()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the remarks of torch about its own insides: scripts of forward mode, how dynamo makes a Function."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def autocast(function: Function, x: Tensor) -> Tensor:
    """Within a region of bfloat16."""
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        found: Tensor = function(x)
    return found


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Within it torch computes with `count` threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def state() -> Mapping[str, Any]:
    """What torch keeps for the whole process or thread."""
    return {
        "torch's default dtype": str(torch.get_default_dtype()),
        "torch's default device": str(torch.get_default_device()),
        "torch's random state": hash(torch.get_rng_state().numpy().tobytes()),
        "torch's grad mode": torch.is_grad_enabled(),
        "torch's inference mode": torch.is_inference_mode_enabled(),
        "torch's number of threads": torch.get_num_threads(),
        "torch's deterministic mode": torch.are_deterministic_algorithms_enabled(),
        "torch's autocast": torch.is_autocast_enabled("cpu"),
        "torch's matmul precision": torch.get_float32_matmul_precision(),
        "torch's subnormals": bool((torch.tensor([2.0**-1074], dtype=torch.float64) * 1.0 != 0).item()),
    }
