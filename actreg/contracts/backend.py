"""The contract of a backend: an array library that runs activations, layers and networks.

Requirements:

- The class is cheap to import: the array library is imported in the constructor, never at module level, so that
  listings know every backend without loading any.
- A backend is asked for one kernel when it binds an activation; a later call looks nothing up.
- NumPy arrays are the common currency: initial weights, data and results cross between backends as NumPy arrays.
- What a backend cannot do it does not declare, and it says so with CapabilityError when asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, get_args

from actreg.contracts.activation import Activation, Kind
from actreg.contracts.kernel import Bound
from actreg.contracts.resolver import Pullback, backend_named
from actreg.contracts.transforms import Transforms
from actreg.errors import CapabilityError

if TYPE_CHECKING:
    import numpy as np

    from actreg.contracts.plan import Plan
    from actreg.contracts.sites import SiteReport, SwapReport

Find = Callable[[Any], Activation]
"""A registry's `get`: a name, a mapping or an instance -> the activation."""

KernelFinder = Callable[[Activation, str, str], Bound | None]
"""(activation, device, dtype) -> the kernel that won, bound; None: the generic formula."""


@dataclass(frozen=True)
class Optimizer:
    """Which optimiser with which settings: ``sgd`` (lr, momentum, weight_decay) or
    ``adamw`` (lr, betas, eps, weight_decay), meaning what torch.optim means."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


class Trainer(Protocol):
    """Trains one network in place."""

    def step(self, x: np.ndarray, y: np.ndarray) -> float:
        """One optimiser step on a batch in training mode; the mean loss before the step."""


class Backend(ABC):
    """An array library. `kernels` is the registry's finder.

    name: as in ``backend="numpy"``. modules: top-level modules whose arrays it owns. install: what to tell a user
    whose machine lacks the library. capabilities: what it offers beyond the activations themselves, out of
    ``networks``, ``training``, ``inplace`` and `transforms.CAPABILITIES`. kinds: the kinds of activation that it runs.
    """

    name: ClassVar[str]
    modules: ClassVar[tuple[str, ...]]
    install: ClassVar[str] = ""
    capabilities: ClassVar[frozenset[str]] = frozenset()
    kinds: ClassVar[frozenset[str]] = frozenset(get_args(Kind))

    def __init__(self, kernels: KernelFinder) -> None:
        self.kernels = kernels

    def __deepcopy__(self, memo: dict[int, Any]) -> Backend:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # A library is no data: in another process the same name stands for it.
        return backend_named, (self.name,)

    # Arrays.

    @abstractmethod
    def devices(self) -> tuple[str, ...]:
        """The devices of this machine, the default first."""

    @abstractmethod
    def dtypes(self, device: str | None = None) -> tuple[str, ...]:
        """The floating-point dtypes that activations take and give back on the device: float16, bfloat16, …"""

    @abstractmethod
    def from_numpy(self, array: np.ndarray, *, device: str | None = None, dtype: str | None = None) -> Any:
        """A new array of this library with the same values, rounded once where `dtype` is narrower."""

    @abstractmethod
    def to_numpy(self, array: Any) -> np.ndarray:
        """A new NumPy array with the same values; bfloat16 as ml_dtypes' bfloat16."""

    @abstractmethod
    def dtype_of(self, array: Any) -> str:
        """The name of the array's dtype: ``float32``, …"""

    @abstractmethod
    def device_of(self, array: Any) -> str:
        """The name of the array's device: ``cpu``, ``cuda:0``, …"""

    # Activations.

    @abstractmethod
    def apply(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, out: Any = None, generator: Any = None
    ) -> Any:
        """The value; differentiable where the library differentiates."""

    @abstractmethod
    def derivative(self, act: Activation, x: Any, parameters: Mapping[str, Any]) -> Any:
        """The elementwise derivative."""

    @abstractmethod
    def vjp(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, generator: Any = None
    ) -> tuple[Any, Pullback]:
        """The value and its pullback, both with the same noise where a generator draws one."""

    @abstractmethod
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
        """The activation as a layer that owns its parameters; torch: an nn.Module."""

    # What the conformance suite asks for.

    def parameters_of(self, layer: Any) -> dict[str, Any]:
        """The parameters that a layer owns, by name: arrays that change the layer when they are written to."""
        return dict(layer.parameters)

    def subnormals(self, device: str, dtype: str) -> Literal["kept", "flushed", "unspecified"]:
        """What becomes of numbers below the smallest normal one, as inputs and as results; the suite holds it to it.

        ``flushed``: they are zeros. ``unspecified``: each operation may take them for zeros, or for what they are.
        """
        return "kept"

    def state(self) -> Mapping[str, Any]:
        """The process-wide settings of the library, in values that compare: no activation may change them."""
        return {}

    def threads(self, count: int) -> AbstractContextManager[Any]:
        """Within it the library computes with that many threads; capability ``threads``."""
        raise CapabilityError(f"backend {self.name!r} can't set a number of threads")

    def transforms(self) -> Transforms:
        """The library's transformations of functions, for the capabilities of those names."""
        return Transforms()

    # Networks.

    def network(
        self, plan: Plan, weights: Mapping[str, np.ndarray], *, device: str | None = None, dtype: str = "float32"
    ) -> Any:
        """The network of a plan with these parameters and buffers, named ``node.parameter``."""
        raise CapabilityError(f"backend {self.name!r} builds no networks, only activations and layers of them")

    def weights(self, network: Any) -> dict[str, np.ndarray]:
        """Every parameter and buffer of a network, under the names that `network` took."""
        raise CapabilityError(f"backend {self.name!r} builds no networks")

    def outputs(self, network: Any, x: np.ndarray, nodes: Sequence[str] | None = None) -> dict[str, np.ndarray]:
        """The outputs of the named nodes (all by default), in evaluation mode."""
        raise CapabilityError(f"backend {self.name!r} builds no networks")

    def trainer(self, network: Any, optimizer: Optimizer, loss: str) -> Trainer:
        """Trains `network` in place; `loss` is ``cross_entropy`` (y: class indices) or ``mse``."""
        raise CapabilityError(f"backend {self.name!r} trains no networks")

    def onnx(self, model: Any, example: np.ndarray, *, find: Find, native: bool = False) -> bytes:
        """The ONNX file of a layer or a network, with input ``x``, output ``y`` and a free batch axis.

        example: an input of at least two rows. find: the registry's `get`. native: ONNX's own operators where there
        are any, in place of our formulas.
        """
        raise CapabilityError(f"backend {self.name!r} exports no ONNX; build the network on torch")

    # Models that exist already.

    def inspect(self, model: Any, example: Any, *, find: Find) -> SiteReport:
        """Every site of an activation in a model, found by running the example; the model stays as it was."""
        raise CapabilityError(f"backend {self.name!r} inspects no models; torch does")

    def swap(
        self, model: Any, mapping: Mapping[Any, Any], example: Any, *, find: Find, split: bool = False
    ) -> SwapReport:
        """Replaces activations of a model in place, or changes nothing; what was done and what was out of reach."""
        raise CapabilityError(f"backend {self.name!r} swaps no activations; torch does")
