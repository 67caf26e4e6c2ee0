"""JAX as a backend: the class alone; everything that needs JAX is imported when it is constructed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from actreg import Activation, Backend, Bindings, KernelFinder, Pullback, Transforms

if TYPE_CHECKING:
    import numpy as np


class JaxBackend(Backend):
    """JAX on the CPU and its accelerators: float16, bfloat16, float32 and float64, under jit, grad and vmap.

    The formula is computed in float64 and rounded once, whatever `jax_enable_x64` says. XLA's CPU code takes float64's
    subnormal numbers for zeros; those of narrower dtypes are kept. Forward mode works and is not declared, since XLA
    makes zeros of tangents that small. Whole networks are not built.
    """

    name: ClassVar[str] = "jax"
    modules: ClassVar[tuple[str, ...]] = ("jax", "jaxlib")
    install: ClassVar[str] = "pip install jax, then pip install plugins/actreg-jax"
    capabilities: ClassVar[frozenset[str]] = frozenset({"double_backward", "vmap", "compile", "export"})

    def __init__(self, kernels: KernelFinder) -> None:
        super().__init__(kernels)
        from actreg_jax import binding, convert

        self._binding = binding
        self._convert = convert

        def bind(act: Activation, dtype: str) -> Any:
            # A tracer is on no device, so kernels are asked for on the default one.
            return binding.BoundActivation(act, kernels(act, convert.device_names()[0], dtype))

        self._bindings: Bindings[Any] = Bindings(bind)

    def devices(self) -> tuple[str, ...]:
        """JAX's default device first."""
        return self._convert.device_names()

    def dtypes(self, device: str | None = None) -> tuple[str, ...]:
        """All four."""
        self._convert.find_device(device)
        return ("float16", "bfloat16", "float32", "float64")

    def from_numpy(self, array: np.ndarray, *, device: str | None = None, dtype: str | None = None) -> Any:
        """A copy, rounded once to `dtype`."""
        return self._convert.from_numpy(array, self._convert.find_device(device), dtype)

    def to_numpy(self, array: Any) -> np.ndarray:
        """A copy."""
        return self._convert.to_numpy(array)

    def dtype_of(self, array: Any) -> str:
        """The name of the array's dtype."""
        return str(array.dtype.name)

    def device_of(self, array: Any) -> str:
        """The name of the array's device."""
        return self._convert.device_name(next(iter(array.devices())))

    def apply(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, out: Any = None, generator: Any = None
    ) -> Any:
        """The value, in x's dtype, differentiable to any order. generator: a key of `jax.random`.

        Raises CapabilityError for an `out`.
        """
        return self._bound(act, x).apply(x, parameters, out, generator)

    def derivative(self, act: Activation, x: Any, parameters: Mapping[str, Any]) -> Any:
        """The elementwise derivative, in x's dtype."""
        return self._bound(act, x).derivative(x, parameters)

    def vjp(
        self, act: Activation, x: Any, parameters: Mapping[str, Any], *, generator: Any = None
    ) -> tuple[Any, Pullback]:
        """The value and its pullback."""
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
        """A `JaxLayer`. Raises CapabilityError for `inplace`, ConfigError where `features` is needed."""
        from actreg_jax.layer import JaxLayer

        return JaxLayer(self, act, features=features, device=device, dtype=dtype, seed=seed, inplace=inplace)

    def subnormals(self, device: str, dtype: str) -> Literal["kept", "flushed", "unspecified"]:
        """Those of narrower dtypes are kept; float64's are zeros to XLA's arithmetic, not to what moves numbers."""
        return "unspecified" if dtype == "float64" else "kept"

    def state(self) -> Mapping[str, Any]:
        """JAX's configuration."""
        from actreg_jax.transforms import state

        return state()

    def transforms(self) -> Transforms:
        """grad, vmap, jit and jax.export."""
        from actreg_jax.transforms import transforms

        return transforms()

    def _bound(self, act: Activation, x: Any) -> Any:
        return self._bindings.get(act, self._binding.check_array(act.info.name, "x", x).dtype.name)
