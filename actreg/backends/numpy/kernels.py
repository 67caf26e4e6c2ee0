"""Hand-written NumPy kernels: where the mathematics needs no wider arithmetic, the generic path's blocks only cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from actreg.contracts.kernel import Bound, Kernel

if TYPE_CHECKING:
    from actreg.contracts.activation import Activation


def _bind_relu(act: Activation, device: str, dtype: str) -> Bound:
    import numpy as np

    add, maximum, multiply = np.add, np.maximum, np.multiply
    zero = np.zeros((), dtype=dtype)

    def forward(x: Any, out: Any = None) -> Any:
        y = maximum(x, zero, out=out) if out is not None else maximum(x, zero)
        # maximum(-0.0, 0.0) may be either zero; ReLU(-0.0) is 0.0, and adding 0.0 makes it so.
        return add(y, zero, out=y) if isinstance(y, np.ndarray) else y + zero

    def pullback(x: Any, y: Any, grad: Any) -> dict[str, Any]:
        result = np.empty(x.shape, dtype=x.dtype)
        multiply(grad, x > zero, out=result, casting="same_kind")
        # Where x is NaN its gradient is too; the comparison has lost it.
        undefined = x != x
        if undefined.any():
            result[undefined] = np.nan
        return {"x": result}

    return Bound(forward, pullback)


KERNELS = (
    Kernel(
        activation="relu",
        backend="numpy",
        bind=_bind_relu,
        provider="numpy.maximum",
        devices=frozenset({"cpu"}),
        dtypes=frozenset({"float16", "float32", "float64"}),
    ),
)
