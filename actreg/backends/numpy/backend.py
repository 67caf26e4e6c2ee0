"""NumPy as a backend: the class alone; everything that needs NumPy is imported when it is constructed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from actreg.contracts.activation import Activation
from actreg.contracts.backend import Backend, KernelFinder, Optimizer, Trainer
from actreg.contracts.bindings import Bindings
from actreg.contracts.resolver import Pullback
from actreg.errors import CapabilityError

if TYPE_CHECKING:
    import numpy as np

    from actreg.contracts.plan import Plan


class NumpyBackend(Backend):
    """NumPy on the CPU: float16, bfloat16 (through ml_dtypes), float32 and float64.

    Values are computed in float64 and rounded once; gradients of parameters are summed in float64.
    """

    name: ClassVar[str] = "numpy"
    modules: ClassVar[tuple[str, ...]] = ("numpy", "ml_dtypes")
    capabilities: ClassVar[frozenset[str]] = frozenset({"networks", "training", "inplace"})

    def __init__(self, kernels: KernelFinder) -> None:
        super().__init__(kernels)
        from actreg.backends.numpy import binding, rounding

        self._rounding = rounding
        self._bindings = Bindings(lambda act, dtype: binding.bind(act, dtype, kernels))

    def devices(self) -> tuple[str, ...]:
        """The CPU alone."""
        return ("cpu",)

    def dtypes(self, device: str | None = None) -> tuple[str, ...]:
        """All four."""
        return tuple(self._rounding.DTYPES)

    def from_numpy(self, array: np.ndarray, *, device: str | None = None, dtype: str | None = None) -> Any:
        """A copy, rounded once to `dtype`."""
        self.check_device(device)
        return self._rounding.cast(array, dtype)

    def to_numpy(self, array: Any) -> np.ndarray:
        """A copy."""
        copy: np.ndarray = self._rounding.cast(array, None)
        return copy

    def dtype_of(self, array: Any) -> str:
        """The name of NumPy's dtype."""
        return str(array.dtype)

    def device_of(self, array: Any) -> str:
        """Always the CPU."""
        return "cpu"

    def check_device(self, device: str | None) -> None:
        """Refuses every device but the CPU; CapabilityError."""
        if device not in (None, "cpu"):
            raise CapabilityError(f"backend 'numpy' runs on 'cpu', not {device!r}; try backend='torch'")

    def apply(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, out: Any = None, generator: Any = None
    ) -> Any:
        """The value, in x's dtype; see `Activation.__call__`."""
        # A Python float has no dtype and stands for a float64.
        return self._bindings.get(act, getattr(x, "dtype", None)).apply(x, parameters, out, generator)

    def derivative(self, act: Activation, x: Any, parameters: Mapping[str, Any]) -> Any:
        """The elementwise derivative, in x's dtype."""
        return self._bindings.get(act, getattr(x, "dtype", None)).derivative(x, parameters)

    def vjp(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, generator: Any = None
    ) -> tuple[Any, Pullback]:
        """The value and its pullback; x must not change before the pullback is called."""
        return self._bindings.get(act, getattr(x, "dtype", None)).vjp(x, parameters, generator)

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
        """A `NumpyLayer`."""
        from actreg.backends.numpy.layer import NumpyLayer

        self.check_device(device)
        return NumpyLayer(self, act, features=features, dtype=dtype, seed=seed, inplace=inplace)

    def network(
        self, plan: Plan, weights: Mapping[str, np.ndarray], *, device: str | None = None, dtype: str = "float32"
    ) -> Any:
        """A `NumpyNetwork`."""
        from actreg.backends.numpy.network import build_network

        self.check_device(device)
        return build_network(plan, weights, dtype, self)

    def weights(self, network: Any) -> dict[str, np.ndarray]:
        """Copies of every parameter and buffer."""
        from actreg.backends.numpy.network import network_weights

        return network_weights(network)

    def outputs(self, network: Any, x: np.ndarray, nodes: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """The outputs of the named nodes, in evaluation mode."""
        from actreg.backends.numpy.network import network_outputs

        return network_outputs(network, x, nodes)

    def trainer(self, network: Any, optimizer: Optimizer, loss: str) -> Trainer:
        """Trains in place, with our own optimisers."""
        from actreg.backends.numpy.trainer import make_trainer

        return make_trainer(network, optimizer, loss)
