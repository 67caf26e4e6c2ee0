"""Networks and layers to ONNX, through torch.onnx.

Requirements:

- What is exported is our formula: computed in double from operators that runtimes compute well, rounded once. torch's
  own translation is used where asked for (`native`), and for relu, which only selects.
  It writes LogSigmoid as Log(Sigmoid(x)), and runtimes cut sigmoid's tail. Its optimizer takes x + 5e-9 for x + 0 and
  1.000001·x for x, so it runs on its own translation alone.
- The batch axis is free; evaluation mode; the model is left as it was.
- Nothing is silenced but the remarks of torch.onnx about itself, and only while it runs.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import nn

from actreg import Activation, CapabilityError, Find, InputError, MissingExtraError, interpret
from actreg_torch import recognise
from actreg_torch.network import InMode, Network
from actreg_torch.onnx_namespace import ExactConstants, OnnxNamespace

OPSET: Final = 20
"""The oldest opset that has Gelu; onnxruntime reads it since 1.17."""

PLAIN: Final = frozenset({"relu"})
"""Activations for which torch's translation is one operator that rounds nothing; not PRelu, where 0·(-inf) is NaN."""


class Exported(nn.Module):
    """An activation's formula over the namespace for ONNX, with the parameters of the module that it stands for."""

    def __init__(self, act: Activation, parameters: dict[str, nn.Parameter]) -> None:
        super().__init__()
        self.activation = act
        for name, parameter in parameters.items():
            self.register_parameter(name, parameter)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The activation of x, computed in float64 and rounded once."""
        extras = {name: parameter.to(torch.float64) for name, parameter in self.named_parameters(recurse=False)}
        xp = OnnxNamespace(x.device)
        with ExactConstants(x.device):
            y: torch.Tensor = xp.array(interpret.value(self.activation, xp, x.to(torch.float64), extras))
        return y.expand(x.shape).to(x.dtype) if self.activation.kind == "elementwise" else y.to(x.dtype)


def to_onnx(model: nn.Module, example: torch.Tensor, find: Find, *, native: bool = False) -> bytes:
    """The ONNX file of a module that maps one tensor of float32 or of token ids to one: ``x`` to ``y``, axis 0 free.

    example: an input; of at least two rows, since torch takes a size of one for fixed. find: the registry's `get`.
    Raises CapabilityError for another dtype or what torch.onnx cannot translate, MissingExtraError.
    """
    _need("onnx", "onnxscript")
    _check(model, example)
    with InMode(model), torch.no_grad(), _quiet():
        ready = model if native else stable(model, find)
        try:
            program = torch.onnx.export(
                InputFirst(ready).eval(),
                (example,),
                dynamo=True,
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                input_names=["x"],
                output_names=["y"],
                opset_version=OPSET,
                optimize=native,
                verbose=False,
            )
        except torch.onnx.errors.OnnxExporterError as error:
            raise CapabilityError(f"torch.onnx cannot export this: {_first_line(error)}") from error
    assert program is not None
    return _stripped(program.model_proto)


class InputFirst(nn.Module):
    """Gives the input one name, whatever the model calls it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> Any:
        """The model of x."""
        return self.model(x)


def stable(model: nn.Module, find: Find) -> nn.Module:
    """A twin that shares every tensor with the model, its activations replaced by their formulas."""
    known = {}
    if isinstance(model, Network):
        known = {node.name: node.activation for node in model.plan.nodes if node.activation is not None}
    replaced = {}
    for name, module in model.named_modules():
        found = recognise.module(module, find)
        act = known.get(name, found.activation if found is not None else None)
        if act is not None and act.info.name not in PLAIN:
            replaced[module] = Exported(act, dict(module.named_parameters(recurse=False)))
    return _twin(model, replaced, {})


def _twin(module: nn.Module, replaced: dict[nn.Module, Exported], made: dict[nn.Module, nn.Module]) -> nn.Module:
    if module in made:
        return made[module]
    twin = copy.copy(module) if module not in replaced else replaced[module]
    made[module] = twin
    if module not in replaced:
        twin._modules = {
            name: child if child is None else _twin(child, replaced, made) for name, child in module._modules.items()
        }
    return twin


def _stripped(proto: Any) -> bytes:
    """The file without torch.onnx's notes, which hold this machine's paths."""
    for holder in (*proto.graph.node, *proto.graph.value_info, *proto.graph.initializer, proto.graph, proto):
        del holder.metadata_props[:]
    content: bytes = proto.SerializeToString()
    return content


def _check(model: nn.Module, example: torch.Tensor) -> None:
    dtypes = {tensor.dtype for tensor in model.state_dict().values() if tensor.is_floating_point()}
    other = (dtypes | ({example.dtype} if example.is_floating_point() else set())) - {torch.float32}
    if other:
        names = ", ".join(sorted(str(dtype).removeprefix("torch.") for dtype in other))
        raise CapabilityError(f"ONNX files are exported in float32, which every runtime has, not in {names}")
    if example.ndim == 0 or example.shape[0] < 2:
        raise InputError(f"the example needs a batch axis of at least two rows, not shape {tuple(example.shape)}")


def _need(*packages: str) -> None:
    for package in packages:
        try:
            __import__(package)
        except ModuleNotFoundError as error:
            raise MissingExtraError("export to ONNX", package, "pip install 'actreg[onnx]'") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without torch.onnx's remarks on itself: deprecated parts of torch that it uses, the absence of torchvision."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\)", category=FutureWarning)
            yield
    finally:
        logger.setLevel(before)


def _first_line(error: BaseException) -> str:
    cause = error.__cause__ or error
    return f"{type(cause).__name__}: {str(cause).strip().splitlines()[0] if str(cause).strip() else ''}"
