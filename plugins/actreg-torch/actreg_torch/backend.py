"""torch as a backend: the class alone; everything that needs torch is imported when it is constructed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, ClassVar

from actreg import (
    Activation,
    Backend,
    Bindings,
    Find,
    InputError,
    KernelFinder,
    Optimizer,
    Plan,
    Pullback,
    SiteReport,
    SwapReport,
    Trainer,
    Transforms,
)

if TYPE_CHECKING:
    import numpy as np


class TorchBackend(Backend):
    """torch on the CPU, CUDA and mps: float16, bfloat16, float32 and, but for mps, float64.

    Where torch has the function itself, torch computes and differentiates it. Elsewhere the formula is computed in
    float64 (on mps, which has none, in float32) and rounded once; its gradient is the activation's own derivative.
    """

    name: ClassVar[str] = "torch"
    modules: ClassVar[tuple[str, ...]] = ("torch",)
    install: ClassVar[str] = (
        "for the CPU: pip install torch --index-url https://download.pytorch.org/whl/cpu, for CUDA on Linux: pip"
        " install torch; then pip install plugins/actreg-torch"
    )
    capabilities: ClassVar[frozenset[str]] = frozenset(
        {"networks", "training", "inplace", "double_backward", "vmap", "jvp", "compile", "export", "onnx"}
        | {"autocast", "threads"}
    )

    def __init__(self, kernels: KernelFinder) -> None:
        super().__init__(kernels)
        import torch

        from actreg_torch import binding, convert, rounding

        self._tensor = torch.Tensor
        self._convert = convert
        self._rounding = rounding
        self._bindings: Bindings[Any] = Bindings(lambda act, place: binding.bind(act, place, kernels))

    def devices(self) -> tuple[str, ...]:
        """``cpu``, and whatever accelerators torch finds."""
        return self._convert.device_names()

    def dtypes(self, device: str | None = None) -> tuple[str, ...]:
        """All four; without float64 on mps."""
        without = self._convert.find_device(device).type in self._rounding.WITHOUT_FLOAT64
        return tuple(name for name in self._rounding.DTYPES if not (without and name == "float64"))

    def from_numpy(self, array: np.ndarray, *, device: str | None = None, dtype: str | None = None) -> Any:
        """A copy, rounded once to `dtype`."""
        place = self._convert.find_device(device)
        return self._convert.from_numpy(array, place, None if dtype is None else self._convert.find_dtype(dtype, place))

    def to_numpy(self, array: Any) -> np.ndarray:
        """A copy."""
        return self._convert.to_numpy(array)

    def dtype_of(self, array: Any) -> str:
        """The name of torch's dtype, without ``torch.``."""
        return str(array.dtype).removeprefix("torch.")

    def device_of(self, array: Any) -> str:
        """The name of the tensor's device."""
        return str(array.device)

    def apply(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, out: Any = None, generator: Any = None
    ) -> Any:
        """The value, in x's dtype, differentiable; see `Activation.__call__`.

        Raises CapabilityError for an `out` that would break autograd.
        """
        return self._bound(act, x).apply(x, parameters, out, generator)

    def derivative(self, act: Activation, x: Any, parameters: Mapping[str, Any]) -> Any:
        """The elementwise derivative, in x's dtype; itself differentiable."""
        return self._bound(act, x).derivative(x, parameters)

    def vjp(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, generator: Any = None
    ) -> tuple[Any, Pullback]:
        """The value and its pullback; x must not change before the pullback is called."""
        found: tuple[Any, Pullback] = self._bound(act, x).vjp(x, parameters, generator)
        return found

    def layer(
        self,
        act: Activation,
        *,
        features: int | None = None,
        device: str | None = None,
        dtype: str = "float32",
        seed: int = 0,
        inplace: bool = False,
    ) -> Any:
        """The canonical torch.nn module where torch has exactly that mathematics, an `ActivationModule` elsewhere.

        Raises CapabilityError for `inplace` where the derivative is lost with the input, ConfigError where `features`
        is needed, UnknownNameError for a dtype or device.
        """
        from actreg_torch.modules import make_layer

        return make_layer(self, act, features=features, device=device, dtype=dtype, seed=seed, inplace=inplace)

    def parameters_of(self, layer: Any) -> dict[str, Any]:
        """Views of a module's own parameters, without their gradients."""
        return {name: parameter.detach() for name, parameter in layer.named_parameters(recurse=False)}

    def state(self) -> Mapping[str, Any]:
        """Default dtype and device, random state, modes, threads."""
        from actreg_torch.transforms import state

        return state()

    def threads(self, count: int) -> AbstractContextManager[Any]:
        """torch's threads within an operation."""
        from actreg_torch.transforms import threads

        return threads(count)

    def transforms(self) -> Transforms:
        """torch.func, autograd, torch.compile, torch.export and autocast."""
        from actreg_torch.transforms import transforms

        return transforms()

    def network(
        self, plan: Plan, weights: Mapping[str, np.ndarray], *, device: str | None = None, dtype: str = "float32"
    ) -> Any:
        """A `torch.nn.Module`, in evaluation mode, whose state_dict has the plan's names."""
        from actreg_torch.building import build_network

        return build_network(self, plan, weights, device, dtype)

    def weights(self, network: Any) -> dict[str, np.ndarray]:
        """Copies of every parameter and buffer of the plan."""
        from actreg_torch.network import network_weights

        return network_weights(network)

    def outputs(self, network: Any, x: np.ndarray, nodes: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """The outputs of the named nodes, in evaluation mode; the network's own mode stays."""
        from actreg_torch.network import network_outputs

        return network_outputs(network, x, nodes)

    def trainer(self, network: Any, optimizer: Optimizer, loss: str) -> Trainer:
        """Trains in place, with torch.optim."""
        from actreg_torch.trainer import make_trainer

        return make_trainer(network, optimizer, loss)

    def onnx(self, model: Any, example: np.ndarray, *, find: Find, native: bool = False) -> bytes:
        """Through torch.onnx, opset 20; our formulas, which runtimes compute in float64 and round once."""
        import torch

        from actreg_torch.onnx_export import to_onnx

        given = torch.from_numpy(example) if example.dtype.kind == "i" else self.from_numpy(example)
        return to_onnx(model, given, find, native=native)

    def inspect(self, model: Any, example: Any, *, find: Find) -> SiteReport:
        """Of any torch.nn.Module, in evaluation mode."""
        from actreg_torch.sites import report

        return report(model, example, find)

    def swap(
        self, model: Any, mapping: Mapping[Any, Any], example: Any, *, find: Find, split: bool = False
    ) -> SwapReport:
        """Of any torch.nn.Module."""
        from actreg_torch.swap import swap

        return swap(self, model, mapping, example, find=find, split=split)

    def _bound(self, act: Activation, x: Any) -> Any:
        if not isinstance(x, self._tensor):
            raise InputError(f"{act.info.name}: backend 'torch' takes tensors, not {type(x).__name__}")
        return self._bindings.get(act, (x.device, x.dtype))
